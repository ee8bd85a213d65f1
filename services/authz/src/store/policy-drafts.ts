/** What policies will say next: one draft per policy, each save with a version that was never used before. */
import { and, eq, sql } from 'drizzle-orm'
import type { PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { deletePolicyShadow } from './policy-shadows.ts'
import { policyDrafts, type PolicyDraftRow } from './schema.ts'

export async function findPolicyDraft(
  db: Queryable,
  o: { orgId: string; policyId: string },
): Promise<PolicyDraftRow | undefined> {
  const [row] = await db
    .select()
    .from(policyDrafts)
    .where(and(eq(policyDrafts.policyId, o.policyId), eq(policyDrafts.orgId, o.orgId)))
  return row
}

export async function upsertPolicyDraft(
  db: Queryable,
  o: { orgId: string; policyId: string; content: PolicyContent; baseVersion: number },
): Promise<PolicyDraftRow> {
  const again = {
    content: o.content,
    baseVersion: o.baseVersion,
    version: sql`nextval('policy_draft_versions')`,
    savedAt: sql`clock_timestamp()`,
  }
  const [row] = await db
    .insert(policyDrafts)
    .values(o)
    .onConflictDoUpdate({ target: policyDrafts.policyId, set: again })
    .returning()
  return row as PolicyDraftRow
}

/** Takes the draft away, in this version or in any, and its shadow with it: the winner's row, or undefined. */
export async function claimPolicyDraft(
  db: Queryable,
  o: { policyId: string; version?: number },
): Promise<PolicyDraftRow | undefined> {
  const only = o.version === undefined ? undefined : eq(policyDrafts.version, o.version)
  const [row] = await db
    .delete(policyDrafts)
    .where(and(eq(policyDrafts.policyId, o.policyId), only))
    .returning()
  if (row) await deletePolicyShadow(db, o.policyId)
  return row
}
