/** Decides for the person who asks: as a member of the organization of their token, or at platform scope. */
import { roleSetOf } from '@gatehouse/policy/compile/policy-set'
import { decide, type Decision } from '@gatehouse/policy/decide/decide'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { MemberCaller, OrgCaller, UserCaller } from '@gatehouse/service-kit/http/caller'
import { assembleAttributes, subjectStatements, type Properties, type Statements } from '../domain/attributes.ts'
import { conditionSchema } from '../domain/catalog.ts'
import { findObstacle, rolesHeldAt, type MemberFacts, type ResourceRef, type Standing } from '../domain/facts.ts'
import { gatehouse, ownerRole, splitPermission } from '../domain/platform.ts'
import { roleKeysOf, type PolicyModel } from '../domain/policy-model.ts'
import { partiesOf, type KnowingDeps, type Parties } from './parties.ts'

export type DecidingDeps = KnowingDeps & { clock: Clock }

export type Question = {
  readonly resource: { readonly type: string; readonly id: string; readonly properties?: Properties | undefined }
  readonly action: { readonly name: string; readonly properties?: Properties | undefined }
  readonly subjectProperties?: Properties | undefined
  readonly context?: Properties | undefined
}

export type Obstructed = { readonly allowed: false; readonly reason: { readonly code: Standing } }

/** Keys of the roles a member holds now, ownership included; with a `resource` also those held for it alone. */
export const heldKeysOf = (model: PolicyModel, { member, nowMs, resource }: { member: MemberFacts; nowMs: number; resource?: ResourceRef }): string[] => [
  ...roleKeysOf(model, rolesHeldAt(member.roles, nowMs, resource)),
  ...(member.isOwner ? [ownerRole] : []),
]

/** @throws AppError `invalid_attribute`, `not_current`, `revision_unavailable` */
export async function decideForCaller(deps: DecidingDeps, caller: OrgCaller, questions: readonly Question[]): Promise<(Decision | Obstructed)[]> {
  if (caller.kind === 'user') return decideForMember(deps, caller, questions)
  return questions.map(() => ({ allowed: false, reason: { code: 'not_a_member' } }))
}

async function decideForMember(deps: DecidingDeps, caller: MemberCaller, questions: readonly Question[]): Promise<(Decision | Obstructed)[]> {
  const parties = await partiesOf(deps, caller)
  const obstacle = findObstacle(parties)
  const { member } = parties
  if (obstacle !== undefined || member === undefined) return questions.map(() => ({ allowed: false, reason: { code: obstacle ?? 'not_a_member' } }))
  const model = await deps.knowledge.model(caller.orgId)
  const now = deps.clock.now()
  const holding = (resource?: ResourceRef) => {
    const held = heldKeysOf(model, { member, nowMs: now.getTime(), ...(resource === undefined ? {} : { resource }) })
    return { held, roles: roleSetOf(model.set, held) }
  }
  const forAll = holding()
  const isLimited = member.roles.some(({ resource }) => resource !== undefined)
  return questions.map((question) => {
    const { type } = question.resource
    const { held, roles } = isLimited ? holding(question.resource) : forAll
    const values = model.catalog.types.has(type) ? valuesFor(model, { question, caller, parties, held, now }) : {}
    return decide(model.set, { resourceType: type, action: question.action.name, roles, values })
  })
}

/** At platform scope only platform assignments count, and only the platform's policies. */
export async function decideForOperator(deps: DecidingDeps, caller: UserCaller, questions: readonly Question[]): Promise<(Decision | Obstructed)[]> {
  const parties = await partiesOf(deps, caller)
  if (parties.user?.status !== 'active') return questions.map(() => ({ allowed: false, reason: { code: 'user_disabled' } }))
  const [model, assigned] = await Promise.all([deps.knowledge.model(), deps.knowledge.platformRoles(caller.userId)])
  const now = deps.clock.now()
  const held = roleKeysOf(model, rolesHeldAt(assigned, now.getTime()))
  const about = { caller, parties: { ...parties, organization: undefined, member: undefined }, held, now }
  return questions.map((question) =>
    decide(model.set, { resourceType: question.resource.type, action: question.action.name, roles: roleSetOf(model.set, held), values: valuesFor(model, { question, ...about }) }),
  )
}

type About = { question: Question; caller: UserCaller; parties: Parties; held: readonly string[]; now: Date }

function valuesFor(model: PolicyModel, about: About) {
  const { question, parties } = about
  const schema = conditionSchema(model.catalog, question.resource.type)
  const assembled = assembleAttributes(schema, {
    platform: platformStatements(about),
    stored: { membership: parties.member?.attributes ?? {} },
    caller: {
      ...subjectStatements(schema, question.subjectProperties ?? {}),
      resource: question.resource.properties ?? {},
      action: question.action.properties ?? {},
      request: question.context ?? {},
    },
  })
  if (!assembled.ok) throw problem('invalid_attribute', { errors: assembled.errors })
  return assembled.values
}

function platformStatements({ question, caller, parties, held, now }: About): Statements {
  const { claims, orgId, userId } = caller
  return {
    user: { id: userId, email_verified: parties.user?.emailVerified },
    organization: { id: parties.organization === undefined ? undefined : orgId },
    membership: parties.member === undefined ? {} : { id: parties.member.id, is_owner: parties.member.isOwner, roles: held },
    resource: { id: question.resource.id, type: question.resource.type },
    request: { time: now.getTime(), ip: currentContext()?.clientAddress, acr: claims.acr, amr: claims.amr, auth_time: claims.auth_time * 1000 },
    action: { name: question.action.name },
  }
}

/** A permission of Gatehouse itself as a question: about the organization, or about the platform. */
export function questionOf(permission: string, orgId: string | undefined): Question {
  const { resourceType, action } = splitPermission(permission)
  return { resource: { type: resourceType, id: orgId ?? gatehouse }, action: { name: action } }
}
