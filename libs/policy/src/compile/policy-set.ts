/**
 * A policy set ready to decide with: per resource type and action, the roles that grant it as bits and the policies about it as closures.
 * Policies about other types or actions cost nothing. Immutable, so one set serves every request at once.
 */
import type { CheckedIr } from '../ir/condition.ts'
import { addBit, emptyBitset, type Bitset } from './bitset.ts'
import { compiledOnce, type Condition } from './closure.ts'
import { granted, refused, type Decision, type Obligation } from './decision.ts'
import { lineageOf, type Permission, type RoleSource, type Scope } from './roles.ts'

export type ResourceTypeSource = {
  readonly key: string
  readonly actions: readonly { readonly name: string; readonly sensitive?: boolean }[]
  /** Holders of this role cannot be denied anything on this type by an organization's policy: the way to repair one. */
  readonly repairRole?: string
}

export type PolicySource = {
  readonly key: string
  readonly scope: Scope
  readonly effect: 'allow' | 'deny'
  readonly resourceType: string
  readonly actions: readonly string[]
  /** Only for holders of one of these; everybody when absent. */
  readonly roles?: readonly string[]
  /** Always, when absent. */
  readonly when?: CheckedIr
  /** On a deny: what would lift it. On an allow: what would make it apply. */
  readonly obligation?: Obligation
}

export type PolicySetSource = {
  readonly resourceTypes: readonly ResourceTypeSource[]
  readonly roles: readonly RoleSource[]
  readonly policies: readonly PolicySource[]
}

export type CompiledPolicy = {
  readonly key: string
  readonly scope: Scope
  /** Undefined: everybody. */
  readonly roles: Bitset | undefined
  readonly condition: Condition | undefined
  readonly when: CheckedIr | undefined
  readonly obligation: Obligation | undefined
  /** The decision when it turns on this policy. */
  readonly applied: Decision
}

/** What is known about one action on one resource type. */
export type Rules = {
  readonly grantedBy: Bitset
  readonly allows: readonly CompiledPolicy[]
  /** The platform's first: they outrank. */
  readonly denies: readonly CompiledPolicy[]
  readonly repairRoles: Bitset
}

export type PolicySet = {
  readonly types: ReadonlyMap<string, ReadonlyMap<string, Rules>>
  readonly roleNumbers: ReadonlyMap<string, number>
  readonly roleKeys: readonly string[]
  /** By the role's number. */
  readonly grantedByRole: readonly Decision[]
}

type Compiling = {
  readonly source: PolicySetSource
  readonly roles: ReadonlyMap<string, RoleSource>
  readonly lineages: readonly ReadonlySet<string>[]
}

/** Compiles a set. References to roles nobody defined match nobody; a repeated role key keeps its first definition. */
export function compilePolicySet(source: PolicySetSource): PolicySet {
  const roles = new Map<string, RoleSource>()
  for (const role of source.roles) if (!roles.has(role.key)) roles.set(role.key, role)
  const roleKeys = [...roles.keys()]
  const compiling: Compiling = { source, roles, lineages: roleKeys.map((key) => lineageOf(roles, key)) }
  const policies = source.policies.map((policy) => ({ policy, compiled: compilePolicy(policy, compiling) }))
  const types = new Map(source.resourceTypes.map((type) => [type.key, compileType(type, { compiling, policies })]))
  return {
    types,
    roleKeys,
    roleNumbers: new Map(roleKeys.map((key, number) => [key, number])),
    grantedByRole: roleKeys.map((role) => granted({ code: 'granted_by_role', role })),
  }
}

/** The roles as bits of this set; keys it does not define are left out. */
export function roleSetOf(set: PolicySet, keys: Iterable<string>): Bitset {
  const bits = emptyBitset(set.roleKeys.length)
  for (const key of keys) {
    const number = set.roleNumbers.get(key)
    if (number !== undefined) addBit(bits, number)
  }
  return bits
}

/** Roles that are, or inherit, one of `keys`: whoever inherits a role has it. */
function holdersOf(keys: readonly string[], { lineages }: Compiling): Bitset {
  const bits = emptyBitset(lineages.length)
  lineages.forEach((lineage, number) => {
    if (keys.some((key) => lineage.has(key))) addBit(bits, number)
  })
  return bits
}

function compilePolicy(policy: PolicySource, compiling: Compiling): CompiledPolicy {
  const { key, scope, effect } = policy
  return {
    key,
    scope,
    roles: policy.roles && holdersOf(policy.roles, compiling),
    condition: policy.when && compiledOnce(policy.when),
    when: policy.when,
    obligation: policy.obligation,
    applied:
      effect === 'allow'
        ? granted({ code: 'granted_by_policy', policy: key, scope })
        : refused({ code: 'denied_by_policy', policy: key, scope }, policy.obligation),
  }
}

type TypeContext = {
  readonly compiling: Compiling
  readonly policies: readonly { readonly policy: PolicySource; readonly compiled: CompiledPolicy }[]
}

function compileType(type: ResourceTypeSource, { compiling, policies }: TypeContext): ReadonlyMap<string, Rules> {
  const ofType = policies.filter(({ policy }) => policy.resourceType === type.key)
  const repairRoles = holdersOf(type.repairRole === undefined ? [] : [type.repairRole], compiling)
  return new Map(
    type.actions.map((action) => {
      const about = ofType.filter(({ policy }) => policy.actions.includes(action.name))
      const having = (effect: 'allow' | 'deny', scope?: Scope) =>
        about
          .filter(({ policy }) => policy.effect === effect && (scope === undefined || policy.scope === scope))
          .map(({ compiled }) => compiled)
      const rules: Rules = {
        grantedBy: rolesGranting(
          { type: type.key, action: action.name, sensitive: action.sensitive ?? false },
          compiling,
        ),
        allows: having('allow'),
        denies: [...having('deny', 'platform'), ...having('deny', 'organization')],
        repairRoles,
      }
      return [action.name, rules]
    }),
  )
}

function rolesGranting(
  action: { type: string; action: string; sensitive: boolean },
  { roles, lineages }: Compiling,
): Bitset {
  const granting = new Set<Permission>([`${action.type}:${action.action}`])
  if (!action.sensitive) granting.add(`${action.type}:*`).add('*:*')
  const bits = emptyBitset(lineages.length)
  lineages.forEach((lineage, number) => {
    for (const key of lineage)
      if (roles.get(key)?.permissions.some((permission) => granting.has(permission))) addBit(bits, number)
  })
  return bits
}
