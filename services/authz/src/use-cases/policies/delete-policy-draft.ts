/** Throws a draft away. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { claimPolicyDraft, findWithDraft } from '../../store/policy-drafts.ts'
import { announceDraftDeleted } from '../../announce/policy.ts'
import { done } from '../../model/refusal.ts'
import { changePolicies } from './change-policies.ts'
import type { DraftChange } from './put-policy-draft.ts'

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const deletePolicyDraft = (
  deps: Deps,
  caller: OrgCaller,
  { policyId, isExpected }: DraftChange,
): Promise<void> =>
  changePolicies(deps, caller, async (tx) => {
    const found = await findWithDraft(tx, { orgId: caller.orgId, policyId })
    if (!found?.draft) return { kind: 'not_found' }
    if (!isExpected(found.draft.version)) return { kind: 'changed' }
    const row = await claimPolicyDraft(tx, { policyId, version: found.draft.version })
    if (!row) return { kind: 'changed' }
    await announceDraftDeleted(tx, { row, key: found.policy.key, actor: actorOf(caller) })
    return done(undefined)
  })
