/** What the three audit lists share: their cursor and how a record looks on the wire. */
import type { AuditEvent, AuditQuery } from '@gatehouse/contracts/http/workers/audit-events'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import { inScope, type Scope } from '@gatehouse/service-kit/postgres/transaction'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { decodeCursor, encodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import type { AuditRecord } from '../../domain/audit-record.ts'
import type { Deps } from '../../deps.ts'
import { isSearch, type AuditFilter, type AuditPosition, type AuditScope } from '../../store/audit-events.ts'
import { listAuditRecords, type AuditPage } from '../../store/audit-search.ts'

/** An instant PostgreSQL can compare with: one that exists (no 31st of February), as these lists write it. */
export function isInstant(text: unknown): boolean {
  if (typeof text !== 'string' || !/^[2-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text)) return false
  const parsed = Date.parse(text)
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().slice(0, 19) === text.slice(0, 19)
}

/** A cursor belongs to the order it was made in. @throws AppError `invalid_cursor` */
export function readAuditQuery(query: AuditQuery): AuditFilter {
  const order = query.order ?? 'asc'
  const isPosition = ([at, id, given]: readonly unknown[]) => isInstant(at) && isTypeId('aud', id) && given === order
  const values = decodeCursor(query.cursor, 3, isPosition)
  return {
    limit: query.limit ?? 50,
    order,
    after: values && { occurredAt: String(values[0]), id: String(values[1]) },
    from: momentOf(query.from),
    to: momentOf(query.to),
    actor: actorOf(query.actor),
    action: query.action,
    target: query.target,
    outcome: query.outcome,
    words: query.q === undefined ? undefined : wordsIn(query.q),
  }
}

/** The words of a search, as records are cut into them; at most 16. */
const wordsIn = (text: string): string[] =>
  text
    .normalize('NFC')
    .match(/[\p{L}\p{N}]+/gu)
    ?.slice(0, 16) ?? []

/**
 * The moment to the microsecond, in a form PostgreSQL always reads: a day that does not exist is the one it would be.
 */
function momentOf(instant: string | undefined): string | undefined {
  if (instant === undefined) return undefined
  const parsed = Date.parse(instant)
  if (Number.isNaN(parsed) || parsed < 0) return '1970-01-01T00:00:00Z'
  const fraction = /\.(\d{1,6})/.exec(instant)?.[1] ?? ''
  const whole = new Date(parsed).toISOString()
  return `${whole.slice(0, whole.indexOf('.'))}.${fraction.padEnd(6, '0')}Z`
}

/** `system`, `service:<name>` or an id, as records keep their actors. */
function actorOf(actor: string | undefined): AuditFilter['actor'] {
  if (actor === undefined) return undefined
  if (actor === 'system') return { type: 'system', id: null }
  const cut = actor.indexOf(':')
  return cut < 0 ? { id: actor } : { type: actor.slice(0, cut), id: actor.slice(cut + 1) }
}

/**
 * Reads the records of the organization or of the person in `scope`, of the platform without either. A list is one
 * statement; a search is several. Words are looked up as the system role, with the tenant in the statement: under
 * row-level security PostgreSQL uses no index for a comparison that it does not know to be leakproof, and read the
 * whole trail instead.
 */
export function readRecords(
  { db, system }: Pick<Deps, 'db' | 'system'>,
  scope: Scope,
  filter: AuditFilter,
  list = listAuditRecords,
): Promise<AuditPage> {
  const wanted: AuditScope = { ...filter, ...scope }
  if (!isSearch(wanted)) return readInScope(db, scope, (tx) => list(tx, wanted))
  return inScope(filter.words === undefined ? db : system, scope, (tx) => list(tx, wanted))
}

/** `lookedUntil`: the page is not full, and where a search may find more. */
export function auditPageOf(
  { records, lookedUntil }: { records: readonly AuditRecord[]; lookedUntil?: AuditPosition },
  { limit, order }: AuditFilter,
): PageOf<AuditEvent> {
  const positionOf = (at: AuditPosition) => [at.occurredAt, at.id, order]
  const { data, page } = pageOf(records, limit, positionOf)
  return {
    data: data.map(onTheWire),
    page: lookedUntil === undefined ? page : { next_cursor: encodeCursor(positionOf(lookedUntil)), has_more: true },
  }
}

export const onTheWire = (record: AuditRecord): AuditEvent => ({
  id: record.id,
  occurred_at: record.occurredAt,
  action: record.action,
  outcome: record.outcome,
  actor: record.actor,
  target: record.target,
  organization_id: record.orgId,
  client_address: record.clientAddress,
  user_agent: record.userAgent,
  request_id: record.requestId,
  data: record.data,
})
