/** Proof key for code exchange (RFC 7636 §4.6), S256. */
import { createHash, timingSafeEqual } from 'node:crypto'

const verifierForm = /^[A-Za-z0-9._~-]{43,128}$/

/** Whether the verifier is the one the challenge was made of. */
export function isVerifierOf(challenge: string, verifier: string | undefined): boolean {
  if (verifier === undefined || !verifierForm.test(verifier)) return false
  const computed = createHash('sha256').update(verifier).digest()
  const expected = Buffer.from(challenge, 'base64url')
  return computed.length === expected.length && timingSafeEqual(computed, expected)
}
