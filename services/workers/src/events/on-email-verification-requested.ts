/** A verification mail is due: one ledger row for the verification, whatever is delivered twice. */
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { SendEmailVerification } from '@gatehouse/contracts/jobs/send-email-verification.v1'
import type { JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readEvent } from './read-event.ts'

export async function onEmailVerificationRequested(queue: JobQueue, tx: Tx, event: EventEnvelope): Promise<void> {
  const { verification_id } = readEvent(EmailVerificationRequested, event).data
  await queue.record(tx, {
    job: SendEmailVerification,
    event,
    recipientKey: verification_id,
    data: { verification_id },
  })
}
