/** Decides for whoever asks: as a member of the organization of their token, or at platform scope. */
import type { Decision } from '@gatehouse/policy/decide/decide'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { MemberCaller, OrgCaller, UserCaller } from '@gatehouse/service-kit/http/caller'
import type { Properties } from '../domain/attributes.ts'
import { answer, memberSubject, obstructed, operatorSubject, type Answer, type Obstructed, type Question, type Subject } from '../domain/decision.ts'
import { findObstacle } from '../domain/facts.ts'
import { gatehouse, splitPermission } from '../domain/platform.ts'
import { partiesOf, type KnowingDeps } from './parties.ts'

export type DecidingDeps = KnowingDeps & { clock: Clock }

/** Whoever asks, as a subject. @throws AppError `not_current`, `revision_unavailable` */
export const callerAsSubject = async (deps: DecidingDeps, caller: OrgCaller): Promise<Subject | Obstructed> =>
  caller.kind === 'user' ? memberAsking(deps, caller) : obstructed('not_a_member')

async function memberAsking(deps: DecidingDeps, caller: MemberCaller): Promise<Subject | Obstructed> {
  const parties = await partiesOf(deps, caller)
  const obstacle = findObstacle(parties)
  const { user, member } = parties
  if (obstacle !== undefined || user === undefined || member === undefined) return obstructed(obstacle ?? 'not_a_member')
  const { orgId, userId } = caller
  return memberSubject(await deps.knowledge.model(orgId), { orgId, userId, user, member, ...askedBy(deps, caller) })
}

async function operatorAsking(deps: DecidingDeps, caller: UserCaller): Promise<Subject | Obstructed> {
  const { userId } = caller
  const { user } = await partiesOf(deps, caller)
  if (user?.status !== 'active') return obstructed('user_disabled')
  const [model, assigned] = await Promise.all([deps.knowledge.model(), deps.knowledge.platformRoles(userId)])
  return operatorSubject(model, { userId, user, assigned, ...askedBy(deps, caller) })
}

/** A person's token says how they signed in, and the gateway where they are. */
export function askedBy({ clock }: Pick<DecidingDeps, 'clock'>, { claims }: UserCaller): { nowMs: number; request: Properties; isByApplication: false } {
  const nowMs = clock.now().getTime()
  return { nowMs, request: { time: nowMs, ip: currentContext()?.clientAddress, acr: claims.acr, amr: claims.amr, auth_time: claims.auth_time * 1000 }, isByApplication: false }
}

/** @throws AppError `invalid_attribute`, `not_current`, `revision_unavailable` */
export async function decideForCaller(deps: DecidingDeps, caller: OrgCaller, questions: readonly Question[]): Promise<(Decision | Obstructed)[]> {
  const subject = await callerAsSubject(deps, caller)
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
