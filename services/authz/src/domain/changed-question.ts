/**
 * A question as it would be asked once something about it is changed, by the rules that hold for whoever changes it:
 * what a caller states, what is on record, and the roles that are given. A change that those rules undo or refuse is
 * none.
 */
import { valueOfType, type Value } from '@gatehouse/policy/compile/attributes'
import type { DecisionRequest } from '@gatehouse/policy/decide/decide'
import type { AttributeSource, TypedAttributeRef } from '@gatehouse/policy/ir/condition'
import { Value as Values } from 'typebox/value'
import type { Properties } from './attributes.ts'
import type { Entity } from './authzen-request.ts'
import { requestFor, type Question } from './decision.ts'
import { isPlatformPrincipal } from './directory.ts'
import { isAssignable } from './platform.ts'
import { holdingInstead, type Subject } from './subject.ts'

/** What whoever changes it may do. */
export type ChangeRights = {
  readonly assignRoles: boolean
  readonly updateMembers: boolean
  readonly writeEntities: boolean
  readonly writeAttributes: boolean
}

export type Changing = {
  readonly named: Pick<Entity, 'type' | 'id'>
  readonly subject: Subject
  readonly question: Question
  readonly may: ChangeRights
}

/** With one role more, or without one that was given; a role that is inherited is not taken by itself. */
export function withRole({ subject, question, may }: Changing, role: string, on: boolean): DecisionRequest | undefined {
  if (!may.assignRoles || !isAssignable(role) || !subject.model.roles.has(role)) return undefined
  const { keys } = subject.forOne?.(question.resource) ?? subject.forAll
  if (keys.includes(role) === on) return undefined
  const changed = on ? [...keys, role] : keys.filter((key) => key !== role)
  return requestOf(holdingInstead(subject, changed), question)
}

/** With another value of an attribute, or none: stated by whoever asks, else stored. */
export function withAttribute(
  changing: Changing,
  ref: TypedAttributeRef,
  value: Value | undefined,
): DecisionRequest | undefined {
  const written = writtenValue(ref, value)
  for (const change of [stating, storing]) {
    const request = change(changing, ref, written)
    if (request && Values.Equal(valueOfType(ref.type, request.values[ref.source]?.[ref.name]), value)) return request
  }
  return undefined
}

const requestOf = (subject: Subject, question: Question): DecisionRequest | undefined => {
  const asked = requestFor(subject, question)
  return 'errors' in asked ? undefined : asked
}

/** In JSON an instant is text. */
const writtenValue = ({ type }: TypedAttributeRef, value: Value | undefined): unknown =>
  type === 'timestamp' && typeof value === 'number' && Math.abs(value) <= 8.64e15
    ? new Date(value).toISOString()
    : value

const withProperty = (properties: Properties | undefined, name: string, value: unknown): Properties => {
  const { [name]: _before, ...others } = properties ?? {}
  return value === undefined ? others : { ...others, [name]: value }
}

function stating(
  { subject, question }: Changing,
  { source, name }: TypedAttributeRef,
  value: unknown,
): DecisionRequest | undefined {
  const { subjectProperties, resource, action, context } = question
  switch (source) {
    case 'user':
    case 'membership':
      return requestOf(subject, { ...question, subjectProperties: withProperty(subjectProperties, name, value) })
    case 'resource':
      return requestOf(subject, {
        ...question,
        resource: { ...resource, properties: withProperty(resource.properties, name, value) },
      })
    case 'action':
      return requestOf(subject, {
        ...question,
        action: { ...action, properties: withProperty(action.properties, name, value) },
      })
    case 'request':
      return requestOf(subject, { ...question, context: withProperty(context, name, value) })
    case 'organization':
      return undefined
  }
}

function storing(changing: Changing, { source, name }: TypedAttributeRef, value: unknown): DecisionRequest | undefined {
  const { subject, question } = changing
  if (!mayStore(changing, source)) return undefined
  if (source === 'resource')
    return requestOf(subject, { ...question, storedResource: withProperty(question.storedResource, name, value) })
  const stored = { ...subject.stored, [source]: withProperty(subject.stored[source], name, value) }
  return requestOf({ ...subject, stored, settled: new Map() }, question)
}

/**
 * What policies read of a subject or the organization takes the permission to write attributes beside that of its
 * record.
 */
function mayStore({ named, may }: Changing, source: AttributeSource): boolean {
  switch (source) {
    case 'resource':
      return may.writeEntities
    case 'organization':
      return may.writeEntities && may.writeAttributes
    case 'user':
      return may.writeEntities && may.writeAttributes && !isAccount(named)
    case 'membership':
      return (isMember(named) ? may.updateMembers : may.writeEntities) && may.writeAttributes && !isAccount(named)
    default:
      return false
  }
}

const isMember = (named: Changing['named']): boolean => isPlatformPrincipal(named) && named.type === 'user'
/** The platform knows service accounts by themselves; nothing is stored of them. */
const isAccount = (named: Changing['named']): boolean => isPlatformPrincipal(named) && named.type === 'service_account'
