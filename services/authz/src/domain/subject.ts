/**
 * Whom a decision is about: a member, a service account, something of the entity directory, an operator at platform
 * scope. What is known of them is put together once and is the same for each question about them.
 */
import type { ConditionSchema } from '@gatehouse/policy/check/schema'
import type { AttributeValues } from '@gatehouse/policy/compile/attributes'
import type { Bitset } from '@gatehouse/policy/compile/bitset'
import { roleSetOf } from '@gatehouse/policy/compile/policy-set'
import type { Properties, Statements } from './attributes.ts'
import {
  rolesHeldAt,
  type EntityFacts,
  type HeldRole,
  type MemberFacts,
  type ResourceRef,
  type ServiceAccountFacts,
  type Standing,
  type UserFacts,
} from './facts.ts'
import { evaluatorRole, ownerRole } from './platform.ts'
import { roleKeysOf, withInherited, type PolicyModel } from './policy-model.ts'

/** Nothing can be granted, whatever is asked. */
export type Ineligible = {
  readonly allowed: false
  readonly reason: { readonly code: Standing | 'subject_not_permitted' | 'unknown_subject' | 'insufficient_scope' }
}

/**
 * Roles held. `keys`: those that were given. `allKeys`: with everything they inherit, which is what policies read as
 * `membership.roles`.
 */
type Holding = { readonly keys: readonly string[]; readonly allKeys: readonly string[]; readonly roles: Bitset }

/** Whom a decision is about, with everything that is the same for each question about them. */
export type Subject = {
  readonly model: PolicyModel
  readonly forAll: Holding
  /** With the roles held for that resource alone; undefined when there are none. */
  readonly forOne: ((resource: ResourceRef) => Holding) | undefined
  /** The resources some role is held for. */
  readonly limitedTo: readonly ResourceRef[]
  /** What the platform says of `user`, `organization` and `membership`. */
  readonly platform: Statements
  readonly stored: Statements
  /** What of these is believed where nobody states anything, put together once for each type that was asked about. */
  readonly settled: Map<ConditionSchema, AttributeValues>
  /** What the platform says of the request they are asked about in. */
  readonly request: Properties
  /** They hold the same from the first of these moments until before the second. */
  readonly heldSinceMs: number
  readonly heldUntilMs: number
  /** Of the API key they act with: beyond it nothing is granted, whatever they hold. */
  readonly scope?: ReadonlySet<string> | undefined
  /** Asked by an application, which says where its user came from and how they signed in. */
  readonly isByApplication: boolean
}

export const isSubject = (found: Subject | Ineligible): found is Subject => 'model' in found
export const ineligible = (code: Ineligible['reason']['code']): Ineligible => ({ allowed: false, reason: { code } })

/** Keys of the roles a member holds now, ownership included; with a `resource` also those held for it alone. */
export const heldKeysOf = (
  model: PolicyModel,
  {
    member,
    nowMs,
    resource,
  }: { member: Pick<MemberFacts, 'roles' | 'isOwner'>; nowMs: number; resource?: ResourceRef | undefined },
): string[] => [
  ...roleKeysOf(model, rolesHeldAt(member.roles, nowMs, resource)),
  ...(member.isOwner ? [ownerRole] : []),
]

/**
 * What decisions in an organization rest on beside the principals: its rules, and what its directory says of the person
 * and of itself.
 */
export type OrganizationContext = {
  readonly model: PolicyModel
  readonly directory: { readonly user?: Properties | undefined; readonly organization?: Properties | undefined }
}

/** How it is asked: the moment the answer is about and what is known of the request. */
export type Asked = { readonly nowMs: number; readonly request: Properties; readonly isByApplication: boolean }

/** Somebody who was asked about before, in another request while they hold the same. */
export const askedAgain = (subject: Subject, { request }: Asked): Subject => ({ ...subject, request })
export const holdsSameAt = (subject: Subject, nowMs: number): boolean =>
  subject.heldSinceMs <= nowMs && nowMs < subject.heldUntilMs

/** What depends on how and when somebody is asked about. */
const inRequest = ({ nowMs, request, isByApplication }: Asked, held: readonly HeldRole[]) => ({
  request,
  isByApplication,
  heldSinceMs: nowMs,
  heldUntilMs: Math.min(
    ...held.map(({ expiresAtMs }) => (expiresAtMs === undefined || expiresAtMs <= nowMs ? Infinity : expiresAtMs)),
  ),
  settled: new Map<ConditionSchema, AttributeValues>(),
})

export function memberSubject(
  { model, directory }: OrganizationContext,
  o: Asked & { orgId: string; userId: string; user: UserFacts; member: MemberFacts },
): Subject {
  const { nowMs, member } = o
  const holdingOn = (resource?: ResourceRef): Holding =>
    holdingOf(model, heldKeysOf(model, { member, nowMs, resource }))
  const forAll = holdingOn()
  return {
    model,
    forAll,
    ...limits(member.roles, holdingOn),
    platform: {
      user: { id: o.userId, email_verified: o.user.emailVerified },
      organization: { id: o.orgId },
      membership: { id: member.id, is_owner: member.isOwner, roles: forAll.allKeys },
    },
    stored: { membership: member.attributes, ...directory },
    ...inRequest(o, member.roles),
  }
}

/**
 * Something of the directory: what it is on record as stands in the place of a person's and a member's attributes, its
 * roles in that of a member's.
 */
export function entitySubject(
  { model, directory }: OrganizationContext,
  o: Asked & { orgId: string; entity: EntityFacts },
): Subject {
  const { entity } = o
  const forAll = holdingOf(model, roleKeysOf(model, rolesHeldAt(entity.roles, o.nowMs)))
  const platform = {
    user: { id: entity.id },
    organization: { id: o.orgId },
    membership: { is_owner: false, roles: forAll.allKeys },
  }
  return {
    model,
    forAll,
    forOne: undefined,
    limitedTo: [],
    platform,
    stored: { membership: entity.attributes, user: entity.attributes, organization: directory.organization },
    ...inRequest(o, entity.roles),
  }
}

/**
 * A service account is no member and no owner; its roles are in the place of a member's, so that policies read them
 * alike. One of the platform holds the one role that asks about others, and no organization gives it another.
 */
export function serviceAccountSubject(
  { model, directory }: OrganizationContext,
  o: Asked & {
    orgId: string
    serviceAccountId: string
    account: ServiceAccountFacts
    scope: readonly string[] | undefined
    isOfPlatform: boolean
  },
): Subject {
  const { nowMs, account, scope } = o
  const holdingOn = (resource?: ResourceRef): Holding =>
    holdingOf(model, o.isOfPlatform ? [evaluatorRole] : roleKeysOf(model, rolesHeldAt(account.roles, nowMs, resource)))
  const forAll = holdingOn()
  return {
    model,
    forAll,
    ...limits(account.roles, holdingOn),
    platform: {
      user: { id: o.serviceAccountId },
      organization: { id: o.orgId },
      membership: { is_owner: false, roles: forAll.allKeys },
    },
    stored: { organization: directory.organization },
    scope: scope && new Set(scope),
    ...inRequest(o, account.roles),
  }
}

/** At platform scope only platform assignments count, and only the platform's policies. */
export function operatorSubject(
  model: PolicyModel,
  o: Asked & { userId: string; user: UserFacts; assigned: readonly HeldRole[] },
): Subject {
  const forAll = holdingOf(model, roleKeysOf(model, rolesHeldAt(o.assigned, o.nowMs)))
  return {
    model,
    forAll,
    forOne: undefined,
    limitedTo: [],
    platform: { user: { id: o.userId, email_verified: o.user.emailVerified } },
    stored: {},
    ...inRequest(o, o.assigned),
  }
}

function limits(
  held: readonly HeldRole[],
  holdingOn: (resource?: ResourceRef) => Holding,
): Pick<Subject, 'forOne' | 'limitedTo'> {
  const limitedTo = held.flatMap(({ resource }) => resource ?? [])
  return { limitedTo, forOne: limitedTo.length > 0 ? holdingOn : undefined }
}

const holdingOf = (model: PolicyModel, keys: readonly string[]): Holding => ({
  keys,
  allKeys: withInherited(model.roles, keys),
  roles: roleSetOf(model.set, keys),
})

/** The same subject, holding these roles and no others, wherever it asks. */
export function holdingInstead(subject: Subject, keys: readonly string[]): Subject {
  const forAll = holdingOf(subject.model, keys)
  const { platform } = subject
  return {
    ...subject,
    forAll,
    forOne: undefined,
    limitedTo: [],
    platform: { ...platform, membership: { ...platform.membership, roles: forAll.allKeys } },
    settled: new Map(),
  }
}
