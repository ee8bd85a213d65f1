/**
 * Codes of mails: eight digits, of use to one sign-in only, so whoever reads the hashes still has no challenge to
 * answer with them.
 */
import { createHash, randomInt } from 'node:crypto'

export const newEmailCode = (): string => String(randomInt(100_000_000)).padStart(8, '0')

/** As the mail shows it, in two halves that are easily typed. */
export const shownEmailCode = (code: string): string => `${code.slice(0, 4)} ${code.slice(4)}`

/** Undefined for what cannot be a code. */
export function hashOfEmailCode({ signInId, code }: { signInId: string; code: string }): Buffer | undefined {
  const digits = code.replace(/[\s-]/g, '')
  if (!/^\d{8}$/.test(digits)) return undefined
  return createHash('sha256').update(`email code of ${signInId}: ${digits}`).digest()
}
