/** The job behind a verification mail. */
import { SendEmailVerification } from '@gatehouse/contracts/jobs/send-email-verification.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { sendEmailVerification } from '../use-cases/send-email-verification.ts'

export const emailVerificationProcessor = (deps: Pick<Deps, 'identity' | 'mailer' | 'publicUrl'>): JobProcessor =>
  defineProcessor(SendEmailVerification, (data, run) =>
    sendEmailVerification(deps, { mailId: run.id, verificationId: data.verification_id }),
  )
