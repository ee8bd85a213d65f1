/** The job behind every mail. */
import { SendMail } from '@gatehouse/contracts/jobs/send-mail.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import { sendMail, type SendDeps } from '../use-cases/mails/send-mail.ts'

export const mailProcessor = (deps: SendDeps): JobProcessor =>
  defineProcessor(SendMail, (data, run) => sendMail(deps, { jobId: run.id, attempt: run.attempt, ...data }))
