/** Recovery codes as secrets: made from chance, kept as hashes. */
import { createHash, randomBytes } from 'node:crypto'
import { normalizeRecoveryCode, recoveryCodeBytes, recoveryCodeCount, recoveryCodeOf } from '../domain/recovery-code.ts'

/** 80 random bits cannot be guessed from a fast hash. */
const hashOf = (normalized: string): Buffer => createHash('sha256').update(`recovery ${normalized}`).digest()

/** Undefined for what cannot be a code. */
export function hashOfRecoveryCode(typed: string): Buffer | undefined {
  const normalized = normalizeRecoveryCode(typed)
  return normalized === undefined ? undefined : hashOf(normalized)
}

/** A whole set: what is shown, and what is stored. */
export function mintRecoveryCodes(): { codes: string[]; hashes: Buffer[] } {
  const codes = Array.from({ length: recoveryCodeCount }, () => recoveryCodeOf(randomBytes(recoveryCodeBytes)))
  return { codes, hashes: codes.map((code) => hashOf(code.replaceAll('-', ''))) }
}
