/**
 * Writes what a policy would say next: checked like a policy, not in force. A draft remembers its base, the version in
 * force when it was begun, however often it is saved, so that publishing it cannot undo a newer version unseen.
 */
import type { PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import { inTurns } from '@gatehouse/service-kit/concurrency/turns'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { checkingPolicy } from '../../domain/policy-definition.ts'
import { rowContent } from '../../store/policies.ts'
import { findWithDraft, upsertPolicyDraft } from '../../store/policy-drafts.ts'
import { announceDraftSaved } from '../../announce/policy.ts'
import { done } from '../../model/refusal.ts'
import { policyDraftView } from '../../views/policy.ts'
import { changePolicies, warningsAbout } from './change-policies.ts'
import type { VersionedDraft } from './get-policy-draft.ts'

/** `isExpected` judges the version of the draft by the request's precondition. */
export type DraftChange = { policyId: string; isExpected(version: number): boolean }

/** `baseVersion`: the version in force that the content was made from; it gives a draft another base. */
export type DraftContent = { content: PolicyContent; baseVersion?: number | undefined }

/** @throws AppError `forbidden`, `not_found`, `invalid_policy`, `precondition_failed`, `draft_outdated` */
export async function putPolicyDraft(
  deps: Deps,
  caller: OrgCaller,
  { policyId, content, baseVersion, isExpected }: DraftChange & DraftContent,
): Promise<VersionedDraft> {
  const { orgId } = caller
  const { row, key, condition } = await changePolicies(deps, caller, async (tx, model) => {
    const found = await findWithDraft(tx, { orgId, policyId })
    if (!found) return { kind: 'not_found' }
    const { policy, draft } = found
    if (!isExpected(draft?.version ?? 0)) return { kind: 'changed' }
    if (baseVersion !== undefined && baseVersion !== policy.version)
      return { kind: 'draft_outdated', base: baseVersion, inForce: policy.version }
    const source = { key: policy.key, ...content }
    const checked = await inTurns(checkingPolicy(source, model), { work: 'check', key: orgId })
    if (!checked.ok) return { kind: 'invalid_policy', errors: checked.errors }
    const base = baseVersion ?? draft?.baseVersion ?? policy.version
    const row = await upsertPolicyDraft(tx, { orgId, policyId, content, baseVersion: base })
    await announceDraftSaved(tx, { row, key: policy.key, actor: actorOf(caller) })
    return done({ row, key: policy.key, condition: checked.condition })
  })
  const advice = await warningsAbout(deps, { key, orgId, ...rowContent({ key, ...content }, condition) })
  return { draft: { ...policyDraftView(row, { key }), ...advice }, version: row.version }
}
