/** What the three audit lists share: their cursor and how a record looks on the wire. */
import type { AuditEvent } from '@gatehouse/contracts/http/workers/audit-events'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import type { AuditRecord } from '../domain/audit-record.ts'
import type { AuditPosition } from '../store/audit-events.ts'

export type AuditQuery = { limit?: number; cursor?: string; action?: string }

const instant = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$/

/** @throws AppError `invalid_cursor` */
export function readAuditQuery(query: AuditQuery): { action: string | undefined; after: AuditPosition | undefined; limit: number } {
  const values = decodeCursor(query.cursor, 2, ([at, id]) => typeof at === 'string' && instant.test(at) && !Number.isNaN(Date.parse(at)) && isTypeId('aud', id))
  const after = values && { occurredAt: String(values[0]), id: String(values[1]) }
  return { action: query.action, after, limit: query.limit ?? 50 }
}

export function auditPageOf(records: readonly AuditRecord[], limit: number): PageOf<AuditEvent> {
  const { data, page } = pageOf(records, limit, (last) => [last.occurredAt, last.id])
  return { data: data.map(onTheWire), page }
}

const onTheWire = (record: AuditRecord): AuditEvent => ({
  id: record.id,
  occurred_at: record.occurredAt,
  action: record.action,
  actor: record.actor,
  target: record.target,
  organization_id: record.orgId,
  client_address: record.clientAddress,
  user_agent: record.userAgent,
  request_id: record.requestId,
  data: record.data,
})
