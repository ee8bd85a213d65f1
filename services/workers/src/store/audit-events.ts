/** The audit trail in PostgreSQL: appended once per event, read in the order things happened. */
import { and, asc, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { AuditRecord } from '../domain/audit-record.ts'
import { auditEvents } from './schema.ts'

/** The same event a second time changes nothing. */
export async function insertAuditRecord(tx: Queryable, record: AuditRecord): Promise<void> {
  const { actor, target, ...columns } = record
  await tx
    .insert(auditEvents)
    .values({ ...columns, actorType: actor.type, actorId: actor.id, targetType: target.type, targetId: target.id })
    .onConflictDoNothing()
}

export type AuditPosition = { occurredAt: string; id: string }

/** Which records a list wants, and from where on. */
export type AuditFilter = {
  limit: number
  order: 'asc' | 'desc'
  after?: AuditPosition | undefined
  /** Inclusive. */
  from?: string | undefined
  /** Exclusive. */
  to?: string | undefined
  actor?: { type?: string; id?: string } | undefined
  action?: string | undefined
  target?: string | undefined
}

/** All microseconds: a cursor made from fewer would repeat or skip rows. */
const occurredAt = sql<string>`to_char(${auditEvents.occurredAt} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const columns = {
  id: auditEvents.id,
  occurredAt,
  producer: auditEvents.producer,
  action: auditEvents.action,
  actorType: auditEvents.actorType,
  actorId: auditEvents.actorId,
  targetType: auditEvents.targetType,
  targetId: auditEvents.targetId,
  orgId: auditEvents.orgId,
  userId: auditEvents.userId,
  clientAddress: auditEvents.clientAddress,
  userAgent: auditEvents.userAgent,
  requestId: auditEvents.requestId,
  correlationId: auditEvents.correlationId,
  data: auditEvents.data,
}

/**
 * In the filter's order, one row more than `limit` when there are more. Naming an organization or a person narrows the list;
 * what the transaction may see at all is row-level security's business.
 */
export async function listAuditRecords(
  tx: Queryable,
  o: AuditFilter & { orgId?: string; userId?: string },
): Promise<AuditRecord[]> {
  const { actor, after } = o
  const isWanted = (column: PgColumn, value: string | undefined) =>
    value === undefined ? undefined : eq(column, value)
  const direction = o.order === 'asc' ? asc : desc
  const rows = await tx
    .select(columns)
    .from(auditEvents)
    .where(
      and(
        isWanted(auditEvents.orgId, o.orgId),
        isWanted(auditEvents.userId, o.userId),
        isWanted(auditEvents.actorType, actor?.type),
        isWanted(auditEvents.actorId, actor?.id),
        isWanted(auditEvents.action, o.action),
        isWanted(auditEvents.targetId, o.target),
        o.from === undefined ? undefined : gte(auditEvents.occurredAt, o.from),
        o.to === undefined ? undefined : lt(auditEvents.occurredAt, o.to),
        after &&
          sql`(${auditEvents.occurredAt}, ${auditEvents.id}) ${sql.raw(o.order === 'asc' ? '>' : '<')} (${after.occurredAt}::timestamptz, ${uuidOf(after.id, 'aud')}::uuid)`,
      ),
    )
    .orderBy(direction(auditEvents.occurredAt), direction(auditEvents.id))
    .limit(o.limit + 1)
  return rows.map(({ actorType, actorId, targetType, targetId, ...row }) => ({
    ...row,
    actor: { type: actorType, id: actorId },
    target: { type: targetType, id: targetId },
  }))
}

/** Rejects until this replica's schema is there. */
export async function probeSchema(db: Queryable): Promise<void> {
  await db.select({ id: auditEvents.id }).from(auditEvents).limit(1)
}
