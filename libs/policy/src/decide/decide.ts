/**
 * The decision: `(any allow: role or policy) && !(any deny)` in three-valued logic, granted only when exactly true.
 * So an allow that cannot be evaluated grants nothing, and a deny that cannot be evaluated denies.
 */
import { firstCommonBit, type Bitset } from '../compile/bitset.ts'
import type { AttributeValues } from '../compile/attributes.ts'
import type { CompiledPolicy, Obligation, PolicySet, Rules } from '../compile/policy-set.ts'
import type { Scope } from '../compile/roles.ts'
import type { Truth } from '../compile/truth.ts'
import { missingAttributes } from './missing-attributes.ts'

export type DecisionRequest = {
  readonly resourceType: string
  readonly action: string
  /** Made by `roleSetOf` for the same set. */
  readonly roles: Bitset
  readonly values: AttributeValues
}

/** Why. `missing` names the attributes without which a policy could not be evaluated, as `source.name`. */
export type Reason =
  | { readonly code: 'granted_by_role'; readonly role: string }
  | { readonly code: 'granted_by_policy'; readonly policy: string; readonly scope: Scope }
  | { readonly code: 'denied_by_policy'; readonly policy: string; readonly scope: Scope }
  | { readonly code: 'denied_for_missing_attribute' | 'not_granted_for_missing_attribute'; readonly policy: string; readonly scope: Scope; readonly missing: readonly string[] }
  | { readonly code: 'not_granted' | 'unknown_resource_type' | 'unknown_action' }

/** `obligation`: what would lift a refusal, where the policy it turned on says so. It is no promise: other policies may refuse then. */
export type Decision = { readonly allowed: boolean; readonly reason: Reason; readonly obligation?: Obligation }

/** Decides. Pure and total: any request has an answer, and the answer has its reason. */
export function decide(set: PolicySet, request: DecisionRequest): Decision {
  const actions = set.types.get(request.resourceType)
  if (!actions) return refused({ code: 'unknown_resource_type' })
  const rules = actions.get(request.action)
  if (!rules) return refused({ code: 'unknown_action' })
  const grant = findGrant({ set, rules, request })
  if (!grant.allowed) return grant
  return findDenial(rules, request) ?? grant
}

const refused = (reason: Reason, obligation?: Obligation): Decision => (obligation ? { allowed: false, reason, obligation } : { allowed: false, reason })

function findGrant({ set, rules, request }: { set: PolicySet; rules: Rules; request: DecisionRequest }): Decision {
  const role = firstCommonBit(rules.grantedBy, request.roles)
  if (role >= 0) return { allowed: true, reason: { code: 'granted_by_role', role: set.roleKeys[role] ?? '' } }
  let unknown: CompiledPolicy | undefined
  let liftable: CompiledPolicy | undefined
  for (const policy of rules.allows) {
    const truth = applies(policy, request)
    if (truth === true) return { allowed: true, reason: { code: 'granted_by_policy', policy: policy.key, scope: policy.scope } }
    if (truth === undefined) unknown ??= policy
    if (policy.obligation && (policy.obligation.type === 'access_request' || concerns(policy, request))) liftable ??= policy
  }
  return refused(unknown ? missing('not_granted_for_missing_attribute', { policy: unknown, request }) : { code: 'not_granted' }, liftable?.obligation)
}

function findDenial(rules: Rules, request: DecisionRequest): Decision | undefined {
  if (rules.denies.length === 0) return undefined
  const repairing = firstCommonBit(rules.repairRoles, request.roles) >= 0
  let unknown: CompiledPolicy | undefined
  for (const policy of rules.denies) {
    if (repairing && policy.scope === 'organization') continue
    const truth = applies(policy, request)
    if (truth === true) return refused({ code: 'denied_by_policy', policy: policy.key, scope: policy.scope }, policy.obligation)
    if (truth === undefined) unknown ??= policy
  }
  return unknown && refused(missing('denied_for_missing_attribute', { policy: unknown, request }), unknown.obligation)
}

/** No sign-in makes a policy apply that is for others: only asking for access does. */
const concerns = (policy: CompiledPolicy, request: DecisionRequest): boolean => !policy.roles || firstCommonBit(policy.roles, request.roles) >= 0

function applies(policy: CompiledPolicy, request: DecisionRequest): Truth {
  if (!concerns(policy, request)) return false
  return policy.condition ? policy.condition(request.values) : true
}

function missing(code: 'denied_for_missing_attribute' | 'not_granted_for_missing_attribute', { policy, request }: { policy: CompiledPolicy; request: DecisionRequest }): Reason {
  return { code, policy: policy.key, scope: policy.scope, missing: policy.when ? missingAttributes(policy.when, request.values) : [] }
}
