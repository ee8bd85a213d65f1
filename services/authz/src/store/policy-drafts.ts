/** What policies will say next: one draft per policy, each save with a version that was never used before. */
import { and, eq, sql } from 'drizzle-orm'
import type { PolicyContent, PolicySource } from '@gatehouse/contracts/http/authz/policies'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { findPolicy } from './policies.ts'
import { deletePolicyShadow } from './policy-shadows.ts'
import { policyDrafts, type PolicyDraftRow, type PolicyRow } from './schema.ts'

async function findPolicyDraft(
  db: Queryable,
  o: { orgId: string; policyId: string },
): Promise<PolicyDraftRow | undefined> {
  const [row] = await db
    .select()
    .from(policyDrafts)
    .where(and(eq(policyDrafts.policyId, o.policyId), eq(policyDrafts.orgId, o.orgId)))
  return row
}

/** A policy of the organization with its draft, where there is one. */
export async function findWithDraft(
  db: Queryable,
  o: { orgId: string; policyId: string },
): Promise<{ policy: PolicyRow; draft: PolicyDraftRow | undefined } | undefined> {
  const policy = await findPolicy(db, { orgId: o.orgId, id: o.policyId })
  return policy && { policy, draft: await findPolicyDraft(db, o) }
}

/** The draft of a policy as people write one, with its version. */
export async function findDraftSource(
  db: Queryable,
  o: { orgId: string; policyId: string },
): Promise<{ source: PolicySource; version: number } | undefined> {
  const { policy, draft } = (await findWithDraft(db, o)) ?? {}
  return policy && draft && { source: { key: policy.key, ...draft.content }, version: draft.version }
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
