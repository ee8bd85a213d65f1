/** The job behind an invitation mail. */
import { SendInvitation } from '@gatehouse/contracts/jobs/send-invitation.v1'
import { defineProcessor, type JobProcessor } from '@gatehouse/service-kit/jobs/processor'
import type { Deps } from '../deps.ts'
import { sendInvitation } from '../use-cases/send-invitation.ts'

export const invitationProcessor = (deps: Pick<Deps, 'orgs' | 'mailer' | 'publicUrl'>): JobProcessor =>
  defineProcessor(SendInvitation, (data, run) =>
    sendInvitation(deps, { mailId: run.id, invitationId: data.invitation_id }),
  )
