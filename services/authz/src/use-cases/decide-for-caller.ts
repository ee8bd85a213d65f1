/**
 * Decides for one subject: a member of an organization, or a person at platform scope. What is known of the subject is looked up once;
 * after that each question costs putting its values together and deciding.
 */
import type { Bitset } from '@gatehouse/policy/compile/bitset'
import { roleSetOf } from '@gatehouse/policy/compile/policy-set'
import { decide, type Decision } from '@gatehouse/policy/decide/decide'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { OrgCaller, UserCaller } from '@gatehouse/service-kit/http/caller'
import { assembleAttributes, subjectStatements, type Properties, type Statements } from '../domain/attributes.ts'
import type { Action, Entity } from '../domain/authzen-request.ts'
import { findObstacle, rolesHeldAt, type MemberFacts, type Standing } from '../domain/facts.ts'
import { gatehouse, ownerRole, splitPermission } from '../domain/platform.ts'
import { roleKeysOf, type PolicyModel } from '../domain/policy-model.ts'
import type { DefinitionError } from '../domain/role-definition.ts'
import { partiesOf, type KnowingDeps } from './parties.ts'

export type DecidingDeps = KnowingDeps & { clock: Clock }

export type Question = {
  readonly resource: Entity
  readonly action: Action
  readonly subjectProperties?: Properties | undefined
  readonly context?: Properties | undefined
}

/** Nothing can be granted, whatever is asked. */
export type Obstructed = { readonly allowed: false; readonly reason: { readonly code: Standing | 'subject_not_permitted' } }
/** The asker states what is not theirs to state: no answer to the question, but to how it was asked. */
export type Misstated = { readonly allowed: false; readonly reason: { readonly code: 'invalid_attribute' }; readonly errors: readonly DefinitionError[] }
export type Answer = Decision | Obstructed | Misstated

/** Whom a decision is about, with everything that is the same for each question about them. */
export type Subject = {
  readonly model: PolicyModel
  readonly held: readonly string[]
  readonly roles: Bitset
  /** What the platform says of `user`, `organization`, `membership` and `request`. */
  readonly platform: Statements
  readonly stored: Statements
}

export const isSubject = (found: Subject | Obstructed): found is Subject => 'model' in found
const obstructed = (code: Obstructed['reason']['code']): Obstructed => ({ allowed: false, reason: { code } })
export const notPermitted = obstructed('subject_not_permitted')

/** Keys of the roles a member holds now, ownership included. */
export const heldKeysOf = (model: PolicyModel, { member, nowMs }: { member: MemberFacts; nowMs: number }): string[] => [
  ...roleKeysOf(model, rolesHeldAt(member.roles, nowMs)),
  ...(member.isOwner ? [ownerRole] : []),
]

/** The person who asks, as a member of the organization of their token. @throws AppError `not_current`, `revision_unavailable` */
export async function memberAsking(deps: DecidingDeps, caller: OrgCaller): Promise<Subject | Obstructed> {
  const parties = await partiesOf(deps, caller)
  const obstacle = findObstacle(parties)
  const { user, member } = parties
  if (obstacle !== undefined || member === undefined) return obstructed(obstacle ?? 'not_a_member')
  const model = await deps.knowledge.model(caller.orgId)
  const now = deps.clock.now()
  const held = heldKeysOf(model, { member, nowMs: now.getTime() })
  const platform = {
    user: { id: caller.userId, email_verified: user?.emailVerified },
    organization: { id: caller.orgId },
    membership: { id: member.id, is_owner: member.isOwner, roles: held },
    request: requestOf(caller, now),
  }
  return { model, held, roles: roleSetOf(model.set, held), platform, stored: { membership: member.attributes } }
}

/** At platform scope only platform assignments count, and only the platform's policies. */
async function operatorAsking(deps: DecidingDeps, caller: UserCaller): Promise<Subject | Obstructed> {
  const { user } = await partiesOf(deps, caller)
  if (user?.status !== 'active') return obstructed('user_disabled')
  const [model, assigned] = await Promise.all([deps.knowledge.model(), deps.knowledge.platformRoles(caller.userId)])
  const now = deps.clock.now()
  const held = roleKeysOf(model, rolesHeldAt(assigned, now.getTime()))
  const platform = { user: { id: caller.userId, email_verified: user.emailVerified }, request: requestOf(caller, now) }
  return { model, held, roles: roleSetOf(model.set, held), platform, stored: {} }
}

const requestOf = ({ claims }: UserCaller, now: Date): Properties => ({
  time: now.getTime(),
  ip: currentContext()?.clientAddress,
  acr: claims.acr,
  amr: claims.amr,
  auth_time: claims.auth_time * 1000,
})

export function answer(subject: Subject | Obstructed, question: Question): Answer {
  if (!isSubject(subject)) return subject
  const { model, roles } = subject
  const { resource, action } = question
  const known = model.catalog.types.get(resource.type)
  if (!known) return decide(model.set, { resourceType: resource.type, action: action.name, roles, values: {} })
  const { schema } = known
  const assembled = assembleAttributes(schema, {
    platform: { ...subject.platform, resource: { id: resource.id, type: resource.type }, action: { name: action.name } },
    stored: subject.stored,
    caller: { ...subjectStatements(schema, question.subjectProperties), resource: resource.properties, action: action.properties, request: question.context },
  })
  if (!assembled.ok) return { allowed: false, reason: { code: 'invalid_attribute' }, errors: assembled.errors }
  return decide(model.set, { resourceType: resource.type, action: action.name, roles, values: assembled.values })
}

/** @throws AppError `invalid_attribute`, `not_current`, `revision_unavailable` */
export async function decideForMember(deps: DecidingDeps, caller: OrgCaller, questions: readonly Question[]): Promise<(Decision | Obstructed)[]> {
  const subject = await memberAsking(deps, caller)
  return questions.map((question) => requireStated(answer(subject, question)))
}

export async function decideForOperator(deps: DecidingDeps, caller: UserCaller, questions: readonly Question[]): Promise<(Decision | Obstructed)[]> {
  const subject = await operatorAsking(deps, caller)
  return questions.map((question) => requireStated(answer(subject, question)))
}

/** @throws AppError `invalid_attribute` */
export function requireStated(given: Answer): Decision | Obstructed {
  if ('errors' in given) throw problem('invalid_attribute', { errors: [...given.errors] })
  return given
}

/** A permission of Gatehouse itself as a question: about the organization, or about the platform. */
export function questionOf(permission: string, orgId: string | undefined): Question {
  const { resourceType, action } = splitPermission(permission)
  return { resource: { type: resourceType, id: orgId ?? gatehouse }, action: { name: action } }
}
