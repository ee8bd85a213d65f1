/** Takes a policy out of force. What it says stays on record. */
import { actorOf, type OrgCaller } from '@gatehouse/service-kit/http/caller'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../deps.ts'
import { permissions } from '../domain/platform.ts'
import { claimPolicyEnd, findPolicy } from '../store/policies.ts'
import { announcePolicyDeleted } from './announce.ts'
import { requirePermission } from './check-permissions.ts'
import { done, valueOf, type Outcome } from './refusal.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function deletePolicy(deps: Deps, caller: OrgCaller, policyId: string): Promise<void> {
  await requirePermission(deps, caller, permissions.writePolicies)
  const { orgId } = caller
  const outcome = await deps.spine.write({ orgId }, (tx) => end(tx, { caller, policyId }), { announce: 'await' })
  deps.knowledge.dropModel(orgId)
  valueOf(outcome)
}

async function end(tx: Tx, { caller, policyId }: { caller: OrgCaller; policyId: string }): Promise<Outcome<undefined>> {
  const { orgId } = caller
  if (!(await findPolicy(tx, { orgId, id: policyId }))) return { kind: 'not_found' }
  const row = await claimPolicyEnd(tx, policyId)
  if (!row) return { kind: 'not_found' }
  await announcePolicyDeleted(tx, { row, orgId, actor: actorOf(caller) })
  return done(undefined)
}
