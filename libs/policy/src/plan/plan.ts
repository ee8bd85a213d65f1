/**
 * A decision about all resources at once: with everything known but the resource, either the answer is the same for
 * each of them, or a filter says for which it is yes. It agrees with `decide` on every resource; what a filter cannot
 * say is told, never widened.
 */
import type { AttributeValues } from '../compile/attributes.ts'
import { firstCommonBit, unionOf, type Bitset } from '../compile/bitset.ts'
import { createBudget, isSpent, spend, type Budget } from '../compile/budget.ts'
import type { CompiledPolicy, PolicySet, Rules } from '../compile/policy-set.ts'
import { finish, meterOf, type Work } from '../compile/work.ts'
import {
  asking,
  constant,
  findingRefusal,
  join,
  negate,
  type AttributeOperand,
  type Filter,
  type Residual,
} from './filter.ts'
import { residualOf } from './residual.ts'
import { isStorableText } from './storable.ts'

export type PlanRequest = {
  readonly resourceType: string
  readonly action: string
  /** Roles held on every resource; made by `roleSetOf` for the same set. */
  readonly roles: Bitset
  /**
   * Values of `resource` given here are known, `resource.type` for one; its other attributes are what the filter is
   * about.
   */
  readonly values: AttributeValues
  /** Single resources on which other roles are held. Every resource then needs its `resource.id`. */
  readonly resourceRoles?: readonly RolesOnResource[]
}

/**
 * All roles held on one resource. `values` is everything known there, where the roles held are an attribute too; else
 * the plan's are.
 */
export type RolesOnResource = {
  readonly resourceId: string
  readonly roles: Bitset
  readonly values?: AttributeValues
}

export type Plan =
  | { readonly kind: 'always_allow' }
  | { readonly kind: 'always_deny' }
  | { readonly kind: 'conditional'; readonly filter: Filter }
  /** A policy that matters here says something that no filter can. `at` is the offset in its source. */
  | { readonly kind: 'not_filterable'; readonly policy: string; readonly message: string; readonly at: number }
  /** The budget was spent before there was an answer. */
  | { readonly kind: 'too_expensive' }

/** Steps one plan may take: what remains of a condition is made and not only evaluated. */
const stepsPerPlan = 1_000_000

/** Pure and total, like `decide`. */
export const plan = (set: PolicySet, request: PlanRequest, budget?: Budget): Plan =>
  finish(planning(set, request, budget))

/** `plan` in parts: one for each policy, and for each part of what they say together. */
export function* planning(
  set: PolicySet,
  request: PlanRequest,
  budget: Budget = createBudget(stepsPerPlan),
): Work<Plan> {
  const rules = set.types.get(request.resourceType)?.get(request.action)
  if (!rules) return { kind: 'always_deny' }
  const answer = yield* withResourceRoles({ rules, request, budget })
  if (isSpent(budget)) return { kind: 'too_expensive' }
  return yield* planOf(yield* asking(answer, true))
}

type Planning = { readonly rules: Rules; readonly request: PlanRequest; readonly budget: Budget }

function* planOf(answer: Residual): Work<Plan> {
  if (answer.op === 'constant') return { kind: answer.value === true ? 'always_allow' : 'always_deny' }
  const refusal = yield* findingRefusal(answer)
  if (refusal === undefined) return { kind: 'conditional', filter: answer as Filter }
  const { policy, message, at } = refusal
  return { kind: 'not_filterable', policy, message, at }
}

const resourceId: AttributeOperand = { attribute: 'id', type: 'string' }
const isOneOf = (ids: readonly string[]): Residual => ({
  op: 'in',
  left: resourceId,
  right: { list: ids.map((value) => ({ value })) },
})

/** What is held, and what is known with it: of every resource, or of one. */
type Holding = { readonly roles: Bitset; readonly values: AttributeValues }

/**
 * Resources on which other roles are held are answered apart, the others as if there were no such roles: more roles can
 * also mean more denies.
 */
function* withResourceRoles(planning: Planning): Work<Residual> {
  const { request } = planning
  const elsewhere = yield* answerFor(planning, request)
  const extra = holdingsByResource(request)
  const known = request.values.resource
  if (known !== undefined && Object.hasOwn(known, 'id')) {
    const here = extra.get(String(known['id']))
    return here ? yield* answerFor(planning, here) : elsewhere
  }
  const apart = yield* answersApart(planning, { elsewhere, extra })
  if (apart.length === 0) return elsewhere
  return join('or', [
    join('and', [negate(isOneOf(apart.flatMap(({ ids }) => ids))), elsewhere]),
    ...apart.map(({ answer, ids }) => join('and', [isOneOf(ids), answer])),
  ])
}

type Apart = { readonly answer: Residual; readonly ids: string[] }

/** The answers that differ from the one elsewhere, each with the resources it is about. */
function* answersApart(
  planning: Planning,
  { elsewhere, extra }: { elsewhere: Residual; extra: ReadonlyMap<string, Holding> },
): Work<Apart[]> {
  if (extra.size === 0) return []
  const byText = new Map<string, Apart>([[JSON.stringify(elsewhere), { answer: elsewhere, ids: [] }]])
  const found = new Map<AttributeValues, Map<string, Apart>>()
  for (const [id, holding] of extra) {
    if (!spend(planning.budget, 1 + holding.roles.length)) return []
    const byRoles = found.get(holding.values) ?? new Map<string, Apart>()
    found.set(holding.values, byRoles)
    const roles = holding.roles.join()
    const apart = byRoles.get(roles) ?? answerApart(yield* answerFor(planning, holding), byText)
    byRoles.set(roles, apart)
    apart.ids.push(id)
  }
  return [...byText.values()].filter(({ answer }) => answer !== elsewhere)
}

function answerApart(answer: Residual, byText: Map<string, Apart>): Apart {
  const text = JSON.stringify(answer)
  const found = byText.get(text) ?? { answer, ids: [] }
  byText.set(text, found)
  return found
}

/** What is held on each resource that is named. An id that cannot be stored is nobody's. */
function holdingsByResource({ roles, values, resourceRoles = [] }: PlanRequest): ReadonlyMap<string, Holding> {
  const byId = new Map<string, Holding>()
  for (const held of resourceRoles) {
    if (!isStorableText(held.resourceId)) continue
    const before = byId.get(held.resourceId)?.roles ?? roles
    byId.set(held.resourceId, { roles: unionOf(before, held.roles), values: held.values ?? values })
  }
  return byId
}

/** `(any allow) && !(any deny)` for one set of roles. */
function* answerFor({ rules, budget }: Planning, { roles, values }: Holding): Work<Residual> {
  const concerns = (policy: CompiledPolicy): boolean => !policy.roles || firstCommonBit(policy.roles, roles) >= 0
  function* saidBy(policies: readonly CompiledPolicy[]): Work<Residual[]> {
    const meter = meterOf(budget)
    const said: Residual[] = []
    for (const { when, key } of policies.filter(concerns)) {
      said.push(when ? residualOf(when.root, { values, policy: key, budget }) : constant(true))
      yield meter()
      if (isSpent(budget)) break
    }
    return said
  }
  const isGranted = firstCommonBit(rules.grantedBy, roles) >= 0
  const grant = isGranted ? constant(true) : join('or', yield* saidBy(rules.allows))
  const isRepairing = firstCommonBit(rules.repairRoles, roles) >= 0
  const denies = rules.denies.filter((policy) => !(isRepairing && policy.scope === 'organization'))
  return join('and', [grant, ...(yield* saidBy(denies)).map(negate)])
}
