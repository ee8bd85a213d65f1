/**
 * A decision about one subject: what is known of them is put together once, and each question after that costs its own values and `decide`.
 * What the asker may not state is an answer about the question, never a value in it.
 */
import type { Bitset } from '@gatehouse/policy/compile/bitset'
import { roleSetOf } from '@gatehouse/policy/compile/policy-set'
import { decide, type Decision, type DecisionRequest } from '@gatehouse/policy/decide/decide'
import type { PlanRequest } from '@gatehouse/policy/plan/plan'
import { assembleAttributes, subjectStatements, type Assembled, type Properties, type Statements } from './attributes.ts'
import type { Action, Entity } from './authzen-request.ts'
import { rolesHeldAt, type EntityFacts, type HeldRole, type MemberFacts, type ResourceRef, type Standing, type UserFacts } from './facts.ts'
import { ownerRole } from './platform.ts'
import { roleKeysOf, type PolicyModel } from './policy-model.ts'
import type { DefinitionError } from './role-definition.ts'

export type Question = {
  readonly resource: Entity
  readonly action: Action
  readonly subjectProperties?: Properties | undefined
  readonly context?: Properties | undefined
  /** What the entity directory says of the resource. */
  readonly storedResource?: Properties | undefined
}

/** Nothing can be granted, whatever is asked. */
export type Obstructed = { readonly allowed: false; readonly reason: { readonly code: Standing | 'subject_not_permitted' | 'unknown_subject' } }
/** The asker states what is not theirs to state: no answer to the question, but to how it was asked. */
export type Misstated = { readonly allowed: false; readonly reason: { readonly code: 'invalid_attribute' }; readonly errors: readonly DefinitionError[] }
export type Answer = Decision | Obstructed | Misstated

type Holding = { readonly keys: readonly string[]; readonly roles: Bitset }

/** Whom a decision is about, with everything that is the same for each question about them. */
export type Subject = {
  readonly model: PolicyModel
  readonly forAll: Holding
  /** With the roles held for that resource alone; undefined when there are none. */
  readonly forOne: ((resource: ResourceRef) => Holding) | undefined
  /** The resources some role is held for. */
  readonly limitedTo: readonly ResourceRef[]
  /** What the platform says of `user`, `organization`, `membership` and `request`. */
  readonly platform: Statements
  readonly stored: Statements
  /** Asked by an application, which says where its user came from and how they signed in. */
  readonly isByApplication: boolean
}

export const isSubject = (found: Subject | Obstructed): found is Subject => 'model' in found
export const obstructed = (code: Obstructed['reason']['code']): Obstructed => ({ allowed: false, reason: { code } })

/** Keys of the roles a member holds now, ownership included; with a `resource` also those held for it alone. */
export const heldKeysOf = (model: PolicyModel, { member, nowMs, resource }: { member: Pick<MemberFacts, 'roles' | 'isOwner'>; nowMs: number; resource?: ResourceRef | undefined }): string[] => [
  ...roleKeysOf(model, rolesHeldAt(member.roles, nowMs, resource)),
  ...(member.isOwner ? [ownerRole] : []),
]

/** How it is asked: the moment the answer is about and what is known of the request. */
export type Asked = { readonly nowMs: number; readonly request: Properties; readonly isByApplication: boolean }

export function memberSubject(model: PolicyModel, o: Asked & { orgId: string; userId: string; user: UserFacts; member: MemberFacts }): Subject {
  const { nowMs, member } = o
  const holdingOn = (resource?: ResourceRef): Holding => holdingOf(model, heldKeysOf(model, { member, nowMs, resource }))
  const forAll = holdingOn()
  return {
    model,
    forAll,
    ...limits(member.roles, holdingOn),
    platform: {
      user: { id: o.userId, email_verified: o.user.emailVerified },
      organization: { id: o.orgId },
      membership: { id: member.id, is_owner: member.isOwner, roles: forAll.keys },
      request: o.request,
    },
    stored: { membership: member.attributes },
    isByApplication: o.isByApplication,
  }
}

/** Something of the directory: what it is on record as stands in the place of a member's attributes, its roles in that of a member's. */
export function entitySubject(model: PolicyModel, o: Asked & { orgId: string; entity: EntityFacts }): Subject {
  const { entity } = o
  const forAll = holdingOf(model, roleKeysOf(model, rolesHeldAt(entity.roles, o.nowMs)))
  const platform = { user: { id: entity.id }, organization: { id: o.orgId }, membership: { is_owner: false, roles: forAll.keys }, request: o.request }
  return { model, forAll, forOne: undefined, limitedTo: [], platform, stored: { membership: entity.attributes }, isByApplication: o.isByApplication }
}

/** At platform scope only platform assignments count, and only the platform's policies. */
export function operatorSubject(model: PolicyModel, o: Asked & { userId: string; user: UserFacts; assigned: readonly HeldRole[] }): Subject {
  const forAll = holdingOf(model, roleKeysOf(model, rolesHeldAt(o.assigned, o.nowMs)))
  return { model, forAll, forOne: undefined, limitedTo: [], platform: { user: { id: o.userId, email_verified: o.user.emailVerified }, request: o.request }, stored: {}, isByApplication: o.isByApplication }
}

function limits(held: readonly HeldRole[], holdingOn: (resource?: ResourceRef) => Holding): Pick<Subject, 'forOne' | 'limitedTo'> {
  const limitedTo = held.flatMap(({ resource }) => resource ?? [])
  return { limitedTo, forOne: limitedTo.length > 0 ? holdingOn : undefined }
}

const holdingOf = (model: PolicyModel, keys: readonly string[]): Holding => ({ keys, roles: roleSetOf(model.set, keys) })

export function answer(subject: Subject | Obstructed, question: Question): Answer {
  if (!isSubject(subject)) return subject
  const asked = requestFor(subject, question)
  return 'errors' in asked ? asked : decide(subject.model.set, asked)
}

/** The question as the engine takes it. */
export function requestFor(subject: Subject, question: Question): DecisionRequest | Misstated {
  const { resource, action } = question
  const { keys, roles } = subject.forOne?.(resource) ?? subject.forAll
  const request = { resourceType: resource.type, action: action.name, roles }
  const assembled = valuesOf(subject, { ...question, keys, resource, known: { id: resource.id, type: resource.type } })
  return assembled.ok ? { ...request, values: assembled.values } : misstated(assembled.errors)
}

type AboutType = Omit<Question, 'resource'> & { readonly resource: { readonly type: string; readonly properties?: Properties | undefined } }

/** The same with the resource left open: what is stated of it holds for each, what it is on record as is not known. */
export function planFor(subject: Subject, question: AboutType): PlanRequest | Misstated {
  const { resource, action } = question
  const { keys, roles } = subject.forAll
  const assembled = valuesOf(subject, { ...question, keys, known: { type: resource.type } })
  if (!assembled.ok) return misstated(assembled.errors)
  const limited = subject.limitedTo.filter(({ type }) => type === resource.type)
  return {
    resourceType: resource.type,
    action: action.name,
    roles,
    values: assembled.values,
    resourceRoles: limited.map((one) => ({ resourceId: one.id, roles: subject.forOne?.(one).roles ?? roles })),
  }
}

const misstated = (errors: readonly DefinitionError[]): Misstated => ({ allowed: false, reason: { code: 'invalid_attribute' }, errors })

function valuesOf(subject: Subject, o: AboutType & { readonly keys: readonly string[]; readonly known: Properties }): Assembled {
  const { model, platform, stored } = subject
  const { resource, action } = o
  const known = model.catalog.types.get(resource.type)
  if (!known) return nothing
  return assembleAttributes(subject.isByApplication ? known.schemaForApplications : known.schema, {
    platform: {
      ...platform,
      membership: subject.forOne ? { ...platform.membership, roles: o.keys } : platform.membership,
      resource: o.known,
      action: { name: action.name },
    },
    stored: o.storedResource === undefined ? stored : { ...stored, resource: o.storedResource },
    caller: { ...subjectStatements(known.schema, o.subjectProperties), resource: resource.properties, action: action.properties, request: o.context },
  })
}

const nothing: Assembled = { ok: true, values: {} }
