/** Recorded decisions: written in batches of many organizations, read page by page within one. */
import { and, eq, gte, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db, Queryable } from '@gatehouse/service-kit/postgres/connect'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { RecordedDecision } from '../domain/recorded-decision.ts'
import { decisions } from './schema.ts'

/** As one parameter, since there may be very many. */
export async function insertDecisions(db: Db, records: readonly RecordedDecision[]): Promise<void> {
  const rows = records.map((record) => ({
    decided_at: record.decidedAt,
    org_id: uuidOf(record.orgId, 'org'),
    subject_type: record.subjectType,
    subject_id: record.subjectId,
    resource_type: record.resourceType,
    resource_id: record.resourceId,
    action: record.action,
    roles: record.roles,
    attributes: record.attributes,
    withheld: record.withheld,
    allowed: record.allowed,
    reason: record.reason,
  }))
  await db.execute(sql`insert into decisions (decided_at, org_id, subject_type, subject_id, resource_type,
    resource_id, action, roles, attributes, withheld, allowed, reason)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as record(decided_at timestamptz, org_id uuid,
      subject_type text, subject_id text, resource_type text, resource_id text,
      action text, roles text[], attributes jsonb, withheld text[], allowed boolean, reason jsonb)`)
}

/** Permissions: nothing but decisions about these can change with a policy. Without actions: all of the type. */
export type About = { readonly resourceType: string; readonly actions?: readonly string[] }

/** As it is read to be decided again: without a mapping of each column, since there may be very many. */
export type ReadDecision = RecordedDecision & { readonly id: string }

export type DecisionsPage = {
  /** Without one: of all. */ readonly orgId?: string | undefined
  readonly about: readonly About[]
  readonly since: Date | undefined
  readonly until: Date | undefined
  readonly after: Pick<ReadDecision, 'decidedAt' | 'id'> | undefined
  readonly limit: number
}

/** One page, newest first. */
export async function listDecisions(
  db: Queryable,
  { orgId, about, since, until, after, limit }: DecisionsPage,
): Promise<ReadDecision[]> {
  const concerned = or(
    ...about.map(({ resourceType, actions }) =>
      and(eq(decisions.resourceType, resourceType), actions && inArray(decisions.action, [...actions])),
    ),
  )
  const window = [since && gte(decisions.decidedAt, since), until && lt(decisions.decidedAt, until)]
  const rest =
    after &&
    sql`(${decisions.decidedAt}, ${decisions.id}) < (${after.decidedAt.toISOString()}::timestamptz, ${after.id}::uuid)`
  const rows = rowsOf<Record<string, unknown>>(
    await db.execute(sql`select id, decided_at, org_id, subject_type, subject_id, resource_type, resource_id, action,
      roles, attributes, withheld, allowed, reason
      from decisions
      where ${and(orgId === undefined ? undefined : eq(decisions.orgId, orgId), concerned, ...window, rest)}
      order by decided_at desc, id desc limit ${limit}`),
  )
  return rows.map((row) => ({
    id: row['id'] as string,
    decidedAt: new Date(row['decided_at'] as string),
    orgId: typeIdOf('org', row['org_id'] as string),
    subjectType: row['subject_type'] as string,
    subjectId: row['subject_id'] as string,
    resourceType: row['resource_type'] as string,
    resourceId: row['resource_id'] as string,
    action: row['action'] as string,
    roles: row['roles'] as string[],
    attributes: row['attributes'] as RecordedDecision['attributes'],
    withheld: row['withheld'] as string[],
    allowed: row['allowed'] as boolean,
    reason: row['reason'] as RecordedDecision['reason'],
  }))
}
