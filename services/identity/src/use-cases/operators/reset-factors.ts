/**
 * An operator takes away every second factor of a person who has lost them. The password stays as it was, every session
 * ends, and the person is told: whoever talked the operator into it has still only what they had before.
 */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { UserSignedOut } from '@gatehouse/contracts/events/identity/user'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { deleteFactors } from '../../store/factors.ts'
import { signOutUser } from '../../store/managed-users.ts'
import { endOpenSignIns } from '../../store/sign-in-transactions.ts'
import { announceFactors } from '../factors/announce-factors.ts'
import { carryOut, eventAbout, type Ordered } from './suspend-user.ts'

/**
 * @throws AppError `forbidden`, `not_found`, `conflict` for oneself: a step-up and one's own account page are the way
 */
export async function resetFactors(
  deps: Pick<Deps, 'clients' | 'spine'>,
  caller: UserCaller,
  ordered: Ordered,
): Promise<void> {
  const { userId, reason } = ordered
  await carryOut(deps, caller, ordered, {
    permission: permissions.resetFactors,
    isForOthersOnly: true,
    change: signOutUser,
    async follow(tx, version) {
      await deleteFactors(tx, userId)
      await endOpenSignIns(tx, userId)
      await announceFactors(tx, { userId, actor: actorOf(caller), change: 'reset' })
      const data = { user_id: userId, min_uv: version, reason }
      await appendEvent(tx, { ...eventAbout(userId, version, caller), contract: UserSignedOut, data })
    },
  })
}
