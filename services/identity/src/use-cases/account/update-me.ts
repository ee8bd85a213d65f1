/** A person changes their own profile. The same name again changes nothing and announces nothing. */
import { UserUpdated } from '@gatehouse/contracts/events/identity/user'
import type { User } from '@gatehouse/contracts/http/identity/account'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { claimNewName } from '../../store/users.ts'
import { readMe } from './get-me.ts'

/** @throws AppError `not_found` */
export function updateMe(deps: Pick<Deps, 'spine'>, caller: UserCaller, { name }: { name: string }): Promise<User> {
  const { userId } = caller
  return deps.spine.write({ userId }, async (tx) => {
    const version = await claimNewName(tx, { userId, name })
    if (version !== undefined) {
      await appendEvent(tx, {
        contract: UserUpdated,
        aggregateType: 'user',
        aggregateId: userId,
        version,
        userId,
        actor: actorOf(caller),
        data: { user_id: userId, changed: ['name'] },
      })
    }
    return readMe(tx, userId)
  })
}
