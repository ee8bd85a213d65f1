/**
 * Records that a client is to be told of a session that ended: one ledger row per session, however often the event is
 * delivered.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { SessionEnded } from '@gatehouse/contracts/events/tokens/session'
import { NotifyLogout } from '@gatehouse/contracts/jobs/notify-logout.v1'
import type { JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { Check } from 'typebox/value'

type ClientSessionEnded = EventEnvelope & { data: { session_id: string } }

/** The end of a sign-in itself is nobody's to be told: each client has a session of its own in it. */
export const isClientTold = (event: EventEnvelope): event is ClientSessionEnded =>
  Check(SessionEnded.data, event.data) && event.data.client_id !== undefined

export async function onSessionEnded(queue: Pick<JobQueue, 'record'>, tx: Tx, event: EventEnvelope): Promise<void> {
  if (!isClientTold(event)) return
  const { session_id: session } = event.data
  await queue.record(tx, { job: NotifyLogout, event, recipientKey: session, data: { session } })
}
