/** A policy that is not in force, tried on recorded decisions: a draft that was saved, or one that comes along. */
import type { PolicySource } from '@gatehouse/contracts/http/authz/policies'
import type { Simulation, SimulationRequest } from '@gatehouse/contracts/http/authz/simulation'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findPolicyDraft } from '../../store/policy-drafts.ts'
import { findPolicy } from '../../store/policies.ts'
import { isPermitted, requirePermission } from '../decisions/check-permissions.ts'
import { impactOf, windowOf } from './impact.ts'
import { simulationView } from '../views.ts'

/** @throws AppError `forbidden`, `not_found`, `invalid_policy`, `validation_failed`, `evaluation_too_expensive` */
export async function simulate(
  deps: Deps,
  caller: OrgCaller,
  { request, signal }: { request: SimulationRequest; signal?: AbortSignal },
): Promise<Simulation> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const source = await sourceOf(deps, caller.orgId, request)
  const isExact = await isPermitted(deps, caller, permissions.readDecisions)
  const impact = await impactOf(deps, caller.orgId, { source, window: windowOf(request), signal })
  return simulationView(source.key, impact, { isExact })
}

async function sourceOf(
  { db }: Deps,
  orgId: string,
  { policy_id: policyId, policy }: SimulationRequest,
): Promise<PolicySource> {
  if ((policyId === undefined) === (policy === undefined))
    throw problem('validation_failed', {
      errors: [{ path: '/policy_id', message: 'or policy: one of them, and not both' }],
    })
  if (policy !== undefined) return policy
  const draft = await inScope(db, { orgId }, (tx) => findDraftSource(tx, { orgId, policyId: policyId as string }))
  if (draft === undefined) throw problem('not_found')
  return draft.source
}

/** The draft of a policy as people write one, with its version. */
export async function findDraftSource(
  tx: Parameters<typeof findPolicy>[0],
  o: { orgId: string; policyId: string },
): Promise<{ source: PolicySource; version: number } | undefined> {
  const [policy, draft] = [await findPolicy(tx, { orgId: o.orgId, id: o.policyId }), await findPolicyDraft(tx, o)]
  return policy && draft && { source: { key: policy.key, ...draft.content }, version: draft.version }
}
