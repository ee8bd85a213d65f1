/**
 * A policy set ready to decide with: per resource type and action, the roles that grant it as bits and the policies
 * about it as closures. Policies about other types or actions cost nothing. Immutable, so one set serves every request
 * at once.
 */
import type { CheckedIr } from '../ir/condition.ts'
import { addBit, emptyBitset, unionOf, type Bitset } from './bitset.ts'
import { compiledOnce, type Condition } from './closure.ts'
import { granted, refused, type Decision, type Obligation } from './decision.ts'
import { lineageOf, type Permission, type RoleSource, type Scope } from './roles.ts'
import { fixedSteps } from './steps.ts'
import { finish, type Work } from './work.ts'

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

/** Making a closure takes some ten times what running it takes. */
const stepsToCompile = 10
/** A role that is looked up, and noted. */
const stepsPerHeld = 4

type Compiling = {
  /** How many roles there are. */
  readonly size: number
  /** By a role's key: who has it, the role itself and whatever inherits it. */
  readonly holders: Map<string, Bitset>
  /** By permission: the keys of the roles that list it. */
  readonly giving: Map<Permission, string[]>
}

/** Returns the steps it took. */
function noteRole(
  { size, holders, giving }: Compiling,
  { roles, key, number }: { roles: ReadonlyMap<string, RoleSource>; key: string; number: number },
): number {
  const lineage = lineageOf(roles, key)
  for (const inherited of lineage) {
    const bits = holders.get(inherited) ?? emptyBitset(size)
    holders.set(inherited, bits)
    addBit(bits, number)
  }
  const permissions = new Set(roles.get(key)?.permissions)
  for (const permission of permissions) {
    const keys = giving.get(permission)
    if (keys === undefined) giving.set(permission, [key])
    else keys.push(key)
  }
  return stepsPerHeld * (1 + lineage.size + permissions.size)
}

/** Compiles a set. References to roles nobody defined match nobody; a repeated role key keeps its first definition. */
export const compilePolicySet = (source: PolicySetSource): PolicySet => finish(compilingPolicySet(source))

/** `compilePolicySet` in parts: one for each role, policy and action. */
export function* compilingPolicySet(source: PolicySetSource): Work<PolicySet> {
  const roles = new Map<string, RoleSource>()
  for (const role of source.roles) if (!roles.has(role.key)) roles.set(role.key, role)
  const roleKeys = [...roles.keys()]
  const compiling: Compiling = { size: roleKeys.length, holders: new Map(), giving: new Map() }
  for (const [number, key] of roleKeys.entries()) yield noteRole(compiling, { roles, key, number })
  const byAction = new Map<string, Map<string, About[]>>()
  for (const policy of source.policies) {
    noteAbout(byAction, policy, compilePolicy(policy, compiling))
    yield stepsToCompile * (policy.when ? fixedSteps(policy.when.root) : 1) + stepsPerHeld * (policy.roles?.length ?? 0)
  }
  const types = new Map<string, ReadonlyMap<string, Rules>>()
  for (const type of source.resourceTypes)
    types.set(type.key, yield* compilingType(type, { compiling, about: byAction.get(type.key) }))
  return {
    types,
    roleKeys,
    roleNumbers: new Map(roleKeys.map((key, number) => [key, number])),
    grantedByRole: roleKeys.map((role) => granted({ code: 'granted_by_role', role })),
  }
}

type About = { readonly policy: PolicySource; readonly compiled: CompiledPolicy }

/** By type and action, in the order of the policies. */
function noteAbout(byAction: Map<string, Map<string, About[]>>, policy: PolicySource, compiled: CompiledPolicy): void {
  const ofType = byAction.get(policy.resourceType) ?? new Map<string, About[]>()
  byAction.set(policy.resourceType, ofType)
  for (const action of new Set(policy.actions)) {
    const about = ofType.get(action)
    if (about === undefined) ofType.set(action, [{ policy, compiled }])
    else about.push({ policy, compiled })
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
const holdersOf = (keys: readonly string[], { size, holders }: Compiling): Bitset =>
  keys.reduce((bits, key) => unionOf(bits, holders.get(key) ?? bits), emptyBitset(size))

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
  /** By action. */
  readonly about: ReadonlyMap<string, readonly About[]> | undefined
}

function* compilingType(type: ResourceTypeSource, { compiling, about }: TypeContext): Work<ReadonlyMap<string, Rules>> {
  const repairRoles = holdersOf(type.repairRole === undefined ? [] : [type.repairRole], compiling)
  const rules = new Map<string, Rules>()
  for (const action of type.actions) {
    rules.set(action.name, rulesFor(about?.get(action.name) ?? [], { type, action, compiling, repairRoles }))
    yield stepsPerHeld * (1 + compiling.size) + (about?.get(action.name)?.length ?? 0)
  }
  return rules
}

function rulesFor(
  about: readonly About[],
  o: {
    type: ResourceTypeSource
    action: ResourceTypeSource['actions'][number]
    compiling: Compiling
    repairRoles: Bitset
  },
): Rules {
  const { type, action, compiling, repairRoles } = o
  const having = (effect: 'allow' | 'deny', scope?: Scope) =>
    about
      .filter(({ policy }) => policy.effect === effect && (scope === undefined || policy.scope === scope))
      .map(({ compiled }) => compiled)
  return {
    grantedBy: rolesGranting({ type: type.key, action: action.name, sensitive: action.sensitive ?? false }, compiling),
    allows: having('allow'),
    denies: [...having('deny', 'platform'), ...having('deny', 'organization')],
    repairRoles,
  }
}

const rolesGranting = (action: { type: string; action: string; sensitive: boolean }, compiling: Compiling): Bitset =>
  holdersOf(
    namesOf(action).flatMap((name) => compiling.giving.get(name) ?? []),
    compiling,
  )

/** The permissions by which the action is granted. */
const namesOf = ({ type, action, sensitive }: { type: string; action: string; sensitive: boolean }): Permission[] => [
  `${type}:${action}`,
  ...(sensitive ? [] : [`${type}:*`, '*:*']),
]
