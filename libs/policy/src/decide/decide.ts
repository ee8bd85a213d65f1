/**
 * The decision: `(any allow: role or policy) && !(any deny)` in three-valued logic, granted only when exactly true.
 * So an allow that cannot be evaluated grants nothing, and a deny that cannot be evaluated denies.
 */
import { firstCommonBit, type Bitset } from '../compile/bitset.ts'
import type { AttributeValues } from '../compile/attributes.ts'
import { createBudget, isSpent, spend, stepsPerEvaluation, type Budget } from '../compile/budget.ts'
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

export const tooExpensive = refused({ code: 'evaluation_too_expensive' })

/**
 * Of decisions whose caller states no budget. A decision ends before another one begins, so one budget serves them all.
 */
const standardBudget = createBudget(stepsPerEvaluation)

function renewedBudget(): Budget {
  standardBudget.left = stepsPerEvaluation
  standardBudget.lists = undefined
  return standardBudget
}

/**
 * Decides. Pure and total: any request has an answer, and the answer has its reason. What it takes is counted on
 * `budget`; once that is spent the answer is `evaluation_too_expensive`, whatever was found before.
 */
export function decide(set: PolicySet, request: DecisionRequest, budget: Budget = renewedBudget()): Decision {
  const actions = set.types.get(request.resourceType)
  if (!actions) return unknownResourceType
  const rules = actions.get(request.action)
  if (!rules) return unknownAction
  if (!spend(budget, 1 + rules.allows.length + rules.denies.length)) return tooExpensive
  const role = firstCommonBit(rules.grantedBy, request.roles)
  const grant = role >= 0 ? (set.grantedByRole[role] ?? notGranted) : findGrant(rules, request, budget)
  const decision = grant.allowed ? (findDenial(rules, request, budget) ?? grant) : grant
  return isSpent(budget) ? tooExpensive : decision
}

/** By a policy; no role grants it. */
function findGrant(rules: Rules, request: DecisionRequest, budget: Budget): Decision {
  let unknown: CompiledPolicy | undefined
  let liftable: CompiledPolicy | undefined
  for (const policy of rules.allows) {
    const truth = applies(policy, request, budget)
    if (truth === true) return policy.applied
    if (truth === undefined) unknown ??= policy
    if (policy.obligation && (policy.obligation.type === 'access_request' || concerns(policy, request)))
      liftable ??= policy
  }
  if (!unknown) return liftable ? refused({ code: 'not_granted' }, liftable.obligation) : notGranted
  return refused(
    missing('not_granted_for_missing_attribute', unknown, { rules, request, budget }),
    liftable?.obligation,
  )
}

function findDenial(rules: Rules, request: DecisionRequest, budget: Budget): Decision | undefined {
  if (rules.denies.length === 0) return undefined
  const repairing = firstCommonBit(rules.repairRoles, request.roles) >= 0
  let unknown: CompiledPolicy | undefined
  for (const policy of rules.denies) {
    if (repairing && policy.scope === 'organization') continue
    const truth = applies(policy, request, budget)
    if (truth === true) return policy.applied
    if (truth === undefined) unknown ??= policy
  }
  return (
    unknown && refused(missing('denied_for_missing_attribute', unknown, { rules, request, budget }), unknown.obligation)
  )
}

/** No sign-in makes a policy apply that is for others: only asking for access does. */
const concerns = (policy: CompiledPolicy, request: DecisionRequest): boolean =>
  !policy.roles || firstCommonBit(policy.roles, request.roles) >= 0

function applies(policy: CompiledPolicy, request: DecisionRequest, budget: Budget): Truth {
  if (!concerns(policy, request)) return false
  return policy.condition ? policy.condition(request.values, budget) : true
}

function missing(
  code: 'denied_for_missing_attribute' | 'not_granted_for_missing_attribute',
  policy: CompiledPolicy,
  { rules, request, budget }: { readonly rules: Rules; readonly request: DecisionRequest; readonly budget: Budget },
): Reason {
  const repairing = firstCommonBit(rules.repairRoles, request.roles) >= 0
  const denies = rules.denies.filter((deny) => concerns(deny, request) && !(repairing && deny.scope === 'organization'))
  // Where nothing is granted yet, what the denies lack is lacking too: whoever states all that is named is not told of
  // something else then.
  const others =
    code === 'denied_for_missing_attribute'
      ? denies
      : [...rules.allows.filter((allow) => concerns(allow, request)), ...denies]
  return {
    code,
    policy: policy.key,
    scope: policy.scope,
    missing: missingAttributes(policy, { others, values: request.values, budget }),
  }
}
