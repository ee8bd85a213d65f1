/** What a policy will say next: written, read, thrown away, published. One draft per policy; whoever publishes holds what it hands on. */
import type { Policy, PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import type { PolicyDraft } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { shareOf } from '../../domain/impact.ts'
import { permissions } from '../../domain/platform.ts'
import { checkPolicyDefinition } from '../../domain/policy-definition.ts'
import { claimPolicyDraft, findPolicyDraft, upsertPolicyDraft } from '../../store/policy-drafts.ts'
import { findPolicy } from '../../store/policies.ts'
import type { PolicyDraftRow, PolicyRow } from '../../store/schema.ts'
import { announceDraftDeleted, announceDraftSaved } from '../announce/policy.ts'
import { changePolicies, rowContent, supersedePolicy, warningsAbout } from './change-policies.ts'
import { requirePermission } from '../decisions/check-permissions.ts'
import { impactOf } from '../simulation/impact.ts'
import { done } from '../refusal.ts'
import { findDraftSource } from '../simulation/simulate.ts'
import { policyDraftView } from '../views.ts'

export type VersionedDraft = { draft: PolicyDraft; version: number }
/** `isExpected` judges the version of the draft by the request's precondition. */
export type DraftChange = { policyId: string; isExpected(version: number): boolean }

type WithDraft = { policy: PolicyRow; draft: PolicyDraftRow | undefined }

async function find(tx: Tx, o: { orgId: string; policyId: string }): Promise<WithDraft | undefined> {
  const policy = await findPolicy(tx, { orgId: o.orgId, id: o.policyId })
  return policy && { policy, draft: await findPolicyDraft(tx, o) }
}

/** @throws AppError `forbidden`, `not_found` */
export async function getPolicyDraft(deps: Deps, caller: OrgCaller, policyId: string): Promise<VersionedDraft> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const { orgId } = caller
  const found = await inScope(deps.db, { orgId }, (tx) => find(tx, { orgId, policyId }))
  if (!found?.draft) throw problem('not_found')
  return { draft: policyDraftView(found.draft, found.policy), version: found.draft.version }
}

/** @throws AppError `forbidden`, `not_found`, `invalid_policy`, `precondition_failed` */
export const putPolicyDraft = (
  deps: Deps,
  caller: OrgCaller,
  { policyId, content, isExpected }: DraftChange & { content: PolicyContent },
): Promise<VersionedDraft> =>
  changePolicies(deps, caller, async (tx, model) => {
    const { orgId } = caller
    const found = await find(tx, { orgId, policyId })
    if (!found) return { kind: 'not_found' }
    const { key } = found.policy
    if (!isExpected(found.draft?.version ?? 0)) return { kind: 'changed' }
    const source = { key, ...content }
    const checked = checkPolicyDefinition(source, model)
    if (!checked.ok) return { kind: 'invalid_policy', errors: checked.errors }
    const row = await upsertPolicyDraft(tx, { orgId, policyId, content })
    await announceDraftSaved(tx, { row, key, actor: actorOf(caller) })
    const warnings = await warningsAbout(tx, { model, orgId, key, content: rowContent(source, checked.condition) })
    return done({ draft: { ...policyDraftView(row, { key }), warnings }, version: row.version })
  })

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const deletePolicyDraft = (
  deps: Deps,
  caller: OrgCaller,
  { policyId, isExpected }: DraftChange,
): Promise<void> =>
  changePolicies(deps, caller, async (tx) => {
    const found = await find(tx, { orgId: caller.orgId, policyId })
    if (!found?.draft) return { kind: 'not_found' }
    if (!isExpected(found.draft.version)) return { kind: 'changed' }
    const row = await claimPolicyDraft(tx, { policyId, version: found.draft.version })
    if (!row) return { kind: 'changed' }
    await announceDraftDeleted(tx, { row, key: found.policy.key, actor: actorOf(caller) })
    return done(undefined)
  })

/**
 * A draft is published once: whoever takes it away puts it in force. What it would mean was counted before, of this very version.
 * @throws AppError `forbidden`, `not_found`, `invalid_policy`, `precondition_failed`, `impact_above_threshold`
 */
export async function publishPolicy(
  deps: Deps,
  caller: OrgCaller,
  { policyId, isExpected, isImpactConfirmed }: DraftChange & { isImpactConfirmed: boolean },
): Promise<Policy> {
  await requirePermission(deps, caller, permissions.writePolicies)
  const judged = isImpactConfirmed ? undefined : await judgeImpact(deps, caller.orgId, policyId)
  return changePolicies(deps, caller, async (tx, model) => {
    const found = await find(tx, { orgId: caller.orgId, policyId })
    if (!found?.draft) return { kind: 'not_found' }
    const { policy: known, draft } = found
    if (!isExpected(draft.version) || (judged !== undefined && judged !== draft.version)) return { kind: 'changed' }
    const outcome = await supersedePolicy(tx, { model, known, source: { key: known.key, ...draft.content }, caller })
    // What is refused stays a draft, to be mended.
    if (outcome.kind === 'done' && !(await claimPolicyDraft(tx, { policyId, version: draft.version })))
      throw new Error('a draft changed under the lock of its model')
    return outcome
  })
}

/** Fewer recorded decisions prove nothing. */
const fewest = 20
/** The newest so many are looked at. */
const most = 10_000

/** The version of the draft that was judged; undefined when there is none. @throws AppError `invalid_policy`, `impact_above_threshold` */
async function judgeImpact(deps: Deps, orgId: string, policyId: string): Promise<number | undefined> {
  const draft = await inScope(deps.db, { orgId }, (tx) => findDraftSource(tx, { orgId, policyId }))
  if (!draft || deps.impactThreshold >= 1) return draft?.version
  const impact = await impactOf(deps, orgId, { source: draft.source, window: { most } })
  if (impact.replayed < fewest || shareOf(impact) <= deps.impactThreshold) return draft.version
  const { replayed, flips } = impact
  throw problem('impact_above_threshold', {
    detail: `Of ${replayed} recorded decisions ${flips.allowed} would be allowed and ${flips.denied} denied that were not; confirm_impact=true publishes all the same.`,
  })
}
