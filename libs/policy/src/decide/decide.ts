/**
 * The decision: `(any allow: role or policy) && !(any deny)` in three-valued logic, granted only when exactly true.
 * So an allow that cannot be evaluated grants nothing, and a deny that cannot be evaluated denies.
 */
import { firstCommonBit, type Bitset } from '../compile/bitset.ts'
import type { AttributeValues } from '../compile/attributes.ts'
import { refused, type Decision, type Reason } from '../compile/decision.ts'
import type { CompiledPolicy, PolicySet, Rules } from '../compile/policy-set.ts'
import type { Truth } from '../compile/truth.ts'
import { missingAttributes } from './missing-attributes.ts'

export type DecisionRequest = {
  readonly resourceType: string
  readonly action: string
  /** Made by `roleSetOf` for the same set. */
  readonly roles: Bitset
  readonly values: AttributeValues
}

const unknownResourceType = refused({ code: 'unknown_resource_type' })
const unknownAction = refused({ code: 'unknown_action' })
const notGranted = refused({ code: 'not_granted' })

/** Decides. Pure and total: any request has an answer, and the answer has its reason. */
export function decide(set: PolicySet, request: DecisionRequest): Decision {
  const actions = set.types.get(request.resourceType)
  if (!actions) return unknownResourceType
  const rules = actions.get(request.action)
  if (!rules) return unknownAction
  const role = firstCommonBit(rules.grantedBy, request.roles)
  const grant = role >= 0 ? (set.grantedByRole[role] ?? notGranted) : findGrant(rules, request)
  if (!grant.allowed) return grant
  return findDenial(rules, request) ?? grant
}

/** By a policy; no role grants it. */
function findGrant(rules: Rules, request: DecisionRequest): Decision {
  let unknown: CompiledPolicy | undefined
  let liftable: CompiledPolicy | undefined
  for (const policy of rules.allows) {
    const truth = applies(policy, request)
    if (truth === true) return policy.applied
    if (truth === undefined) unknown ??= policy
    if (policy.obligation && (policy.obligation.type === 'access_request' || concerns(policy, request)))
      liftable ??= policy
  }
  if (!unknown) return liftable ? refused({ code: 'not_granted' }, liftable.obligation) : notGranted
  return refused(missing('not_granted_for_missing_attribute', { policy: unknown, request }), liftable?.obligation)
}

function findDenial(rules: Rules, request: DecisionRequest): Decision | undefined {
  if (rules.denies.length === 0) return undefined
  const repairing = firstCommonBit(rules.repairRoles, request.roles) >= 0
  let unknown: CompiledPolicy | undefined
  for (const policy of rules.denies) {
    if (repairing && policy.scope === 'organization') continue
    const truth = applies(policy, request)
    if (truth === true) return policy.applied
    if (truth === undefined) unknown ??= policy
  }
  return unknown && refused(missing('denied_for_missing_attribute', { policy: unknown, request }), unknown.obligation)
}

/** No sign-in makes a policy apply that is for others: only asking for access does. */
const concerns = (policy: CompiledPolicy, request: DecisionRequest): boolean =>
  !policy.roles || firstCommonBit(policy.roles, request.roles) >= 0

function applies(policy: CompiledPolicy, request: DecisionRequest): Truth {
  if (!concerns(policy, request)) return false
  return policy.condition ? policy.condition(request.values) : true
}

function missing(
  code: 'denied_for_missing_attribute' | 'not_granted_for_missing_attribute',
  { policy, request }: { policy: CompiledPolicy; request: DecisionRequest },
): Reason {
  return {
    code,
    policy: policy.key,
    scope: policy.scope,
    missing: policy.when ? missingAttributes(policy.when, request.values) : [],
  }
}
