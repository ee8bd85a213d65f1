/** What changed between two versions of a policy. */
import type { Change } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../../deps.ts'
import { changesBetween } from '../../domain/changes.ts'
import { findPolicyVersion, listPolicyVersions } from '../../store/policies.ts'
import { policyContent } from '../../views/policy.ts'
import { readPolicies } from './read-policies.ts'

/** Without `to` up to the newest, without `from` since the one before. @throws AppError `forbidden`, `not_found` */
export async function diffPolicyVersions(
  deps: Deps,
  caller: OrgCaller,
  o: { policyId: string; from?: number | undefined; to?: number | undefined },
): Promise<{ from: number; to: number; changes: Change[] }> {
  const about = { orgId: caller.orgId, id: o.policyId }
  const [before, after] = await readPolicies(deps, caller, async (tx) => {
    const newer =
      o.to === undefined
        ? (await listPolicyVersions(tx, { ...about, limit: 1 }))[0]
        : await findPolicyVersion(tx, { ...about, version: o.to })
    return [newer && (await findPolicyVersion(tx, { ...about, version: o.from ?? newer.version - 1 })), newer]
  })
  if (!before || !after) throw problem('not_found')
  return {
    from: before.version,
    to: after.version,
    changes: changesBetween(policyContent(before), policyContent(after)),
  }
}
