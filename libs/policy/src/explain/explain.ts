/**
 * Why a decision came out as it did: which roles could grant it, and each policy about it with the value of every part
 * of its condition.
 */
import { hasBit, firstCommonBit } from '../compile/bitset.ts'
import type { CompiledPolicy, PolicySet, Rules } from '../compile/policy-set.ts'
import type { Scope } from '../compile/roles.ts'
import { createBudget, isSpent, type Budget } from '../compile/budget.ts'
import type { Decision } from '../compile/decision.ts'
import { finish, meterOf, type Work } from '../compile/work.ts'
import { decide, tooExpensive, type DecisionRequest } from '../decide/decide.ts'
import {
  createRedaction,
  explainNode,
  type ExplainedNode,
  type MayKnow,
  type Redaction,
  type Told,
} from './explain-node.ts'

/**
 * `applies` is null when it is unknown, and absent when it is redacted: its condition reads what the asker may not
 * know, and the decision did not turn on it. `skipped`: it is for other roles, or the holder of a repair role is not
 * stopped by it. `condition` is left out once so many parts were told that nobody reads on, but for the policy that the
 * decision turned on.
 */
export type ExplainedPolicy = {
  readonly policy: string
  readonly scope: Scope
  readonly effect: 'allow' | 'deny'
  readonly applies?: boolean | null
  readonly skipped?: 'other_roles' | 'repair_role'
  readonly condition?: ExplainedNode
}

export type Explanation = {
  readonly decision: Decision
  /** Roles that grant the action by themselves, and whether they are held. */
  readonly roles: readonly { readonly role: string; readonly held: boolean }[]
  readonly policies: readonly ExplainedPolicy[]
}

/**
 * Steps one explanation may take: every part of a condition is evaluated on its own, so it takes several times what a
 * decision takes.
 */
const stepsPerExplanation = 2_000_000

/** Parts that are told of all conditions together; the condition at which it is reached is told whole. */
export const mostParts = 10_000

/**
 * Explains what `decide` answers to the same request. Everything may be known unless `mayKnow` says otherwise. When the
 * budget is spent, the decision is `evaluation_too_expensive` and explained by nothing.
 */
export const explain = (set: PolicySet, request: DecisionRequest, o: ExplainOptions = {}): Explanation =>
  finish(explaining(set, request, o))

export type ExplainOptions = { readonly mayKnow?: MayKnow; readonly budget?: Budget }

/** `explain` in parts: one for each policy. */
export function* explaining(set: PolicySet, request: DecisionRequest, o: ExplainOptions = {}): Work<Explanation> {
  const { budget = createBudget(stepsPerExplanation) } = o
  const meter = meterOf(budget)
  const decision = redact(decide(set, request, budget), o.mayKnow)
  yield meter()
  const rules = set.types.get(request.resourceType)?.get(request.action)
  if (!rules) return { decision, roles: [], policies: [] }
  const roles = set.roleKeys.flatMap((role, number) =>
    hasBit(rules.grantedBy, number) ? [{ role, held: hasBit(request.roles, number) }] : [],
  )
  const context: Explaining = {
    request,
    decision,
    redaction: createRedaction(o.mayKnow ?? (() => true), budget),
    budget,
    told: { parts: 0 },
    isRepairing: firstCommonBit(rules.repairRoles, request.roles) >= 0,
  }
  const policies: ExplainedPolicy[] = []
  for (const { policy, effect } of policiesOf(rules)) {
    policies.push(explainPolicy(policy, { effect, explaining: context }))
    yield meter()
    if (isSpent(budget)) return { decision: tooExpensive, roles: [], policies: [] }
  }
  return { decision, roles, policies }
}

type Explaining = {
  readonly request: DecisionRequest
  readonly decision: Decision
  readonly redaction: Redaction
  readonly budget: Budget
  readonly told: Told
  readonly isRepairing: boolean
}

/** The names of missing attributes are told in the reason as well. */
function redact(decision: Decision, mayKnow: MayKnow | undefined): Decision {
  const { reason } = decision
  if (!mayKnow || !('missing' in reason)) return decision
  return { ...decision, reason: { ...reason, missing: reason.missing.filter((name) => mayKnow(attributeNamed(name))) } }
}

function attributeNamed(name: string): Parameters<MayKnow>[0] {
  const dot = name.indexOf('.')
  return { source: name.slice(0, dot) as Parameters<MayKnow>[0]['source'], name: name.slice(dot + 1) }
}

const policiesOf = (rules: Rules): { readonly policy: CompiledPolicy; readonly effect: 'allow' | 'deny' }[] => [
  ...rules.denies.map((policy) => ({ policy, effect: 'deny' as const })),
  ...rules.allows.map((policy) => ({ policy, effect: 'allow' as const })),
]

function explainPolicy(
  policy: CompiledPolicy,
  { effect, explaining }: { effect: 'allow' | 'deny'; explaining: Explaining },
): ExplainedPolicy {
  const { request, decision, redaction, isRepairing, budget, told } = explaining
  const about = { policy: policy.key, scope: policy.scope, effect }
  if (policy.roles && firstCommonBit(policy.roles, request.roles) < 0)
    return { ...about, applies: false, skipped: 'other_roles' }
  if (effect === 'deny' && isRepairing && policy.scope === 'organization')
    return { ...about, applies: false, skipped: 'repair_role' }
  if (!policy.when || !policy.condition) return { ...about, applies: true }
  const turnedOn =
    'policy' in decision.reason && decision.reason.policy === policy.key && decision.reason.scope === policy.scope
  const isTold = turnedOn || !redaction.isRedacted(policy.when.root)
  return {
    ...about,
    ...(isTold ? { applies: policy.condition(request.values, budget) ?? null } : {}),
    ...(turnedOn || told.parts < mostParts
      ? { condition: explainNode(policy.when.root, { values: request.values, redaction, budget, told }) }
      : {}),
  }
}
