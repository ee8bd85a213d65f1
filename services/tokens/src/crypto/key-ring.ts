/**
 * The signing keys of this process, opened: the only place where private keys exist in the clear, and only in memory.
 * It is filled from the table and keeps working while the database is away.
 */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { signEs256 } from '@gatehouse/access/tokens/es256'
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Jwks } from '@gatehouse/access/tokens/jwks-source'
import type { Envelope } from '@gatehouse/service-kit/secrets/envelope'
import { isPublished, type KeySpan, signingKeyOf } from '../domain/signing-key-plan.ts'

/** A key as stored: its id is its `kid`. */
export type StoredSigningKey = KeySpan & { id: string; publicJwk: Record<string, unknown>; privateJwkEncrypted: string }

export type KeyRing = {
  /** Makes the ring hold exactly these keys. */
  fill(keys: readonly StoredSigningKey[]): void
  /** The public key set as of `now` (RFC 7517). */
  jwks(now: Date): Jwks
  /** Whether there is a key to sign with. */
  canSign(now: Date): boolean
  /** A signed access token. @throws AppError `unavailable` when no key may sign. */
  sign(claims: AccessTokenClaims, now: Date): string
}

const purposeOf = (kid: string): string => `tokens/signing-key/${kid}`
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A new ES256 key pair, its private half sealed for storage. */
export function makeSigningKey(
  envelope: Envelope,
  kid: string,
): Pick<StoredSigningKey, 'publicJwk' | 'privateJwkEncrypted'> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privateJwk = Buffer.from(JSON.stringify(privateKey.export({ format: 'jwk' })))
  return {
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
    privateJwkEncrypted: envelope.seal(privateJwk, purposeOf(kid)),
  }
}

export function createKeyRing(envelope: Envelope): KeyRing {
  type OpenKey = StoredSigningKey & { privateKey: KeyObject; header: string }
  let keys: OpenKey[] = []

  const open = (key: StoredSigningKey): OpenKey => {
    const jwk = JSON.parse(envelope.open(key.privateJwkEncrypted, purposeOf(key.id)).toString('utf8')) as JsonWebKey
    return {
      ...key,
      privateKey: createPrivateKey({ key: jwk, format: 'jwk' }),
      header: base64url({ alg: 'ES256', typ: 'at+jwt', kid: key.id }),
    }
  }

  return {
    fill(stored) {
      keys = stored.map((key) => {
        const known = keys.find((one) => one.id === key.id)
        return known ? { ...known, ...key } : open(key)
      })
    },
    jwks: (now) => ({ keys: keys.filter((key) => isPublished(key, now)).map((key) => key.publicJwk) }),
    canSign: (now) => signingKeyOf(keys, now) !== undefined,
    sign(claims, now) {
      const key = signingKeyOf(keys, now)
      if (key === undefined) throw problem('unavailable', { internal: 'no signing key', retryAfterSeconds: 1 })
      const input = `${key.header}.${base64url(claims)}`
      return `${input}.${signEs256(input, key.privateKey)}`
    },
  }
}
