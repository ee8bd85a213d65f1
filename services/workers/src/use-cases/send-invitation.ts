/** Sends the mail of one invitation: orgs says where to and mints the secret, at this moment and anew on every try. */
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { JobOutcome } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { invitationMail } from '../templates/invitation.ts'
import { publicLink } from '../domain/public-link.ts'
import { jobOutcomeOf } from './job-outcome.ts'

export async function sendInvitation(
  deps: Pick<Deps, 'orgs' | 'mailer' | 'publicUrl'>,
  input: { mailId: string; invitationId: string },
): Promise<JobOutcome> {
  try {
    const mail = await deps.orgs.mintInvitationLink(input.invitationId)
    if (mail === null) return { kind: 'done' }
    const link = publicLink(deps.publicUrl, '/invitations/accept', mail.token)
    const content = invitationMail({ organizationName: mail.organization_name, link })
    return jobOutcomeOf(await deps.mailer.send({ id: input.mailId, to: mail.to, ...content }))
  } catch (err) {
    if (isAppError(err, 'not_found')) return { kind: 'undeliverable', reason: 'orgs knows no such invitation' }
    throw err
  }
}
