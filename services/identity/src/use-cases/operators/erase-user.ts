/**
 * An operator erases a person, at once and for good. The event tells every service that keeps something of the person
 * to delete its own.
 */
import { UserErased } from '@gatehouse/contracts/events/identity/user'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/permissions.ts'
import { eraseUser as eraseStored } from '../../store/erasure.ts'
import { carryOut, eventAbout, type Ordered } from './suspend-user.ts'

/**
 * @throws AppError `forbidden`, `not_found`, `conflict` for oneself: one's own account page is the way, with its grace
 */
export async function eraseUser(
  deps: Pick<Deps, 'clients' | 'spine'>,
  caller: UserCaller,
  ordered: Ordered,
): Promise<void> {
  const { userId, reason } = ordered
  await carryOut(deps, caller, ordered, {
    permission: permissions.eraseUsers,
    isForOthersOnly: true,
    change: eraseStored,
    follow: (tx, version) =>
      appendEvent(tx, {
        ...eventAbout(userId, version, caller),
        contract: UserErased,
        data: { user_id: userId, min_uv: version, via: 'operator', reason },
      }),
  })
}
