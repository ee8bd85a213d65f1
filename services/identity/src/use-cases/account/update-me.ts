/** A person changes their own profile. What it is already changes nothing and is announced to nobody. */
import { UserUpdated } from '@gatehouse/contracts/events/identity/user'
import type { User } from '@gatehouse/contracts/http/identity/account'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { isTimeZone } from '../../domain/time-zone.ts'
import { claimProfile, type ProfileChange } from '../../store/users.ts'
import { readMe } from './get-me.ts'

/** @throws AppError `validation_failed`, `not_found` */
export async function updateMe(deps: Pick<Deps, 'spine'>, caller: UserCaller, change: ProfileChange): Promise<User> {
  const { userId } = caller
  if (typeof change.timeZone === 'string' && !isTimeZone(change.timeZone))
    throw problem('validation_failed', { errors: [{ path: '/time_zone', message: 'It is no known time zone.' }] })
  return await deps.spine.write({ userId }, async (tx) => {
    const claimed = await claimProfile(tx, { userId, change })
    if (claimed !== undefined) {
      await appendEvent(tx, {
        contract: UserUpdated,
        aggregateType: 'user',
        aggregateId: userId,
        version: claimed.version,
        userId,
        actor: actorOf(caller),
        data: { user_id: userId, changed: claimed.changed },
      })
    }
    return readMe(tx, userId)
  })
}
