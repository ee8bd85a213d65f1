/** What is odd about a policy although it is valid: advice for its maker, told with the save and never a reason to refuse it. */
import type { PolicyWarning } from '@gatehouse/contracts/http/authz/policies'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import { lintCondition } from '@gatehouse/policy/lint/lint-condition'
import { lintPolicies } from '@gatehouse/policy/lint/lint-policies'
import { resourceTypeSources, type Catalog } from './catalog.ts'
import { policySource, type PolicyRecord } from './policy-model.ts'

/** @param o.others - every policy it stands beside */
export function policyWarnings(
  policy: PolicyRecord,
  o: { catalog: Catalog; roles: ReadonlyMap<string, RoleSource>; others: readonly PolicyRecord[] },
): PolicyWarning[] {
  const policies = [
    ...o.others.filter((other) => other.orgId !== policy.orgId || other.key !== policy.key),
    policy,
  ].map(policySource)
  const beside = lintPolicies({ resourceTypes: resourceTypeSources(o.catalog), roles: [...o.roles.values()], policies })
  const ofPolicy = beside
    .filter((finding) => finding.policy === policy.key)
    .map(({ code, by, message }) => ({ code, message, ...(by === undefined ? {} : { by }) }))
  return [...(policy.condition === null ? [] : lintCondition(policy.condition)), ...ofPolicy]
}
