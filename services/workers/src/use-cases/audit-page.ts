/** What the three audit lists share: their cursor and how a record looks on the wire. */
import type { AuditEvent } from '@gatehouse/contracts/http/workers/audit-events'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import type { AuditRecord } from '../domain/audit-record.ts'
import type { AuditPosition } from '../store/audit-events.ts'

export type AuditQuery = { limit?: number; cursor?: string; action?: string }

/** An instant PostgreSQL can compare with: one that exists (no 31st of February), as these lists write it. */
function isInstant(text: unknown): boolean {
  if (typeof text !== 'string' || !/^[2-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text)) return false
  const parsed = Date.parse(text)
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().slice(0, 19) === text.slice(0, 19)
}

/** @throws AppError `invalid_cursor` */
export function readAuditQuery(query: AuditQuery): {
  action: string | undefined
  after: AuditPosition | undefined
  limit: number
} {
  const values = decodeCursor(query.cursor, 2, ([at, id]) => isInstant(at) && isTypeId('aud', id))
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
