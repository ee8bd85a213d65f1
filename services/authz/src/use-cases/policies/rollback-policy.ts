/** Puts an earlier version of a policy in force again, as the next one. */
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { findPolicy, findPolicyVersion } from '../../store/policies.ts'
import { policyContent } from '../../views/policy.ts'
import { savePolicy, supersedePolicy } from './change-policies.ts'

/**
 * `isExpected` judges the version in force. @throws AppError `forbidden`, `not_found`, `invalid_policy`,
 * `precondition_failed`
 */
export const rollbackPolicy = (
  deps: Deps,
  caller: OrgCaller,
  input: { policyId: string; version: number; isExpected(version: number): boolean },
): Promise<Policy> =>
  savePolicy(deps, caller, async (tx, model) => {
    const about = { orgId: caller.orgId, id: input.policyId }
    const known = await findPolicy(tx, about)
    const earlier = await findPolicyVersion(tx, { ...about, version: input.version })
    if (!known || !earlier) return { kind: 'not_found' }
    if (!input.isExpected(known.version)) return { kind: 'changed' }
    return supersedePolicy(tx, { model, known, source: { key: known.key, ...policyContent(earlier) }, caller })
  })
