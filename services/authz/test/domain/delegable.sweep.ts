/**
 * Random organizations and what people do in them, without storage: roles that inherit, policies that name roles or
 * read attributes, denies, groups, grants that end, service accounts and their keys. A write is carried out if the rule
 * of its use case lets it be.
 */
import fc from 'fast-check'
import { compilePolicySet, roleSetOf, type PolicySet } from '@gatehouse/policy/compile/policy-set'
import type { RoleSource } from '@gatehouse/policy/compile/roles'
import { decide } from '@gatehouse/policy/decide/decide'
import { catalogOf, resourceTypeSources, type Catalog } from '../../src/domain/catalog.ts'
import {
  delegableOf,
  missingToChangePolicy,
  missingToGive,
  missingToMakeKey,
  missingToRedefine,
  missingToTake,
  type Delegable,
  type HeldKey,
} from '../../src/domain/delegable.ts'
import { checkPolicyDefinition } from '../../src/domain/policy-definition.ts'
import { attributesReadBy, lineagesOf, type PolicyRule } from '../../src/domain/policy-rights.ts'
import { covers } from '../../src/domain/scope.ts'

const actions = ['read', 'approve', 'purge'] as const
const manifest = {
  name: 'Invoices',
  resource_types: [
    {
      key: 'invoice',
      attributes: {
        amount: { type: 'number' as const, provenance: ['stored' as const] },
        author: { type: 'string' as const, provenance: ['stored' as const] },
      },
      actions: [{ name: 'read' }, { name: 'approve' }, { name: 'purge', sensitive: true }],
    },
  ],
  membership_attributes: { limit: { type: 'number' as const, provenance: ['stored' as const] } },
  roles: [],
  policies: [],
}
const withoutApprove = {
  ...manifest,
  resource_types: manifest.resource_types.map((type) => ({
    ...type,
    actions: type.actions.filter(({ name }) => name !== 'approve'),
  })),
}
export const whole = catalogOf([{ key: 'invoices', manifest }])
/** The catalog for a moment: an action is missing from it. */
const gap = catalogOf([{ key: 'invoices', manifest: withoutApprove }])

const roleKeys = ['a', 'b', 'c', 'd'] as const
const people = ['ann', 'bob', 'cem'] as const
const groups = ['g', 'h'] as const
/** Moments a decision is asked about; grants end between them. */
export const moments = [0, 10, 20]
const ends = [5, 15, Infinity]

type Grant = { readonly key: string; readonly untilMs: number }
type Person = { readonly grants: readonly Grant[]; readonly limit: number; readonly groups: readonly string[] }
type ApiKey = { readonly account: string; readonly scope: readonly string[]; readonly untilMs: number }
export type Organization = {
  readonly roles: ReadonlyMap<string, RoleSource>
  readonly policies: readonly PolicyRule[]
  readonly people: ReadonlyMap<string, Person>
  readonly groups: ReadonlyMap<string, readonly Grant[]>
  readonly keys: readonly ApiKey[]
}

const conditions = [
  undefined,
  'resource.amount < 2.0',
  'resource.author == user.id',
  'resource.amount <= membership.limit',
  '"a" in membership.roles',
  '!("b" in membership.roles)',
  'size(membership.roles) > 1',
  'membership.roles.exists(r, r.startsWith("c"))',
] as const

const permission = fc.constantFrom('invoice:read', 'invoice:approve', 'invoice:purge', 'invoice:*')
const end = fc.constantFrom(...ends)
const grant = fc.record({ key: fc.constantFrom(...roleKeys), untilMs: end })
const role = fc.record({
  permissions: fc.array(permission, { maxLength: 2 }),
  inherits: fc.array(fc.constantFrom(...roleKeys), { maxLength: 1 }),
})
const policy = fc
  .record({
    key: fc.constantFrom('p', 'q', 'r'),
    effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
    actions: fc.uniqueArray(fc.constantFrom(...actions), { minLength: 1, maxLength: 2 }),
    roles: fc.option(fc.array(fc.constantFrom(...roleKeys), { minLength: 1, maxLength: 2 }), { nil: undefined }),
    when: fc.constantFrom(...conditions),
  })
  .map((source) => ruleOf(source))

function ruleOf({
  roles,
  when,
  ...source
}: {
  key: string
  effect: 'allow' | 'deny'
  actions: string[]
  roles: string[] | undefined
  when: string | undefined
}): PolicyRule {
  const given = { ...source, resource_type: 'invoice', ...(roles && { roles }), ...(when !== undefined && { when }) }
  const known = new Map(roleKeys.map((key) => [key, { key, permissions: [] }]))
  const checked = checkPolicyDefinition(given, { catalog: whole, roles: known })
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors))
  return {
    ...source,
    scope: 'organization',
    resourceType: 'invoice',
    ...(roles && { roles }),
    ...(checked.condition && { when: checked.condition }),
  }
}

const byKey = <V extends { readonly key: string }>(items: readonly V[]): V[] => [
  ...new Map(items.map((item) => [item.key, item])).values(),
]
/** Nobody inherits in a circle: a role inherits one that stands before it. */
const acyclic = (roles: readonly { permissions: string[]; inherits: string[] }[]): Map<string, RoleSource> =>
  new Map(
    roles.map(({ permissions, inherits }, index) => {
      const key = roleKeys[index] as string
      return [key, { key, permissions, inherits: inherits.filter((parent) => parent < key) }]
    }),
  )

export const organization: fc.Arbitrary<Organization> = fc
  .record({
    roles: fc.array(role, { minLength: 4, maxLength: 4 }),
    policies: fc.array(policy, { maxLength: 3 }),
    people: fc.array(
      fc.record({
        grants: fc.array(grant, { maxLength: 3 }),
        limit: fc.constantFrom(0, 1, 3),
        groups: fc.subarray([...groups]),
      }),
      { minLength: 3, maxLength: 3 },
    ),
    groups: fc.array(fc.array(grant, { maxLength: 2 }), { minLength: 2, maxLength: 2 }),
  })
  .map((o) => ({
    roles: acyclic(o.roles),
    policies: byKey(o.policies),
    people: new Map(people.map((name, index) => [name, o.people[index] as Person])),
    groups: new Map(groups.map((name, index) => [name, o.groups[index] as Grant[]])),
    keys: [],
  }))

export type Write =
  | { kind: 'give'; to: string; grant: Grant }
  | { kind: 'take'; from: string; key: string }
  | { kind: 'join' | 'leave'; who: string; group: string }
  | { kind: 'give_group'; to: string; grant: Grant }
  | { kind: 'take_group'; from: string; key: string }
  | { kind: 'define'; key: string; permissions: string[]; inherits: string[] }
  | { kind: 'delete_role'; key: string }
  | { kind: 'put_policy'; policy: PolicyRule }
  | { kind: 'delete_policy'; key: string }
  | { kind: 'limit'; of: string; limit: number }
  | { kind: 'make_key'; key: ApiKey }

const who = fc.constantFrom(...people)
const group = fc.constantFrom(...groups)
const key = fc.constantFrom(...roleKeys)
const kind = <K extends string>(name: K) => fc.constant(name)
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ kind: kind('give'), to: who, grant }),
  fc.record({ kind: kind('take'), from: who, key }),
  fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), who, group }),
  fc.record({ kind: kind('give_group'), to: group, grant }),
  fc.record({ kind: kind('take_group'), from: group, key }),
  fc
    .record({ kind: kind('define'), key, role })
    .map((o) => ({ ...o, ...o.role, inherits: o.role.inherits.filter((parent) => parent < o.key) })),
  fc.record({ kind: kind('delete_role'), key }),
  fc.record({ kind: kind('put_policy'), policy }),
  fc.record({ kind: kind('delete_policy'), key: fc.constantFrom('p', 'q', 'r') }),
  fc.record({ kind: kind('limit'), of: who, limit: fc.constantFrom(0, 1, 3) }),
  fc.record({
    kind: kind('make_key'),
    key: fc.record({ account: who, scope: fc.array(permission, { minLength: 1, maxLength: 2 }), untilMs: end }),
  }),
)
/** By whom, with which key's scope if with one, and whether the catalog has its gap at that moment. */
export const writes = fc.array(
  fc.record({
    by: who,
    scope: fc.option(fc.array(permission, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 3 }),
    isGap: fc.boolean(),
    write,
  }),
  { minLength: 1, maxLength: 6 },
)
export type WriteBy = { by: string; scope: string[] | undefined; isGap: boolean; write: Write }

const grantsOf = (org: Organization, name: string): Grant[] => {
  const person = org.people.get(name) as Person
  return [...person.grants, ...person.groups.flatMap((joined) => org.groups.get(joined) ?? [])]
}
const heldOf = (org: Organization, name: string, nowMs: number): HeldKey[] =>
  grantsOf(org, name).filter(({ untilMs, key }) => untilMs > nowMs && org.roles.has(key))

const resources = [1, 3].flatMap((amount) => people.map((author) => ({ amount, author })))

const sets = new WeakMap<Organization, PolicySet>()
function compiled(org: Organization): PolicySet {
  const known = sets.get(org)
  if (known) return known
  const source = { resourceTypes: resourceTypeSources(whole), roles: [...org.roles.values()], policies: org.policies }
  const set = compilePolicySet(source)
  sets.set(org, set)
  return set
}

/** `action|resource` of everything allowed at a moment. */
export function allowedTo(
  org: Organization,
  name: string,
  o: { nowMs: number; scope?: readonly string[] },
): Set<string> {
  const set = compiled(org)
  const keys = [
    ...lineagesOf(
      org.roles,
      heldOf(org, name, o.nowMs).map(({ key }) => key),
    ),
  ]
  const scope = o.scope && new Set(o.scope)
  const allowed = new Set<string>()
  for (const action of actions) {
    if (scope && !covers(scope, { permission: `invoice:${action}`, catalog: whole })) continue
    for (const [index, resource] of resources.entries()) {
      const values = {
        user: { id: name },
        membership: { id: name, is_owner: false, roles: keys, limit: (org.people.get(name) as Person).limit },
        resource: { id: String(index), type: 'invoice', ...resource },
      }
      if (decide(set, { resourceType: 'invoice', action, roles: roleSetOf(set, keys), values }).allowed)
        allowed.add(`${action}|${index}`)
    }
  }
  return allowed
}

const withPerson = (org: Organization, name: string, change: (person: Person) => Person): Organization => ({
  ...org,
  people: new Map(org.people).set(name, change(org.people.get(name) as Person)),
})
const withGroup = (org: Organization, name: string, grants: readonly Grant[]): Organization => ({
  ...org,
  groups: new Map(org.groups).set(name, grants),
})

/** The organization after the write, or undefined where the rule refuses it. */
export function carriedOut(org: Organization, { by, scope, isGap, write }: WriteBy): Organization | undefined {
  const catalog: Catalog = isGap ? gap : whole
  const delegable = delegableOf(org, heldOf(org, by, 0), scope)
  const around = { model: org, catalog }
  const give = (grants: readonly Grant[]): boolean =>
    grants.every(({ key, untilMs }) => missingToGive(delegable, around, { keys: [key], untilMs }).length === 0)
  const take = (keys: readonly string[]): boolean => missingToTake(delegable, around, keys).length === 0
  switch (write.kind) {
    case 'give':
      return give([write.grant])
        ? withPerson(org, write.to, (one) => ({ ...one, grants: [...one.grants, write.grant] }))
        : undefined
    case 'take':
      return take([write.key])
        ? withPerson(org, write.from, (one) => ({
            ...one,
            grants: one.grants.filter((held) => held.key !== write.key),
          }))
        : undefined
    case 'join':
      return give(org.groups.get(write.group) ?? [])
        ? withPerson(org, write.who, (one) => ({ ...one, groups: [...new Set([...one.groups, write.group])] }))
        : undefined
    case 'leave':
      return take((org.groups.get(write.group) ?? []).map((held) => held.key))
        ? withPerson(org, write.who, (one) => ({ ...one, groups: one.groups.filter((name) => name !== write.group) }))
        : undefined
    case 'give_group':
      return give([write.grant])
        ? withGroup(org, write.to, [...(org.groups.get(write.to) ?? []), write.grant])
        : undefined
    case 'take_group':
      return take([write.key])
        ? withGroup(
            org,
            write.from,
            (org.groups.get(write.from) ?? []).filter((held) => held.key !== write.key),
          )
        : undefined
    case 'limit':
      return attributesReadBy(org.policies).has('membership.limit')
        ? undefined
        : withPerson(org, write.of, (one) => ({ ...one, limit: write.limit }))
    case 'make_key': {
      const { account, untilMs } = write.key
      const key = { held: heldOf(org, account, 0), scope: new Set(write.key.scope), untilMs, isOwn: false }
      const given = missingToMakeKey(delegable, around, key).length === 0
      return given ? { ...org, keys: [...org.keys, write.key] } : undefined
    }
    default:
      return redefined(org, { delegable, catalog }, write)
  }
}

type Redefining = Extract<Write, { kind: 'define' | 'delete_role' | 'put_policy' | 'delete_policy' }>

function redefined(
  org: Organization,
  { delegable, catalog }: { delegable: Delegable; catalog: Catalog },
  write: Redefining,
): Organization | undefined {
  const roles = new Map(org.roles)
  switch (write.kind) {
    case 'define': {
      const { key: defined, permissions, inherits } = write
      const after = { ...org, roles: roles.set(defined, { key: defined, permissions, inherits }) }
      return missingToRedefine(delegable, { before: org, after, catalog }, defined).length === 0 ? after : undefined
    }
    case 'delete_role': {
      if (missingToTake(delegable, { model: org, catalog }, [write.key]).length > 0) return undefined
      roles.delete(write.key)
      return { ...org, roles }
    }
    default: {
      const after = write.kind === 'put_policy' ? write.policy : undefined
      const about = after?.key ?? (write as { key: string }).key
      const before = org.policies.find((known) => known.key === about)
      if (missingToChangePolicy(delegable, { catalog, before, after }).length > 0) return undefined
      const others = org.policies.filter((known) => known.key !== about)
      return { ...org, policies: after ? [...others, after] : others }
    }
  }
}
