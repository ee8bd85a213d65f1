/** Removes the authenticator app. */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { deleteTotp, lockPerson } from '../../store/factors.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import { announceFactors } from './announce-factors.ts'
import { settleRemoval } from './settle-removal.ts'

type RemoveDeps = Pick<Deps, 'spine' | 'clock' | 'settings'>

/** @throws AppError `insufficient_user_authentication`, `not_found` */
export async function removeTotp(deps: RemoveDeps, caller: UserCaller): Promise<void> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, { strong: true })
  const isRemoved = await deps.spine.write(
    {},
    async (tx) => {
      await lockPerson(tx, userId)
      if (!(await deleteTotp(tx, userId))) return false
      await settleRemoval(tx, userId)
      await announceFactors(tx, { userId, actor: actorOf(caller), change: 'totp_removed' })
      return true
    },
    { db: 'system' },
  )
  if (!isRemoved) throw problem('not_found')
}
