/** One policy of the organization as it is in force. */
import type { Policy } from '@gatehouse/contracts/http/authz/policies'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { permissions } from '../../domain/platform.ts'
import { findPolicy } from '../../store/policies.ts'
import { requirePermission } from '../../access/check-permissions.ts'
import { policyView } from '../../views/policy.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function getPolicy(deps: Deps, caller: OrgCaller, policyId: string): Promise<Policy> {
  await requirePermission(deps, caller, permissions.readPolicies)
  const { orgId } = caller
  const row = await inScope(deps.db, { orgId }, (tx) => findPolicy(tx, { orgId, id: policyId }))
  if (!row) throw problem('not_found')
  return policyView(row)
}
