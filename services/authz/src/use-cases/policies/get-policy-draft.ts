/** What a policy would say next. */
import type { PolicyDraft } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findWithDraft } from '../../store/policy-drafts.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { policyDraftView } from '../../views/policy.ts'

export type VersionedDraft = { draft: PolicyDraft; version: number }

/** @throws AppError `forbidden`, `not_found` */
export async function getPolicyDraft(deps: Deps, caller: OrgCaller, policyId: string): Promise<VersionedDraft> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const { orgId } = caller
  const found = await inScope(deps.db, { orgId }, (tx) => findWithDraft(tx, { orgId, policyId }))
  if (!found?.draft) throw problem('not_found')
  return { draft: policyDraftView(found.draft, found.policy), version: found.draft.version }
}
