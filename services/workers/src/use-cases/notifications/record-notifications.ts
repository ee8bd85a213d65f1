/**
 * What an event tells people, in the transaction that claims it; and where it says that a person is gone, what they
 * were told goes.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserDeleted, UserErased } from '@gatehouse/contracts/events/identity/user'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readEvent } from '../../mails/read-event.ts'
import { notices } from '../../notices/notices.ts'
import { isRequired } from '../../notices/titles.ts'
import { erasePerson, insertNotification } from '../../store/notifications.ts'

const erasures = [UserErased, UserDeleted]

/** Types of the events that tell somebody something or end what they were told. */
export const notifyingTypes: readonly string[] = [
  ...new Set([...notices.map(({ eventType }) => eventType), ...erasures.map(({ type }) => type)]),
]

/** Whether somebody is told, or gone. */
export const isNoticeDue = (event: EventEnvelope): boolean =>
  erasures.some(({ type }) => type === event.type) ||
  notices.some((notice) => notice.eventType === event.type && notice.tell(event).length > 0)

export async function recordNotifications(tx: Tx, event: EventEnvelope): Promise<void> {
  for (const contract of erasures)
    if (event.type === contract.type) await erasePerson(tx, readEvent(contract, event).data.user_id)
  for (const notice of notices) {
    if (notice.eventType !== event.type) continue
    for (const told of notice.tell(event)) {
      const required = isRequired(told.kind)
      await insertNotification(tx, { ...told, eventId: event.id, isRequired: required, occurredAt: event.time })
    }
  }
}
