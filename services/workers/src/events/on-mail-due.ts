/** Records the mails an event makes due: one ledger row per mail, event and recipient, whatever is delivered twice. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { SendMail } from '@gatehouse/contracts/jobs/send-mail.v1'
import type { JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Mail } from '../mails/mail.ts'

/** Whether the event makes any of these mails due. */
export const isMailDue = (mails: readonly Mail[], event: EventEnvelope): boolean =>
  mails.some((mail) => mail.eventType === event.type && mail.due(event).length > 0)

export async function onMailDue(
  deps: { queue: Pick<JobQueue, 'record'>; mails: readonly Mail[] },
  tx: Tx,
  event: EventEnvelope,
): Promise<void> {
  for (const mail of deps.mails) {
    if (mail.eventType !== event.type) continue
    for (const { about, to } of mail.due(event)) {
      const recipientKey = [mail.name, event.subject, ...(to === undefined ? [] : [to])].join(':')
      await deps.queue.record(tx, { job: SendMail, event, recipientKey, data: { mail: mail.name, about } })
    }
  }
}
