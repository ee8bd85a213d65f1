/** The audit trail in PostgreSQL: appended once per event, read in the order things happened. */
import { and, asc, eq, sql } from 'drizzle-orm'
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
 * Oldest first, after `after`, one row more than `limit` when there are more. Naming an organization or a person narrows the list;
 * what the transaction may see at all is row-level security's business.
 */
export async function listAuditRecords(
  tx: Queryable,
  o: { orgId?: string; userId?: string; action?: string | undefined; after?: AuditPosition | undefined; limit: number },
): Promise<AuditRecord[]> {
  const rows = await tx
    .select(columns)
    .from(auditEvents)
    .where(
      and(
        o.orgId === undefined ? undefined : eq(auditEvents.orgId, o.orgId),
        o.userId === undefined ? undefined : eq(auditEvents.userId, o.userId),
        o.action === undefined ? undefined : eq(auditEvents.action, o.action),
        o.after &&
          sql`(${auditEvents.occurredAt}, ${auditEvents.id}) > (${o.after.occurredAt}::timestamptz, ${uuidOf(o.after.id, 'aud')}::uuid)`,
      ),
    )
    .orderBy(asc(auditEvents.occurredAt), asc(auditEvents.id))
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
