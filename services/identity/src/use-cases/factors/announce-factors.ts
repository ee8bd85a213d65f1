/**
 * What follows a change of second factors, in its transaction: no device is remembered any more, and the next version
 * of the person's set is announced.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { FactorsChanged } from '@gatehouse/contracts/events/identity/factors'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { nextFactorsVersion } from '../../store/factors.ts'
import { deleteRememberedDevices } from '../../store/remembered-devices.ts'

type Change = { userId: string; actor: Actor; change: FactorsChanged['change'] }

export async function announceFactors(tx: Tx, { userId, actor, change }: Change): Promise<void> {
  await deleteRememberedDevices(tx, userId)
  await appendEvent(tx, {
    contract: FactorsChanged,
    aggregateType: 'factors',
    aggregateId: userId,
    version: await nextFactorsVersion(tx, userId),
    userId,
    actor,
    data: { user_id: userId, change },
  })
}
