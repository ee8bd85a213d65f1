/** What the mail server's answer means for the job that sent the mail. */
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import type { SendOutcome } from '../providers/smtp.ts'

export const jobOutcomeOf = (sent: SendOutcome): JobOutcome =>
  sent.kind === 'accepted' ? { kind: 'done' } : { kind: 'undeliverable', reason: sent.reason }
