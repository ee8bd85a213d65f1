/** A new password from what was typed to what is stored: one normal form, judged for this person, hashed. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { describeFaults, judgePassword, normalizePassword, wordsOf } from '../../domain/password-rules.ts'
import { turnOf, type Requester } from '../requester.ts'

/** `path`: where the password stands in the body; `/password` when absent. */
type NewPassword = { password: string; name: string; address: string; path?: string }

/** The normalized password. @throws AppError `weak_password` with `errors[]` */
export async function requireStrongPassword(
  { estimateStrength }: Pick<Deps, 'estimateStrength'>,
  { name, address, path, ...typed }: NewPassword,
  requester: Requester,
): Promise<string> {
  const password = normalizePassword(typed.password)
  const words = wordsOf({ name, address })
  const guessesLog10 = await estimateStrength(password, words, turnOf(requester))
  const faults = judgePassword({ password, words, guessesLog10 })
  if (faults.length > 0) throw problem('weak_password', { errors: describeFaults(faults, path) })
  return password
}

/**
 * The PHC string to store. @throws AppError `weak_password` with `errors[]`, `unavailable` when too many wait for
 * hashing
 */
export async function preparePassword(
  deps: Pick<Deps, 'hasher' | 'estimateStrength'>,
  typed: NewPassword,
  requester: Requester,
): Promise<string> {
  return deps.hasher.hash(await requireStrongPassword(deps, typed, requester), turnOf(requester))
}
