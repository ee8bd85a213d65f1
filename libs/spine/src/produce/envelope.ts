/**
 * From an outbox row to the event on the wire. Every path (changes, relay, snapshot tests) builds it here, so the same
 * event is the same bytes.
 */
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'

/** What the columns cannot say: who, why and from where. Stored in `outbox.headers`. */
export type EventHeaders = {
  /** The aggregate's TypeID. */
  subject: string
  actor: string
  correlation_id: string
  causation_id?: string
  traceparent?: string
  request_id?: string
  user_id?: string
  client_address?: string
  user_agent?: string
}

export type OutboxRow = {
  id: string
  position: string
  version: string
  org_id: string | null
  subject: string
  payload: Record<string, unknown>
  headers: EventHeaders
  time: string
}

/**
 * The columns of `OutboxRow`. The time keeps its microseconds: a consumer's inbox finds its partition and its row by
 * it.
 */
export const outboxColumns = sql.raw(
  `id, position, version, org_id, subject, payload, headers, to_char(occurred_at at time zone 'UTC', ` +
    `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time`,
)

/** The CloudEvents envelope of one row. */
export function toEvent(row: OutboxRow, o: { service: string; epoch: string }): EventEnvelope {
  const { headers } = row
  return {
    specversion: '1.0',
    id: typeIdOf('evt', row.id),
    source: `/gatehouse/${o.service}`,
    type: row.subject,
    subject: headers.subject,
    time: row.time,
    datacontenttype: 'application/json',
    data: row.payload,
    position: Number(row.position),
    version: Number(row.version),
    epoch: o.epoch,
    correlationid: headers.correlation_id,
    ...(headers.causation_id === undefined ? {} : { causationid: headers.causation_id }),
    ...(headers.traceparent === undefined ? {} : { traceparent: headers.traceparent }),
    ...(row.org_id === null ? {} : { orgid: typeIdOf('org', row.org_id) }),
    ...(headers.user_id === undefined ? {} : { userid: headers.user_id }),
    actor: headers.actor,
    ...(headers.request_id === undefined ? {} : { requestid: headers.request_id }),
    ...(headers.client_address === undefined ? {} : { clientaddress: headers.client_address }),
    ...(headers.user_agent === undefined ? {} : { useragent: headers.user_agent }),
  }
}
