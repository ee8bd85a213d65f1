/**
 * Security alerts. Of one thing one is unresolved at a time, by a unique index; what becomes of it is a conditional
 * update.
 */
import type {
  AlertQuery,
  AlertRule,
  AlertSeverity,
  AlertStatus,
} from '@gatehouse/contracts/http/workers/security-alerts'
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'
import { lockPerson, markErased } from './erased-people.ts'
import { utc } from './webhook-endpoints.ts'

export type Alert = {
  id: string
  rule: AlertRule
  severity: AlertSeverity
  status: AlertStatus
  orgId: string | null
  userId: string | null
  data: Record<string, unknown>
  count: number
  version: number
  firstAt: string
  lastAt: string
  acknowledgedAt: string | null
  acknowledgedBy: string | null
  resolvedAt: string | null
  resolvedBy: string | null
  resolution: string | null
}

type Row = {
  id: string
  rule: AlertRule
  severity: AlertSeverity
  status: AlertStatus
  org_id: string | null
  user_id: string | null
  data: Record<string, unknown>
  count: string
  version: string
  first_at: string
  last_at: string
  acknowledged_at: string | null
  acknowledged_by: string | null
  resolved_at: string | null
  resolved_by: string | null
  resolution: string | null
}

const columns = sql`id, rule, severity, status, org_id, user_id, data, count, version,
  ${utc(sql`first_at`)} as first_at, ${utc(sql`last_at`)} as last_at,
  ${utc(sql`acknowledged_at`)} as acknowledged_at, acknowledged_by,
  ${utc(sql`resolved_at`)} as resolved_at, resolved_by, resolution`

const alertOf = (row: Row): Alert => ({
  id: typeIdOf('alr', row.id),
  rule: row.rule,
  severity: row.severity,
  status: row.status,
  orgId: row.org_id && typeIdOf('org', row.org_id),
  userId: row.user_id && typeIdOf('user', row.user_id),
  data: row.data,
  count: Number(row.count),
  version: Number(row.version),
  firstAt: row.first_at,
  lastAt: row.last_at,
  acknowledgedAt: row.acknowledged_at,
  acknowledgedBy: row.acknowledged_by,
  resolvedAt: row.resolved_at,
  resolvedBy: row.resolved_by,
  resolution: row.resolution,
})

type Found = {
  rule: AlertRule
  severity: AlertSeverity
  userId?: string | undefined
  orgId?: string | undefined
  sameAs: string
  data: Readonly<Record<string, unknown>>
  at: string
  /** The same thing is told again only after so long. */
  quietHours: number
}

/** The alert, and whether it is to be told; undefined where it is about somebody who was erased. */
export async function raiseAlert(tx: Queryable, o: Found): Promise<{ alert: Alert; isNews: boolean } | undefined> {
  if (o.userId !== undefined) await lockPerson(tx, o.userId)
  const user = o.userId === undefined ? null : uuidOf(o.userId, 'user')
  const org = o.orgId === undefined ? null : uuidOf(o.orgId, 'org')
  const isNews = sql`a.announced_at < now() - make_interval(hours => ${o.quietHours})`
  const [row] = rowsOf<Row & { is_news: boolean }>(
    await tx.execute(sql`
      insert into security_alerts as a (id, rule, severity, same_as, org_id, user_id, data, first_at, last_at)
      select ${uuidOf(newId('alr'))}::uuid, ${o.rule}, ${o.severity},
        sha256(convert_to(${`${o.rule} ${o.sameAs}`}::text, 'UTF8')), ${org}::uuid, ${user}::uuid,
        ${JSON.stringify(o.data)}::jsonb, ${o.at}::timestamptz, ${o.at}::timestamptz
      where not exists (select from erased_people e where e.user_id = ${user}::uuid)
      on conflict (same_as) where status <> 'resolved' do update set
        count = a.count + 1, version = a.version + 1, data = excluded.data,
        first_at = least(a.first_at, excluded.first_at), last_at = greatest(a.last_at, excluded.last_at),
        status = case when ${isNews} then 'open' else a.status end,
        announced_version = case when ${isNews} then a.version + 1 else a.announced_version end,
        announced_at = case when ${isNews} then now() else a.announced_at end
      returning ${columns}, announced_version = version as is_news`),
  )
  return row && { alert: alertOf(row), isNews: row.is_news }
}

type Filter = Omit<AlertQuery, 'cursor' | 'limit'> & {
  organization?: string | undefined
  limit: number
  beforeId: string | undefined
}

/** Newest first, at most `limit`. What the transaction may see at all is row-level security's business. */
export async function listAlerts(db: Queryable, o: Filter): Promise<Alert[]> {
  const conditions = [
    o.beforeId === undefined ? [] : sql`id < ${uuidOf(o.beforeId, 'alr')}`,
    o.status === undefined ? [] : sql`status = ${o.status}`,
    o.severity === undefined ? [] : sql`severity = ${o.severity}`,
    o.rule === undefined ? [] : sql`rule = ${o.rule}`,
    o.user === undefined ? [] : sql`user_id = ${uuidOf(o.user, 'user')}`,
    o.organization === undefined ? [] : sql`org_id = ${uuidOf(o.organization, 'org')}`,
  ].flat()
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const rows = rowsOf<Row>(
    await db.execute(sql`select ${columns} from security_alerts ${where} order by id desc limit ${o.limit}`),
  )
  return rows.map(alertOf)
}

const one = async (db: Queryable, statement: SQL): Promise<Alert | undefined> => {
  const [row] = rowsOf<Row>(await db.execute(statement))
  return row && alertOf(row)
}

export const findAlert = (db: Queryable, id: string): Promise<Alert | undefined> =>
  one(db, sql`select ${columns} from security_alerts where id = ${uuidOf(id, 'alr')}`)

/** Undefined unless it was open: of several at once one wins. */
export const acknowledgeAlert = (db: Queryable, o: { id: string; by: string }): Promise<Alert | undefined> =>
  one(
    db,
    sql`update security_alerts set status = 'acknowledged', acknowledged_at = now(), acknowledged_by = ${o.by},
        version = version + 1
      where id = ${uuidOf(o.id, 'alr')} and status = 'open' returning ${columns}`,
  )

/** Undefined when it was resolved before. */
export const resolveAlert = (
  db: Queryable,
  o: { id: string; by: string; resolution: string },
): Promise<Alert | undefined> =>
  one(
    db,
    sql`update security_alerts set status = 'resolved', resolved_at = now(), resolved_by = ${o.by},
        resolution = ${o.resolution}, version = version + 1
      where id = ${uuidOf(o.id, 'alr')} and status <> 'resolved' returning ${columns}`,
  )

/** Removes what the rules keep of a person, for good. */
export async function erasePersonFromAlerts(tx: Queryable, userId: string): Promise<void> {
  await markErased(tx, userId)
  await tx.execute(sql`delete from security_alerts where user_id = ${uuidOf(userId, 'user')}`)
  await tx.execute(sql`delete from known_devices where user_id = ${uuidOf(userId, 'user')}`)
}

/** Removes what is kept of an organization that is gone for good. */
export async function deleteAlertsOf(tx: Queryable, orgId: string): Promise<void> {
  await tx.execute(sql`delete from security_alerts where org_id = ${uuidOf(orgId, 'org')}`)
  await tx.execute(sql`delete from organization_owners where org_id = ${uuidOf(orgId, 'org')}`)
}

/** Forgets alerts nothing was added to for long; how many. */
export async function deleteOldAlerts(
  db: Queryable,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from security_alerts where id in (
        select id from security_alerts where last_at < now() - make_interval(days => ${olderThanDays})
        order by last_at limit ${limit}) returning 1`),
  )
  return rows.length
}
