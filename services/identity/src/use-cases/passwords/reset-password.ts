/** Sets a new password with the secret of a mail. Whatever is wrong with the secret, the answer is the same. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { resetPrefix } from '../../domain/secret-prefixes.ts'
import { claimResetSecret, findPersonByResetSecret, lockPersonByResetSecret } from '../../store/password-resets.ts'
import type { Requester } from '../requester.ts'
import { preparePassword } from './prepare-password.ts'
import { replacePassword } from './replace-password.ts'

/** @throws AppError `invalid_token`; `weak_password`, `unavailable`, which leave the secret unused */
export async function resetPassword(
  deps: Pick<Deps, 'spine' | 'system' | 'hasher' | 'estimateStrength'>,
  { token, password }: { token: string; password: string },
  requester: Requester,
): Promise<void> {
  if (!isWellFormed(resetPrefix, token)) throw problem('invalid_token')
  const secretHash = hashSecret(token)
  const person = await findPersonByResetSecret(deps.system, secretHash)
  if (person === undefined) throw problem('invalid_token')
  const phc = await preparePassword(deps, { password, ...person }, requester)
  const isReset = await deps.spine.write({}, (tx) => resetBySecret(tx, { secretHash, phc }), {
    db: 'system',
    announce: 'await',
  })
  if (!isReset) throw problem('invalid_token')
}

async function resetBySecret(tx: Tx, { secretHash, phc }: { secretHash: Buffer; phc: string }): Promise<boolean> {
  const userId = await lockPersonByResetSecret(tx, secretHash)
  if (userId === undefined || !(await claimResetSecret(tx, secretHash))) return false
  const changedAt = await replacePassword(tx, { userId, phc, actor: `user:${userId}`, by: { kind: 'reset' } })
  return changedAt !== undefined
}
