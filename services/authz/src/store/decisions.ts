/** Recorded decisions: written in batches of many organizations, read page by page within one. */
import { and, desc, eq, gte, inArray, lt, or, sql } from 'drizzle-orm'
import type { Db, Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { RecordedDecision } from '../domain/recorded-decision.ts'
import { decisions, type DecisionRow } from './schema.ts'

export async function insertDecisions(db: Db, records: readonly RecordedDecision[]): Promise<void> {
  await db.insert(decisions).values([...records])
}

/** A permission: nothing but decisions about these can change with a policy. */
export type About = { readonly resourceType: string; readonly actions: readonly string[] }

export type DecisionsPage = { readonly about: readonly About[]; readonly since: Date | undefined; readonly until: Date | undefined; readonly after: Pick<DecisionRow, 'decidedAt' | 'id'> | undefined; readonly limit: number }

/** One page, newest first. */
export async function listDecisions(db: Queryable, orgId: string, { about, since, until, after, limit }: DecisionsPage): Promise<DecisionRow[]> {
  const concerned = or(...about.map(({ resourceType, actions }) => and(eq(decisions.resourceType, resourceType), inArray(decisions.action, [...actions]))))
  const window = [since && gte(decisions.decidedAt, since), until && lt(decisions.decidedAt, until)]
  const rest = after && sql`(${decisions.decidedAt}, ${decisions.id}) < (${after.decidedAt.toISOString()}::timestamptz, ${after.id}::uuid)`
  return db.select().from(decisions).where(and(eq(decisions.orgId, orgId), concerned, ...window, rest)).orderBy(desc(decisions.decidedAt), desc(decisions.id)).limit(limit)
}
