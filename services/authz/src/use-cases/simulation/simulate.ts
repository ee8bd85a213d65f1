/** A policy that is not in force, tried on recorded decisions: a draft that was saved, or one that comes along. */
import type { PolicySource } from '@gatehouse/contracts/http/authz/policies'
import type { Simulation, SimulationRequest } from '@gatehouse/contracts/http/authz/simulation'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findDraftSource } from '../../store/policy-drafts.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { seesRecordedSubjects } from '../../access/decision-access.ts'
import { impactOf, windowOf } from './impact.ts'
import { simulationView } from '../../views/simulation.ts'

/** @throws AppError `forbidden`, `not_found`, `invalid_policy`, `validation_failed`, `evaluation_too_expensive` */
export async function simulate(
  deps: Deps,
  caller: OrgCaller,
  { request, signal }: { request: SimulationRequest; signal?: AbortSignal },
): Promise<Simulation> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const source = await sourceOf(deps, caller.orgId, request)
  const isExact = await seesRecordedSubjects(deps, caller)
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
