/** One version of a policy. */
import type { PolicyVersion } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { findPolicyVersion } from '../../store/policies.ts'
import { policyVersionView } from '../../views/policy.ts'
import { readPolicies } from './read-policies.ts'

/** @throws AppError `forbidden`, `not_found` */
export async function getPolicyVersion(
  deps: Deps,
  caller: OrgCaller,
  { policyId, version }: { policyId: string; version: number },
): Promise<PolicyVersion> {
  const row = await readPolicies(deps, caller, (tx) =>
    findPolicyVersion(tx, { orgId: caller.orgId, id: policyId, version }),
  )
  if (!row) throw problem('not_found')
  return policyVersionView(row)
}
