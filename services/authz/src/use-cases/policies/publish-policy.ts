/** Puts a draft in force, for whoever holds what it hands on. */
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { shareOf } from '../../domain/impact.ts'
import { permissions } from '../../domain/platform.ts'
import { claimPolicyDraft, findDraftSource, findWithDraft } from '../../store/policy-drafts.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { impactOf } from '../simulation/impact.ts'
import { savePolicy, supersedePolicy } from './change-policies.ts'
import type { DraftChange } from './put-policy-draft.ts'

/** `replaces`: the version in force that the publisher means to replace, although the draft is not based on it. */
export type Publication = DraftChange & {
  isImpactConfirmed: boolean
  replaces?: number | undefined
  signal?: AbortSignal | undefined
}

/**
 * A draft is published once: whoever takes it away puts it in force. What it would mean was counted before, of this
 * very version. A draft whose base is no longer in force is refused, unless the publisher names the version that it
 * undoes.
 * @throws AppError `forbidden`, `not_found`, `invalid_policy`, `precondition_failed`, `draft_outdated`,
 *   `impact_above_threshold`
 */
export async function publishPolicy(
  deps: Deps,
  caller: OrgCaller,
  { policyId, isExpected, isImpactConfirmed, replaces, signal }: Publication,
): Promise<Policy> {
  await requirePermission(deps, caller, permissions.writePolicies)
  const judged = isImpactConfirmed ? undefined : await judgeImpact(deps, caller.orgId, { policyId, signal })
  return savePolicy(deps, caller, async (tx, model) => {
    const found = await findWithDraft(tx, { orgId: caller.orgId, policyId })
    if (!found?.draft) return { kind: 'not_found' }
    const { policy: known, draft } = found
    if (!isExpected(draft.version) || (judged !== undefined && judged !== draft.version)) return { kind: 'changed' }
    const base = replaces ?? draft.baseVersion
    if (base !== known.version) return { kind: 'draft_outdated', base, inForce: known.version }
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

/**
 * The version of the draft that was judged; undefined when there is none. @throws AppError `invalid_policy`,
 * `impact_above_threshold`
 */
async function judgeImpact(
  deps: Deps,
  orgId: string,
  { policyId, signal }: Pick<Publication, 'policyId' | 'signal'>,
): Promise<number | undefined> {
  const draft = await inScope(deps.db, { orgId }, (tx) => findDraftSource(tx, { orgId, policyId }))
  if (!draft || deps.impactThreshold >= 1) return draft?.version
  const impact = await impactOf(deps, orgId, { source: draft.source, window: { most }, signal })
  if (impact.replayed < fewest || shareOf(impact) <= deps.impactThreshold) return draft.version
  const { replayed, flips } = impact
  throw problem('impact_above_threshold', {
    detail:
      `Of ${replayed} recorded decisions ${flips.allowed} would be allowed and ${flips.denied} denied that ` +
      `were not; confirm_impact=true publishes all the same.`,
  })
}
