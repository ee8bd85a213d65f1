/** An invitation mail is due: one ledger row for the invitation, whatever is delivered twice. */
import { InvitationCreated } from '@gatehouse/contracts/events/orgs/invitation'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { SendInvitation } from '@gatehouse/contracts/jobs/send-invitation.v1'
import type { JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readEvent } from './read-event.ts'

export async function onInvitationCreated(queue: JobQueue, tx: Tx, event: EventEnvelope): Promise<void> {
  const { invitation_id } = readEvent(InvitationCreated, event).data
  await queue.record(tx, { job: SendInvitation, event, recipientKey: invitation_id, data: { invitation_id } })
}
