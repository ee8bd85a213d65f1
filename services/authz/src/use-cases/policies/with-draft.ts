/** A policy of the organization with its draft, as the use cases of drafts read it. */
import type { PolicyDraft } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { findPolicyDraft } from '../../store/policy-drafts.ts'
import { findPolicy } from '../../store/policies.ts'
import type { PolicyDraftRow, PolicyRow } from '../../store/schema.ts'

export type VersionedDraft = { draft: PolicyDraft; version: number }
/** `isExpected` judges the version of the draft by the request's precondition. */
export type DraftChange = { policyId: string; isExpected(version: number): boolean }

export async function findWithDraft(
  tx: Tx,
  o: { orgId: string; policyId: string },
): Promise<{ policy: PolicyRow; draft: PolicyDraftRow | undefined } | undefined> {
  const policy = await findPolicy(tx, { orgId: o.orgId, id: o.policyId })
  return policy && { policy, draft: await findPolicyDraft(tx, o) }
}
