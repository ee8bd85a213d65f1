/** Upkeep of notifications: daily mails that are due become jobs, and what is old is forgotten. In batches. */
import { SendMail } from '@gatehouse/contracts/jobs/send-mail.v1'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { insertLedgerEntry } from '@gatehouse/service-kit/jobs/ledger'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import type { DueDigest } from '../../domain/digest.ts'
import { notificationDigest } from '../../mails/notification-digest.ts'
import { deleteOldNotifications, takeDueDigests } from '../../store/notifications.ts'

const limit = 500
const keptDays = 180

export async function keepNotifications({ system }: Pick<Deps, 'system'>): Promise<void> {
  while ((await inScope(system, {}, recordDigests)) === limit);
  while ((await deleteOldNotifications(system, { olderThanDays: keptDays, limit })) === limit);
}

/** The mail is due from here on; the sweeper of its pipeline announces it. */
async function recordDigests(tx: Tx): Promise<number> {
  const due = await takeDueDigests(tx, limit)
  for (const digest of due) await insertLedgerEntry(tx, entryOf(digest))
  return due.length
}

/** No event led to it, so it has an id of its own in the place of one. */
function entryOf({ userId, since, until }: DueDigest): Parameters<typeof insertLedgerEntry>[1] {
  const eventId = newId('evt')
  return {
    pipeline: notificationDigest.pipeline,
    eventId,
    recipientKey: `${notificationDigest.name}:${userId}`,
    envelope: {
      name: SendMail.name,
      data: { mail: notificationDigest.name, about: { user_id: userId, since, until } },
      context: { correlation_id: newId('req'), causation_id: eventId },
    },
  }
}
