/**
 * A signed-in person asks for another address, with their password and a recent sign-in. Whether somebody has that
 * address is not told here: it decides whether a mail goes out, later.
 */
import { AddressChangeRequested } from '@gatehouse/contracts/events/identity/address-change'
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { replaceOpenChange } from '../../store/address-changes.ts'
import { countMailRequest } from '../../store/sign-in-counters.ts'
import { confirmPresentPassword } from '../passwords/confirm-present-password.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import type { Requester } from '../requester.ts'

/**
 * What one person makes us send to addresses that are not theirs, and what one address is sent: both counts halve every
 * hour.
 */
const limit = { ceiling: 10, halfLifeSeconds: 3600 }

/** @throws AppError `insufficient_user_authentication`, `invalid_credentials`, `rate_limited`, `unavailable` */
export async function requestAddressChange(
  deps: Parameters<typeof confirmPresentPassword>[0] & Pick<Deps, 'spine'>,
  caller: UserCaller,
  { email, password, deviceToken }: { email: string; password: string; deviceToken: string | undefined },
  requester: Requester,
): Promise<void> {
  const normalizedAddress = normalizedAddressOf(email)
  await confirmPresentPassword(deps, caller, { password, deviceToken }, requester)
  const { userId } = caller
  const id = newId('emc')
  const isAsked = await deps.spine.write(
    {},
    async (tx) => {
      const byPerson = await countMailRequest(tx, { parts: ['address change', 'person', userId], ...limit })
      const toAddress = await countMailRequest(tx, { parts: ['address change', 'to', normalizedAddress], ...limit })
      if (Math.round(Math.max(byPerson, toAddress)) >= limit.ceiling) return false
      await replaceOpenChange(tx, { id, userId, address: email, normalizedAddress })
      await appendEvent(tx, {
        contract: AddressChangeRequested,
        aggregateType: 'address_change',
        aggregateId: id,
        version: 1,
        userId,
        actor: actorOf(caller),
        data: { change_id: id, user_id: userId },
      })
      return true
    },
    { db: 'system' },
  )
  if (!isAsked) throw problem('rate_limited', { retryAfterSeconds: 600 })
}
