/**
 * A DPoP proof (RFC 9449 §4.2) as far as its signature goes: signed by the key it carries, which its thumbprint (RFC
 * 7638) names from then on.
 */
import { createHash } from 'node:crypto'
import { isSignedBy, opened, privateMembers, readAssertion } from './client-keys.ts'

export { assertionAlgs as proofAlgs } from './client-keys.ts'

export type ReadProof = { jkt: string; alg: string; claims: Record<string, unknown> }

/**
 * Undefined for what is no proof: another type, a key that is none or private, a signature by another key, extensions
 * nobody here knows.
 */
export function readProof(token: string): ReadProof | undefined {
  const read = readAssertion(token)
  const { typ, jwk, crit } = read?.header ?? {}
  if (read === undefined || typ !== 'dpop+jwt' || crit !== undefined || !isTexts(jwk)) return undefined
  if (privateMembers.some((member) => member in jwk)) return undefined
  const key = opened(jwk)
  if (key === undefined || !isSignedBy(read, key)) return undefined
  return { jkt: thumbprintOf(key.export({ format: 'jwk' })), alg: String(read.header['alg']), claims: read.claims }
}

/** Other members of a key, such as `x5c` or `key_ops`, say nothing here. */
const isTexts = (jwk: unknown): jwk is Record<string, string> =>
  typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk) && 'kty' in jwk

/** RFC 7638 §3.2: the members that make the key, in lexicographic order. */
function thumbprintOf({ kty, crv, x, y, e, n }: { [member: string]: unknown }): string {
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
