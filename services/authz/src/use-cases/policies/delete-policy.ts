/** Takes a policy out of force, and its draft with it. What it said stays on record. */
import { actorOf, type OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { missingToChangePolicy } from '../../domain/delegable.ts'
import { policySource } from '../../domain/policy-model.ts'
import { claimPolicyDraft } from '../../store/policy-drafts.ts'
import { closePolicy, findPolicy } from '../../store/policies.ts'
import { announcePolicyDeleted } from '../../announce/policy.ts'
import { changePolicies } from './change-policies.ts'
import { done, notDelegable } from '../../model/refusal.ts'

export type PolicyDeletion = { policyId: string; isExpected(version: number): boolean }

/** @throws AppError `forbidden`, `not_found`, `precondition_failed` */
export const deletePolicy = (deps: Deps, caller: OrgCaller, { policyId, isExpected }: PolicyDeletion): Promise<void> =>
  changePolicies(deps, caller, async (tx, { delegable, catalog }) => {
    const { orgId } = caller
    const known = await findPolicy(tx, { orgId, id: policyId })
    if (!known) return { kind: 'not_found' }
    if (!isExpected(known.version)) return { kind: 'changed' }
    const missing = missingToChangePolicy(delegable, { catalog, before: policySource(known) })
    if (missing.length > 0) return notDelegable(missing)
    const row = await closePolicy(tx, { id: policyId, version: known.version })
    if (!row) return { kind: 'changed' }
    await claimPolicyDraft(tx, { policyId })
    await announcePolicyDeleted(tx, { row, orgId, actor: actorOf(caller) })
    return done(undefined)
  })
