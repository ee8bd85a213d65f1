/** Tells a person by mail that one of their refresh tokens was used twice. */
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { refreshTokenReusedMail } from '../templates/refresh-token-reused.ts'
import { jobOutcomeOf } from './job-outcome.ts'

export async function sendSecurityAlert(
  deps: Pick<Deps, 'identity' | 'mailer'>,
  input: { mailId: string; userId: string; happenedAt: string },
): Promise<JobOutcome> {
  const profile = await deps.identity.findProfile(input.userId)
  if (profile === undefined) return { kind: 'undeliverable', reason: 'identity knows no such person' }
  const content = refreshTokenReusedMail({ happenedAt: input.happenedAt })
  return jobOutcomeOf(await deps.mailer.send({ id: input.mailId, to: profile.email, ...content }))
}
