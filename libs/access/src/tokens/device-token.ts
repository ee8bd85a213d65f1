/**
 * Tokens by which a device that has signed in before is known again (OWASP: device cookies). Identity signs them, so
 * that the gateway can give a known device a budget of its own without asking; whether the account still has the
 * password the token was given for, only identity can tell.
 *
 * `gthd_` and base64url of: device id (16 bytes), seconds since 1970 (6), tag of the account (16), proof for identity
 * (32), ES256 signature (64).
 */
import { createPrivateKey, sign, verify, type KeyObject } from 'node:crypto'
import { publicKeysOf, type Jwk, type Jwks } from './jwks-source.ts'

export type DeviceClaims = {
  id: Buffer
  issuedAtSeconds: number
  /** The same for all devices of an account, and says nothing about it. */
  accountTag: Buffer
  /** What identity recognizes its own token by; opaque to others. */
  proof: Buffer
}

const prefix = 'gthd_'
const sizes = { id: 16, issuedAt: 6, accountTag: 16, proof: 32, signature: 64 } as const
const bodyBytes = sizes.id + sizes.issuedAt + sizes.accountTag + sizes.proof
const tokenBytes = bodyBytes + sizes.signature
const tokenPattern = new RegExp(`^${prefix}[A-Za-z0-9_-]{${Math.ceil((tokenBytes * 4) / 3)}}$`)
const dsaEncoding = 'ieee-p1363'

export type DeviceTokenSigner = (claims: DeviceClaims) => string

export function createDeviceTokenSigner(privateJwk: Jwk): DeviceTokenSigner {
  const key = createPrivateKey({ key: privateJwk as never, format: 'jwk' })
  return ({ id, issuedAtSeconds, accountTag, proof }) => {
    const issuedAt = Buffer.alloc(sizes.issuedAt)
    issuedAt.writeUIntBE(issuedAtSeconds, 0, sizes.issuedAt)
    const body = Buffer.concat([id, issuedAt, accountTag, proof])
    const signature = sign('sha256', signedBytes(body), { key, dsaEncoding })
    return prefix + Buffer.concat([body, signature]).toString('base64url')
  }
}

/** Its own domain, so that no assertion or event of the same key passes for a token. */
const signedBytes = (body: Buffer): Buffer => Buffer.concat([Buffer.from('gatehouse device token\0'), body])

/**
 * What a token says; undefined for what cannot be one. It proves nothing before its signature or its proof is checked.
 */
export function parseDeviceToken(token: string | undefined): DeviceClaims | undefined {
  const bytes = bytesOf(token)
  if (bytes === undefined) return undefined
  const at = (start: number, length: number): Buffer => bytes.subarray(start, start + length)
  return {
    id: at(0, sizes.id),
    issuedAtSeconds: bytes.readUIntBE(sizes.id, sizes.issuedAt),
    accountTag: at(sizes.id + sizes.issuedAt, sizes.accountTag),
    proof: at(bodyBytes - sizes.proof, sizes.proof),
  }
}

/** One spelling per token: the unused bits of the last character must be zero. */
function bytesOf(token: string | undefined): Buffer | undefined {
  if (token === undefined || !tokenPattern.test(token)) return undefined
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
  return bytes.length === tokenBytes && prefix + bytes.toString('base64url') === token ? bytes : undefined
}

/** The account tag of a token that identity signed; undefined for every other value. */
export function createDeviceTokenVerifier(jwks: Jwks): (token: string | undefined) => string | undefined {
  const keys: KeyObject[] = [...publicKeysOf(jwks)].flatMap(([kid, key]) => (kid.startsWith('identity-') ? [key] : []))
  return (token) => {
    const bytes = bytesOf(token)
    if (bytes === undefined) return undefined
    const body = signedBytes(bytes.subarray(0, bodyBytes))
    const signature = bytes.subarray(bodyBytes)
    const isSigned = keys.some((key) => verify('sha256', body, { key, dsaEncoding }, signature))
    return isSigned ? parseDeviceToken(token)?.accountTag.toString('base64url') : undefined
  }
}
