/** Replaces what a policy says. What is refused leaves the version in force as it is. */
import type { Policy, PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { findPolicy } from '../../store/policies.ts'
import { savePolicy, supersedePolicy } from './change-policies.ts'

/** `isExpected` judges the version in force by the request's precondition. */
export type PolicyUpdate = { policyId: string; content: PolicyContent; isExpected(version: number): boolean }

/** @throws AppError `forbidden`, `not_found`, `invalid_policy`, `precondition_failed` */
export const updatePolicy = (deps: Deps, caller: OrgCaller, input: PolicyUpdate): Promise<Policy> =>
  savePolicy(deps, caller, async (tx, model) => {
    const known = await findPolicy(tx, { orgId: caller.orgId, id: input.policyId })
    if (!known) return { kind: 'not_found' }
    if (!input.isExpected(known.version)) return { kind: 'changed' }
    return supersedePolicy(tx, { model, known, source: { key: known.key, ...input.content }, caller })
  })
