/** The job behind every mail. */
import { SendMail } from '@gatehouse/contracts/jobs/send-mail.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { sendMail } from '../use-cases/send-mail.ts'

export const mailProcessor = (deps: Pick<Deps, 'clients' | 'mailer' | 'publicUrl' | 'mailLocale'>): JobProcessor =>
  defineProcessor(SendMail, (data, run) => sendMail(deps, { jobId: run.id, ...data }))
