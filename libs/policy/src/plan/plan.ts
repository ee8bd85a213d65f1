/**
 * A decision about all resources at once: with everything known but the resource, either the answer is the same for each of them, or a filter
 * says for which it is yes. It agrees with `decide` on every resource; what a filter cannot say is told, never widened.
 */
import type { AttributeValues } from '../compile/attributes.ts'
import { firstCommonBit, unionOf, type Bitset } from '../compile/bitset.ts'
import type { CompiledPolicy, PolicySet, Rules } from '../compile/policy-set.ts'
import {
  asked,
  constant,
  findRefusal,
  isFilter,
  join,
  negate,
  type AttributeOperand,
  type Filter,
  type NotFilterable,
  type Residual,
} from './filter.ts'
import { residualOf } from './residual.ts'
import { isStorableText } from './storable.ts'

export type PlanRequest = {
  readonly resourceType: string
  readonly action: string
  /** Roles held on every resource; made by `roleSetOf` for the same set. */
  readonly roles: Bitset
  /** Values of `resource` given here are known, `resource.type` for one; its other attributes are what the filter is about. */
  readonly values: AttributeValues
  /** Roles held on single resources besides. Every resource then needs its `resource.id`. */
  readonly resourceRoles?: readonly { readonly resourceId: string; readonly roles: Bitset }[]
}

export type Plan =
  | { readonly kind: 'always_allow' }
  | { readonly kind: 'always_deny' }
  | { readonly kind: 'conditional'; readonly filter: Filter }
  /** A policy that matters here says something that no filter can. `at` is the offset in its source. */
  | { readonly kind: 'not_filterable'; readonly policy: string; readonly message: string; readonly at: number }

/** Pure and total, like `decide`. */
export function plan(set: PolicySet, request: PlanRequest): Plan {
  const rules = set.types.get(request.resourceType)?.get(request.action)
  if (!rules) return { kind: 'always_deny' }
  return planOf(asked(withResourceRoles(rules, request), true))
}

function planOf(answer: Residual): Plan {
  if (answer.op === 'constant') return { kind: answer.value === true ? 'always_allow' : 'always_deny' }
  if (isFilter(answer)) return { kind: 'conditional', filter: answer }
  const { policy, message, at } = findRefusal(answer) as NotFilterable
  return { kind: 'not_filterable', policy, message, at }
}

const resourceId: AttributeOperand = { attribute: 'id', type: 'string' }
const isOneOf = (ids: readonly string[]): Residual => ({
  op: 'in',
  left: resourceId,
  right: { list: ids.map((value) => ({ value })) },
})

/** Resources on which more roles are held are answered apart, the others as if there were no such roles: more roles can also mean more denies. */
function withResourceRoles(rules: Rules, request: PlanRequest): Residual {
  const elsewhere = answerFor(rules, request, request.roles)
  const extra = rolesByResource(request)
  const known = request.values.resource
  if (known !== undefined && Object.hasOwn(known, 'id')) {
    const here = extra.get(String(known['id']))
    return here ? answerFor(rules, request, here) : elsewhere
  }
  const groups = new Map<string, { answer: Residual; ids: string[] }>()
  const answers = new Map<string, Residual>()
  for (const [id, roles] of extra) {
    const answer = answers.get(roles.join()) ?? answerFor(rules, request, roles)
    answers.set(roles.join(), answer)
    const text = JSON.stringify(answer)
    if (text !== JSON.stringify(elsewhere)) groups.set(text, { answer, ids: [...(groups.get(text)?.ids ?? []), id] })
  }
  if (groups.size === 0) return elsewhere
  const apart = [...groups.values()]
  return join('or', [
    join('and', [negate(isOneOf(apart.flatMap(({ ids }) => ids))), elsewhere]),
    ...apart.map(({ answer, ids }) => join('and', [isOneOf(ids), answer])),
  ])
}

/** All roles held on a resource, by its id. An id that cannot be stored is nobody's. */
function rolesByResource({ roles, resourceRoles = [] }: PlanRequest): ReadonlyMap<string, Bitset> {
  const byId = new Map<string, Bitset>()
  for (const held of resourceRoles)
    if (isStorableText(held.resourceId))
      byId.set(held.resourceId, unionOf(byId.get(held.resourceId) ?? roles, held.roles))
  return byId
}

/** `(any allow) && !(any deny)` for one set of roles. */
function answerFor(rules: Rules, { values }: PlanRequest, roles: Bitset): Residual {
  const concerns = (policy: CompiledPolicy): boolean => !policy.roles || firstCommonBit(policy.roles, roles) >= 0
  const says = (policy: CompiledPolicy): Residual =>
    policy.when ? residualOf(policy.when.root, { values, policy: policy.key }) : constant(true)
  const isGranted = firstCommonBit(rules.grantedBy, roles) >= 0
  const grant = isGranted ? constant(true) : join('or', rules.allows.filter(concerns).map(says))
  const isRepairing = firstCommonBit(rules.repairRoles, roles) >= 0
  const denies = rules.denies.filter((policy) => !(isRepairing && policy.scope === 'organization') && concerns(policy))
  return join('and', [grant, ...denies.map((policy) => negate(says(policy)))])
}
