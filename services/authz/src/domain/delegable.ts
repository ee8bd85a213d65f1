/**
 * What a person or service account may hand on: nobody grants what they do not hold, nor for longer than they hold it,
 * nor what the catalog does not know. What policies give to a role is among its rights. A right that depends on who
 * asks is not a right to hand on, and neither is one that a deny may take from the giver. An owner answers for the
 * organization, so an owner may also hand on an application's sensitive permissions, which no wildcard covers; whoever
 * receives one has it by name.
 */
import { changesBetween } from './changes.ts'
import { knowsPermission, type Catalog } from './catalog.ts'
import type { HeldRole } from './facts.ts'
import { gatehouse, ownerRole, splitPermission } from './platform.ts'
import {
  asksForRole,
  isAbout,
  lineagesOf,
  namesRole,
  permissionsIn,
  readsSubject,
  type PolicyRule,
  type RolesAndPolicies,
} from './policy-rights.ts'
import { covers, overlapOf } from './scope.ts'

/** A role with the end of holding it, in milliseconds since the epoch; for good: `Infinity`. */
export type HeldKey = { readonly key: string; readonly untilMs: number }
type Until = ReadonlyMap<string, number>

export type Delegable = {
  /** What is held whatever the resource and the request, and until when. */
  readonly permissions: Until
  /** Roles held, inherited ones among them. */
  readonly roles: Until
  /** Denies that may take something from the holder and not from others. */
  readonly restraints: readonly PolicyRule[]
  readonly isOwner: boolean
  /** Of the API key they act with: beyond it they may hand on nothing, whatever they hold. */
  readonly scope?: ReadonlySet<string> | undefined
}

export function delegableOf(
  { roles, policies }: RolesAndPolicies,
  held: Iterable<HeldKey>,
  scope?: Iterable<string>,
): Delegable {
  const keys = [...held]
  const rolesUntil = new Map<string, number>()
  for (const { key, untilMs } of keys)
    for (const inherited of lineagesOf(roles, [key])) extend(rolesUntil, inherited, untilMs)
  const isOwner = keys.some(({ key }) => key === ownerRole)
  return {
    permissions: unconditional({ roles, policies }, rolesUntil),
    roles: rolesUntil,
    restraints: isOwner ? [] : policies.filter((policy) => mayRestrain(policy, rolesUntil)),
    isOwner,
    scope: scope && new Set(scope),
  }
}

const extend = (until: Map<string, number>, key: string, untilMs: number): void =>
  void until.set(key, Math.max(until.get(key) ?? 0, untilMs))

function unconditional({ roles, policies }: RolesAndPolicies, held: Until): Until {
  const permissions = new Map<string, number>()
  for (const [key, untilMs] of held)
    for (const permission of roles.get(key)?.permissions ?? []) extend(permissions, permission, untilMs)
  for (const policy of policies) {
    if (policy.effect === 'deny' || policy.when) continue
    const untilMs = policy.roles ? lastingOf(policy.roles, held) : Infinity
    if (untilMs > 0) for (const permission of permissionsIn(policy)) extend(permissions, permission, untilMs)
  }
  return permissions
}

const lastingOf = (keys: readonly string[], held: Until): number =>
  Math.max(0, ...keys.map((key) => held.get(key) ?? 0))

const mayRestrain = (policy: PolicyRule, held: Until): boolean =>
  policy.effect === 'deny' && (policy.roles ? namesRole(policy, held) : readsSubject(policy))

export type Wanted = { readonly permission: string; readonly catalog: Catalog; readonly untilMs: number }

/** Whether the holder may give this permission to somebody else until then. A wildcard needs that wildcard. */
export const mayDelegate = (delegable: Delegable, wanted: Wanted): boolean =>
  mayBeGiven(delegable, wanted) && holds(delegable, wanted)

const isKnown = (catalog: Catalog, permission: string): boolean =>
  permission === '*:*' || knowsPermission(catalog, permission)

/** Whether it is the catalog's, within the key's scope, and no deny may stop the giver. */
function mayBeGiven({ scope, restraints }: Delegable, { permission, catalog }: Wanted): boolean {
  if (!isKnown(catalog, permission)) return false
  if (scope && !covers(scope, { permission, catalog })) return false
  return !restraints.some((policy) => isAbout(policy, permission))
}

/** The last that was asked for: many rights are asked about for the same time. */
const lastingOfLast = new WeakMap<Until, { readonly untilMs: number; readonly lasting: ReadonlySet<string> }>()

/** What is held until then at least. */
function lastingUntil(permissions: Until, untilMs: number): ReadonlySet<string> {
  const last = lastingOfLast.get(permissions)
  if (last?.untilMs === untilMs) return last.lasting
  const lasting = new Set([...permissions].flatMap(([held, until]) => (until >= untilMs ? [held] : [])))
  lastingOfLast.set(permissions, { untilMs, lasting })
  return lasting
}

function holds({ permissions, isOwner }: Delegable, { permission, catalog, untilMs }: Wanted): boolean {
  if (covers(lastingUntil(permissions, untilMs), { permission, catalog })) return true
  const { resourceType, action } = splitPermission(permission)
  if (action === '*') return false
  return isOwner && catalog.types.get(resourceType)?.application !== gatehouse
}

/** A permission, or what a policy says of one. */
type Right = { readonly permission: string; readonly policy?: PolicyRule }

/** What holding these roles gives, what they inherit included. */
function rightsOf({ roles, policies }: RolesAndPolicies, lineage: ReadonlySet<string>): Right[] {
  const listed = [...lineage].flatMap((key) => roles.get(key)?.permissions ?? []).map((permission) => ({ permission }))
  const given = policies.flatMap((policy) => {
    const permissions = permissionsIn(policy).map((permission) => ({ permission }))
    if (asksForRole(policy, lineage)) return permissions
    if (policy.effect === 'deny' || !namesRole(policy, lineage)) return []
    return readsSubject(policy) ? permissions : permissions.map((right) => ({ ...right, policy }))
  })
  return [...listed, ...given]
}

/** What comes free for a holder who loses these roles: what is denied to them. */
const liftedBy = (policies: readonly PolicyRule[], lost: ReadonlySet<string>): Right[] =>
  policies
    .filter((policy) => asksForRole(policy, lost) || (policy.effect === 'deny' && namesRole(policy, lost)))
    .flatMap(permissionsIn)
    .map((permission) => ({ permission }))

/** `within`: the scope of an API key, of which the roles give no more than it covers. */
type Around = {
  readonly model: RolesAndPolicies
  readonly catalog: Catalog
  readonly within?: ReadonlySet<string> | undefined
}

const narrowed = (rights: readonly Right[], { within, catalog }: Around): Right[] =>
  within === undefined
    ? [...rights]
    : rights.flatMap((right) =>
        overlapWith(within, { ...right, catalog }).map((permission) => ({ ...right, permission })),
      )

/** What the catalog does not know at the moment it may know again: any wildcard then covers it. */
function overlapWith(
  within: ReadonlySet<string>,
  { permission, catalog }: { permission: string; catalog: Catalog },
): string[] {
  if (isKnown(catalog, permission)) return overlapOf(new Set([permission]), within, catalog)
  const names = [permission, `${splitPermission(permission).resourceType}:*`, '*:*']
  return names.some((name) => within.has(name)) ? [permission] : []
}

/** What the holder may not give until then of what these roles amount to. */
export function missingToGive(
  delegable: Delegable,
  around: Around,
  { keys, untilMs }: { keys: Iterable<string>; untilMs: number },
): string[] {
  const { model, catalog } = around
  return missing(narrowed(rightsOf(model, lineagesOf(model.roles, keys)), around), (right) =>
    mayGive(delegable, right, { permission: right.permission, catalog, untilMs }),
  )
}

/** An API key of an account that holds these roles. Without a scope it grants whatever the account may do. */
export type NewKey = {
  readonly held: readonly HeldKey[]
  readonly scope: ReadonlySet<string> | undefined
  readonly untilMs: number
  /** Whether the account itself makes it: then it gives nobody anything that the key it is made with does not. */
  readonly isOwn: boolean
}

/**
 * What the holder may not hand out with the key: what the account's roles give, and what policies give to everybody.
 */
export function missingToMakeKey(delegable: Delegable, around: Omit<Around, 'within'>, key: NewKey): string[] {
  const { model, catalog } = around
  const { scope } = delegable
  const inScope = { ...around, within: key.scope }
  const beyondScope = [...(key.scope ?? ['*:*'])].filter(
    (permission) => !isKnown(catalog, permission) || (scope && !covers(scope, { permission, catalog })),
  )
  if (key.isOwn) return beyondScope.sort()
  const ofEverybody = model.policies
    .filter(({ effect, roles }) => effect === 'allow' && roles === undefined)
    .flatMap((policy) => rightsIn(policy).map((right) => ({ ...right, ...(readsSubject(policy) ? {} : { policy }) })))
  const missingOfRoles = key.held.flatMap(({ key: role, untilMs }) =>
    missingToGive(delegable, inScope, { keys: [role], untilMs: Math.min(untilMs, key.untilMs) }),
  )
  const missingOfOthers = missing(narrowed(ofEverybody, inScope), (right) =>
    mayGive(delegable, right, { permission: right.permission, catalog, untilMs: key.untilMs }),
  )
  return [...new Set([...beyondScope, ...missingOfRoles, ...missingOfOthers])].sort()
}

function mayGive(delegable: Delegable, { policy }: Right, wanted: Wanted): boolean {
  if (!mayBeGiven(delegable, wanted)) return false
  // Whoever holds a role that the policy names has the same of it as everybody else who does.
  return (
    holds(delegable, wanted) ||
    (policy !== undefined && (policy.roles === undefined || lastingOf(policy.roles, delegable.roles) >= wanted.untilMs))
  )
}

/** What the holder may not take of what these roles amount to: what they do not hold, and what would come free. */
export function missingToTake(delegable: Delegable, around: Around, keys: Iterable<string>): string[] {
  const lineage = lineagesOf(around.model.roles, keys)
  return [
    ...new Set([...missingToHold(delegable, around, lineage), ...missingToLift(delegable, around, lineage)]),
  ].sort()
}

/** What the catalog no longer knows gives nobody anything, so it may be taken away. */
function missingToHold(delegable: Delegable, { model, catalog }: Around, lineage: ReadonlySet<string>): string[] {
  return missing(rightsOf(model, lineage), ({ permission, policy }) => {
    if (!isKnown(catalog, permission)) return true
    if (delegable.scope && !covers(delegable.scope, { permission, catalog })) return false
    return (
      holds(delegable, { permission, catalog, untilMs: 0 }) ||
      (policy?.roles !== undefined && lastingOf(policy.roles, delegable.roles) > 0)
    )
  })
}

const missingToLift = (delegable: Delegable, { model, catalog }: Around, lost: ReadonlySet<string>): string[] =>
  missing(liftedBy(model.policies, lost), ({ permission }) =>
    mayDelegate(delegable, { permission, catalog, untilMs: Infinity }),
  )

/** The same for a role that is defined anew: everybody who holds it gets the one and loses the other. */
export function missingToRedefine(
  delegable: Delegable,
  { before, after, catalog }: { before: RolesAndPolicies; after: RolesAndPolicies; catalog: Catalog },
  key: string,
): string[] {
  const [was, is] = [lineagesOf(before.roles, [key]), lineagesOf(after.roles, [key])]
  return [
    ...new Set([
      ...missingToGive(delegable, { model: after, catalog }, { keys: [key], untilMs: Infinity }),
      ...missingToHold(delegable, { model: before, catalog }, was),
      ...missingToLift(delegable, { model: before, catalog }, new Set([...was].filter((lost) => !is.has(lost)))),
    ]),
  ].sort()
}

/**
 * What changing a policy gives or frees: an allow that comes into force, a deny that goes out of it or forbids less.
 */
export function missingToChangePolicy(
  delegable: Delegable,
  { catalog, before, after }: { catalog: Catalog; before?: PolicyRule | undefined; after?: PolicyRule | undefined },
): string[] {
  const may = ({ permission }: Right): boolean => mayDelegate(delegable, { permission, catalog, untilMs: Infinity })
  const given = after?.effect === 'allow' ? rightsIn(after) : []
  const freed = before?.effect === 'deny' && !forbidsAsMuch(after, before) ? before : undefined
  // Whom the deny binds as well could not do what it forbids, so it is not theirs to free.
  const isBound = freed !== undefined && !delegable.isOwner && (!freed.roles || namesRole(freed, delegable.roles))
  return [
    ...new Set([...missing(given, may), ...(freed ? missing(rightsIn(freed), (right) => !isBound && may(right)) : [])]),
  ].sort()
}

const rightsIn = (policy: PolicyRule): Right[] => permissionsIn(policy).map((permission) => ({ permission }))

const forbidsAsMuch = (after: PolicyRule | undefined, before: PolicyRule): boolean =>
  after?.effect === 'deny' &&
  after.resourceType === before.resourceType &&
  before.actions.every((action) => after.actions.includes(action)) &&
  (after.roles === undefined || isDeepEqual(after.roles, before.roles)) &&
  (after.when === undefined || isDeepEqual(after.when, before.when))

const isDeepEqual = (one: unknown, other: unknown): boolean => changesBetween(one, other).length === 0

const missing = (rights: readonly Right[], has: (right: Right) => boolean): string[] =>
  [...new Set(rights.filter((right) => !has(right)).map(({ permission }) => permission))].sort()

/**
 * The roles held at a moment, with their ends. What is held for one resource is not a right to hand on; a role that is
 * gone is none.
 */
export const heldKeysAt = (
  held: readonly HeldRole[],
  { nowMs, keyOf }: { nowMs: number; keyOf: (roleId: string) => string | undefined },
): HeldKey[] =>
  held.flatMap(({ roleId, expiresAtMs = Infinity, resource }) => {
    const key = keyOf(roleId)
    return key === undefined || resource !== undefined || expiresAtMs <= nowMs ? [] : [{ key, untilMs: expiresAtMs }]
  })

/** Ownership is held for good. */
export const ownerKey: HeldKey = { key: ownerRole, untilMs: Infinity }
