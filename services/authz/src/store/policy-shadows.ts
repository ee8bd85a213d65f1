/** Drafts that shadow the policies in force. */
import { and, eq, gt, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { policies, policyDrafts, policyShadows, type PolicyShadowRow } from './schema.ts'
import { validAt } from './validity.ts'

const isOn = gt(policyShadows.endsAt, sql`clock_timestamp()`)

export async function findPolicyShadow(
  db: Queryable,
  o: { orgId: string; policyId: string },
): Promise<PolicyShadowRow | undefined> {
  const [row] = await db
    .select()
    .from(policyShadows)
    .where(and(eq(policyShadows.policyId, o.policyId), eq(policyShadows.orgId, o.orgId), isOn))
  return row
}

/** Begins one, or begins it again. */
export async function upsertPolicyShadow(
  db: Queryable,
  o: { orgId: string; policyId: string },
): Promise<PolicyShadowRow> {
  const again = { startedAt: sql`excluded.started_at`, endsAt: sql`excluded.ends_at` }
  const [row] = await db
    .insert(policyShadows)
    .values(o)
    .onConflictDoUpdate({ target: policyShadows.policyId, set: again })
    .returning()
  return row as PolicyShadowRow
}

/** Whether there was one. */
export async function deletePolicyShadow(db: Queryable, policyId: string): Promise<boolean> {
  return (await db.delete(policyShadows).where(eq(policyShadows.policyId, policyId)).returning()).length > 0
}

/** Orders what happens to shadows; never used before, like the versions of drafts. */
export async function nextShadowVersion(db: Queryable): Promise<number> {
  const [row] = rowsOf<{ version: string }>(await db.execute(sql`select nextval('policy_draft_versions') as version`))
  return Number(row?.version)
}

/** Permissions, as `type:action`, that a shadowing draft or the policy it shadows is about. */
export async function listShadowedPermissions(db: Queryable, orgId: string): Promise<Set<string>> {
  const rows = await db
    .select({ content: policyDrafts.content, resourceType: policies.resourceType, actions: policies.actions })
    .from(policyShadows)
    .innerJoin(policyDrafts, eq(policyDrafts.policyId, policyShadows.policyId))
    .innerJoin(policies, and(eq(policies.id, policyShadows.policyId), validAt(policies, undefined)))
    .where(and(eq(policyShadows.orgId, orgId), isOn))
  return new Set(
    rows.flatMap(({ content, resourceType, actions }) => [
      ...content.actions.map((action) => `${content.resource_type}:${action}`),
      ...actions.map((action) => `${resourceType}:${action}`),
    ]),
  )
}
