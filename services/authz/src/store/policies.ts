/** Policies over time, in the way of roles. */
import { and, asc, eq, gt, isNull, notInArray, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { policies, type ContentOf, type PolicyRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'

const current = isNull(policies.validTo)

/** Policies a decision in this organization can meet; without one: the platform's. Now, or as of `at`. */
export async function listPoliciesInReach(db: Queryable, orgId: string | undefined, at?: Date): Promise<PolicyRow[]> {
  const reach = orgId === undefined ? isNull(policies.orgId) : sql`(${isNull(policies.orgId)} or ${eq(policies.orgId, orgId)})`
  return db.select().from(policies).where(and(validAt(policies, at), reach)).orderBy(sql`${policies.orgId} is not null`, asc(policies.key))
}

/** One page of the organization's own, by key. */
export async function listPoliciesPage(db: Queryable, o: { orgId: string; limit: number; afterKey?: string }): Promise<PolicyRow[]> {
  const rest = o.afterKey === undefined ? undefined : gt(policies.key, o.afterKey)
  return db.select().from(policies).where(and(current, eq(policies.orgId, o.orgId), rest)).orderBy(asc(policies.key)).limit(o.limit)
}

/** The current version of an organization's own policy. */
export async function findPolicy(db: Queryable, o: { orgId: string; id: string }): Promise<PolicyRow | undefined> {
  const [row] = await db.select().from(policies).where(and(eq(policies.id, o.id), eq(policies.orgId, o.orgId), current))
  return row
}

/** Inserts a version; undefined when the key is taken in its organization. */
export async function insertPolicy(db: Queryable, row: Omit<ContentOf<PolicyRow>, 'createdAt'> & { createdAt?: Date; validFrom?: string }): Promise<PolicyRow | undefined> {
  const [inserted] = await db.insert(policies).values(row).onConflictDoNothing().returning()
  return inserted
}

/** Ends the current version: the winner's row, or undefined. */
export async function claimPolicyEnd(db: Queryable, id: string): Promise<PolicyRow | undefined> {
  const [row] = await db.update(policies).set({ validTo: endingNow(policies.validFrom) }).where(and(eq(policies.id, id), current)).returning()
  return row
}

/** Ends every current policy of the application but those with `keys`. */
export async function claimApplicationPolicyEnds(db: Queryable, o: { application: string; except: readonly string[] }): Promise<PolicyRow[]> {
  const others = o.except.length === 0 ? undefined : notInArray(policies.key, [...o.except])
  return db.update(policies).set({ validTo: endingNow(policies.validFrom) }).where(and(eq(policies.application, o.application), current, others)).returning()
}
