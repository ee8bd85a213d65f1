/**
 * The signing keys of this process, opened: the only place where private keys exist in the clear, and only in memory.
 * It is filled from the table and keeps working while the database is away.
 */
import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  sign as signRaw,
  verify as verifyRaw,
} from 'node:crypto'
import { signEs256 } from '@gatehouse/access/tokens/es256'
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Jwks } from '@gatehouse/access/tokens/jwks-source'
import type { Envelope } from '@gatehouse/service-kit/secrets/envelope'
import { newEcKeyPair, newRsaKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { isPublished, type KeySpan, type SigningAlg, signingAlgs, signingKeyOf } from '../domain/signing-key-plan.ts'

/** A key as stored: its id is its `kid`. */
export type StoredSigningKey = KeySpan & {
  id: string
  alg: SigningAlg
  publicJwk: Record<string, unknown>
  privateJwkEncrypted: string
}

/** `at+jwt` (RFC 9068), `JWT` for ID tokens, `logout+jwt` (Back-Channel Logout §2.4). */
const jwtTyps = ['at+jwt', 'JWT', 'logout+jwt'] as const
type JwtTyp = (typeof jwtTyps)[number]

export type KeyRing = {
  /** Makes the ring hold exactly these keys. */
  fill(keys: readonly StoredSigningKey[]): void
  /** The public key set as of `now` (RFC 7517). */
  jwks(now: Date): Jwks
  /** Whether there is a key of each algorithm to sign with. */
  canSign(now: Date): boolean
  /**
   * Asked before something that is used once is spent for a signature. @throws AppError `unavailable` when a key is
   * missing
   */
  requireKeys(now: Date): void
  /** A signed access token of Gatehouse's own audience. @throws AppError `unavailable` when no key may sign. */
  sign(claims: AccessTokenClaims, now: Date): string
  /** Any other JWT. @throws AppError `unavailable` when no key of the algorithm may sign. */
  signJwt(o: { typ: JwtTyp; alg: SigningAlg; claims: object; now: Date }): string
  /**
   * The claims of a JWT this platform signed with a key that is still published, or undefined. Times and audience are
   * the caller's to check.
   */
  readJwt(token: string, o: { typ: JwtTyp; now: Date }): Record<string, unknown> | undefined
}

/** What the private half of a key is bound to at rest. */
export const purposeOf = (kid: string): string => `tokens/signing-key/${kid}`
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A new key pair, its private half sealed for storage. */
export async function makeSigningKey(
  envelope: Envelope,
  { kid, alg }: { kid: string; alg: SigningAlg },
): Promise<Pick<StoredSigningKey, 'alg' | 'publicJwk' | 'privateJwkEncrypted'>> {
  const { publicKey, privateKey } = alg === 'ES256' ? newEcKeyPair() : await newRsaKeyPair(2048)
  const privateJwk = Buffer.from(JSON.stringify(privateKey.export({ format: 'jwk' })))
  return {
    alg,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    privateJwkEncrypted: envelope.seal(privateJwk, purposeOf(kid)),
  }
}

type OpenKey = StoredSigningKey & { privateKey: KeyObject; publicKey: KeyObject; headers: Record<JwtTyp, string> }

const headersOf = ({ alg, id }: StoredSigningKey): OpenKey['headers'] =>
  Object.fromEntries(jwtTyps.map((typ) => [typ, base64url({ alg, typ, kid: id })])) as OpenKey['headers']

function signatureOf(input: string, { alg, privateKey }: OpenKey): string {
  return alg === 'ES256'
    ? signEs256(input, privateKey)
    : signRaw('sha256', Buffer.from(input), privateKey).toString('base64url')
}

function isSignedBy(key: OpenKey, input: string, signature: Buffer): boolean {
  return verifyRaw('sha256', Buffer.from(input), { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, signature)
}

export function createKeyRing(envelope: Envelope): KeyRing {
  let keys: OpenKey[] = []

  const open = (key: StoredSigningKey): OpenKey => {
    const jwk = JSON.parse(envelope.open(key.privateJwkEncrypted, purposeOf(key.id)).toString('utf8')) as JsonWebKey
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
    return { ...key, privateKey, publicKey: createPublicKey(privateKey), headers: headersOf(key) }
  }
  const signingKey = (alg: SigningAlg, now: Date): OpenKey | undefined =>
    signingKeyOf(
      keys.filter((key) => key.alg === alg),
      now,
    )
  const signJwt: KeyRing['signJwt'] = ({ typ, alg, claims, now }) => {
    const key = signingKey(alg, now)
    if (key === undefined) throw problem('unavailable', { internal: `no ${alg} signing key`, retryAfterSeconds: 1 })
    const input = `${key.headers[typ]}.${base64url(claims)}`
    return `${input}.${signatureOf(input, key)}`
  }

  const canSign: KeyRing['canSign'] = (now) => signingAlgs.every((alg) => signingKey(alg, now) !== undefined)

  return {
    fill(stored) {
      keys = stored.map((key) => {
        const known = keys.find((one) => one.id === key.id)
        return known ? { ...known, ...key } : open(key)
      })
    },
    jwks: (now) => ({
      // By algorithm, those of access tokens first: whoever reads the set by eye looks for them.
      keys: signingAlgs.flatMap((alg) =>
        keys.filter((key) => key.alg === alg && isPublished(key, now)).map((key) => key.publicJwk),
      ),
    }),
    canSign,
    requireKeys(now) {
      if (!canSign(now)) throw problem('unavailable', { internal: 'a signing key is missing', retryAfterSeconds: 1 })
    },
    sign: (claims, now) => signJwt({ typ: 'at+jwt', alg: 'ES256', claims, now }),
    signJwt,
    readJwt(token, { typ, now }) {
      const [header = '', payload = '', signature = '', ...more] = token.split('.')
      // A header is taken as we write it, character by character: no member of somebody else's choosing is ever read
      // (RFC 8725 §3).
      const key = keys.find((one) => isPublished(one, now) && one.headers[typ] === header)
      const bytes = Buffer.from(signature, 'base64url')
      if (key === undefined || more.length > 0 || bytes.toString('base64url') !== signature) return undefined
      if (!isSignedBy(key, `${header}.${payload}`, bytes)) return undefined
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
    },
  }
}
