/** Sends the mail of one email verification: identity says where to and mints the secret, at this moment and anew on every try. */
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { emailVerificationMail } from '../templates/email-verification.ts'
import { publicLink } from '../domain/public-link.ts'
import { jobOutcomeOf } from './job-outcome.ts'

export async function sendEmailVerification(
  deps: Pick<Deps, 'identity' | 'mailer' | 'publicUrl'>,
  input: { mailId: string; verificationId: string },
): Promise<JobOutcome> {
  try {
    const mail = await deps.identity.mintEmailVerificationLink(input.verificationId)
    if (mail === null) return { kind: 'done' }
    const link = publicLink(deps.publicUrl, '/verify-email', mail.token)
    return jobOutcomeOf(await deps.mailer.send({ id: input.mailId, to: mail.to, ...emailVerificationMail({ link }) }))
  } catch (err) {
    if (isAppError(err, 'not_found')) return { kind: 'undeliverable', reason: 'identity knows no such verification' }
    throw err
  }
}
