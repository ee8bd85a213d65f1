/** A refresh token was used twice: its owner is told. A family revoked because its session ended is no news to anybody. */
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { SendSecurityAlert } from '@gatehouse/contracts/jobs/send-security-alert.v1'
import type { JobQueue } from '@gatehouse/service-kit/jobs/queue'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { readEvent } from './read-event.ts'

export async function onFamilyRevoked(queue: JobQueue, tx: Tx, event: EventEnvelope): Promise<void> {
  const { user_id, session_id, reason } = readEvent(FamilyRevoked, event).data
  if (reason !== 'reuse_detected') return
  const data = { user_id, session_id, kind: 'refresh_token_reused', happened_at: event.time } as const
  await queue.record(tx, { job: SendSecurityAlert, event, recipientKey: user_id, data })
}
