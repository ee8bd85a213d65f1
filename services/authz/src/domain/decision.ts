/**
 * A decision about one subject: what is known of them is put together once, and each question after that costs its own values and `decide`.
 * What the asker may not state is an answer about the question, never a value in it.
 */
import type { Bitset } from '@gatehouse/policy/compile/bitset'
import { roleSetOf } from '@gatehouse/policy/compile/policy-set'
import { decide, type Decision } from '@gatehouse/policy/decide/decide'
import { assembleAttributes, subjectStatements, type Properties, type Statements } from './attributes.ts'
import type { Action, Entity } from './authzen-request.ts'
import { rolesHeldAt, type HeldRole, type MemberFacts, type ResourceRef, type Standing, type UserFacts } from './facts.ts'
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
    forOne: member.roles.some(({ resource }) => resource !== undefined) ? holdingOn : undefined,
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

/** At platform scope only platform assignments count, and only the platform's policies. */
export function operatorSubject(model: PolicyModel, o: Asked & { userId: string; user: UserFacts; assigned: readonly HeldRole[] }): Subject {
  const forAll = holdingOf(model, roleKeysOf(model, rolesHeldAt(o.assigned, o.nowMs)))
  return { model, forAll, forOne: undefined, platform: { user: { id: o.userId, email_verified: o.user.emailVerified }, request: o.request }, stored: {}, isByApplication: o.isByApplication }
}

const holdingOf = (model: PolicyModel, keys: readonly string[]): Holding => ({ keys, roles: roleSetOf(model.set, keys) })

export function answer(subject: Subject | Obstructed, question: Question): Answer {
  if (!isSubject(subject)) return subject
  const { model } = subject
  const { resource, action } = question
  const { keys, roles } = subject.forOne?.(resource) ?? subject.forAll
  const known = model.catalog.types.get(resource.type)
  const request = { resourceType: resource.type, action: action.name, roles }
  if (!known) return decide(model.set, { ...request, values: {} })
  const { platform } = subject
  const assembled = assembleAttributes(subject.isByApplication ? known.schemaForApplications : known.schema, {
    platform: {
      ...platform,
      membership: subject.forOne ? { ...platform.membership, roles: keys } : platform.membership,
      resource: { id: resource.id, type: resource.type },
      action: { name: action.name },
    },
    stored: question.storedResource === undefined ? subject.stored : { ...subject.stored, resource: question.storedResource },
    caller: { ...subjectStatements(known.schema, question.subjectProperties), resource: resource.properties, action: action.properties, request: question.context },
  })
  if (!assembled.ok) return { allowed: false, reason: { code: 'invalid_attribute' }, errors: assembled.errors }
  return decide(model.set, { ...request, values: assembled.values })
}
