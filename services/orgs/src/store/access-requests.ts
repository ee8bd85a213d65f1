/**
 * Rows of access requests. A request leaves `pending` once, by a conditional UPDATE; two who decide at once have one
 * winner.
 */
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { AccessRequestKind, AccessRequestStatus } from '../domain/access-request.ts'
import { accessRequests, type AccessRequestRow } from './schema.ts'

const isOpen = sql`${accessRequests.status} = 'pending' and ${accessRequests.expiresAt} > now()`
const settled = { version: sql`${accessRequests.version} + 1`, settledAt: sql`now()` }
/** A pending one past its time reads `expired`. */
const statusNow = sql<AccessRequestStatus>`case when ${accessRequests.status} = 'pending'
  and ${accessRequests.expiresAt} <= now() then 'expired' else ${accessRequests.status} end`

/** The new request, or undefined while the person has an open one there. */
export async function insertAccessRequest(
  tx: Tx,
  o: Pick<AccessRequestRow, 'id' | 'orgId' | 'userId' | 'roles' | 'reason' | 'durationSeconds'> & {
    kind: AccessRequestKind
    lifetimeDays: number
  },
): Promise<AccessRequestRow | undefined> {
  const { lifetimeDays, ...values } = o
  await tx
    .update(accessRequests)
    .set({ status: 'expired', ...settled })
    .where(
      and(
        eq(accessRequests.orgId, o.orgId),
        eq(accessRequests.userId, o.userId),
        eq(accessRequests.status, 'pending'),
        sql`${accessRequests.expiresAt} <= now()`,
      ),
    )
  const [row] = await tx
    .insert(accessRequests)
    .values({
      ...values,
      createdAt: sql`clock_timestamp()`,
      expiresAt: sql`clock_timestamp() + make_interval(days => ${lifetimeDays})`,
    })
    .onConflictDoNothing({ target: [accessRequests.orgId, accessRequests.userId], where: sql`status = 'pending'` })
    .returning()
  return row
}

/** The request as it reads now. */
export async function findAccessRequest(
  db: Queryable,
  o: { id: string; orgId?: string | undefined; userId?: string | undefined },
): Promise<AccessRequestRow | undefined> {
  const [row] = await db
    .select({ request: accessRequests, statusNow })
    .from(accessRequests)
    .where(
      and(
        eq(accessRequests.id, o.id),
        o.orgId === undefined ? undefined : eq(accessRequests.orgId, o.orgId),
        o.userId === undefined ? undefined : eq(accessRequests.userId, o.userId),
      ),
    )
  return row && { ...row.request, status: row.statusNow }
}

/** The open request, held until the transaction ends; undefined when it is settled, expired or not there. */
export async function lockOpenAccessRequest(
  tx: Tx,
  o: { id: string; orgId: string },
): Promise<AccessRequestRow | undefined> {
  const [row] = await tx
    .select()
    .from(accessRequests)
    .where(and(eq(accessRequests.id, o.id), eq(accessRequests.orgId, o.orgId), isOpen))
    .for('no key update')
  return row
}

/** Settles an open request; one caller wins, everybody else gets undefined. */
export async function claimAccessRequest(
  tx: Tx,
  o: { id: string } & (
    | { status: 'approved'; decidedBy: string; roles: string[]; decisionReason: string | null }
    | { status: 'denied'; decidedBy: string; decisionReason: string }
    | { status: 'cancelled' }
  ),
): Promise<AccessRequestRow | undefined> {
  const { id, ...answer } = o
  const [row] = await tx
    .update(accessRequests)
    .set({ ...answer, ...settled })
    .where(and(eq(accessRequests.id, id), isOpen))
    .returning()
  return row
}

/** Newest first, before the one named by `beforeId`: of an organization or of a person. */
export async function listAccessRequests(
  db: Queryable,
  o: { limit: number; beforeId?: string | undefined; status?: AccessRequestStatus | undefined } & (
    { orgId: string } | { userId: string }
  ),
): Promise<AccessRequestRow[]> {
  const rows = await db
    .select({ request: accessRequests, statusNow })
    .from(accessRequests)
    .where(
      and(
        'orgId' in o ? eq(accessRequests.orgId, o.orgId) : eq(accessRequests.userId, o.userId),
        o.beforeId === undefined ? undefined : lt(accessRequests.id, o.beforeId),
        o.status === undefined ? undefined : sql`${statusNow} = ${o.status}`,
      ),
    )
    .orderBy(desc(accessRequests.id))
    .limit(o.limit)
  return rows.map((row) => ({ ...row.request, status: row.statusNow }))
}

/** Requests that have been over for so many days, whatever became of them; how many, at most `limit`. */
export async function deleteOldAccessRequests(db: Queryable, o: { days: number; limit: number }): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from access_requests where id in (
        select id from access_requests where expires_at < now() - make_interval(days => ${o.days})
        order by expires_at limit ${o.limit})
      returning 1`),
  )
  return rows.length
}
