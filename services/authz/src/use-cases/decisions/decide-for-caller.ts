/** Decides for whoever asks: as a member of the organization of their token, or at platform scope. */
import type { Decision } from '@gatehouse/policy/compile/decision'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type {
  MemberCaller,
  OrgCaller,
  PrincipalCaller,
  ServiceAccountCaller,
  UserCaller,
} from '@gatehouse/access/callers/caller'
import { answer, type Answer, type Question } from '../../domain/decision.ts'
import {
  memberSubject,
  obstructed,
  operatorSubject,
  serviceAccountSubject,
  type Asked,
  type Ground,
  type Obstructed,
  type Subject,
} from '../../domain/subject.ts'
import { findAccountObstacle, findObstacle } from '../../domain/facts.ts'
import { gatehouse, splitPermission } from '../../domain/platform.ts'
import { groundOf } from '../subjects/organization-context.ts'
import {
  accountPartiesOf,
  findAccountParties,
  findParties,
  partiesOf,
  type AccountParties,
  type KnowingDeps,
  type Parties,
} from '../subjects/principal-facts.ts'

export type DecidingDeps = KnowingDeps & { clock: Clock }

/** Whoever asks, as a subject; as of a moment of the past when `at` is given. @throws AppError `not_current`, `revision_unavailable` */
export const callerAsSubject = async (
  deps: DecidingDeps,
  caller: OrgCaller,
  at?: Date,
): Promise<Subject | Obstructed> =>
  caller.kind === 'user' ? memberAsking(deps, caller, at) : accountAsking(deps, caller, at)

async function memberAsking(
  deps: DecidingDeps,
  caller: MemberCaller,
  at: Date | undefined,
): Promise<Subject | Obstructed> {
  const today = await partiesOf(deps, caller)
  const asked = askedBy(deps, caller, { at, clientAddress: currentContext()?.clientAddress })
  if (at === undefined) return memberOf(await groundOf(deps.knowledge, caller), today, { ...caller, asked })
  const past = deps.knowledge.asOf(at)
  return memberOf(await groundOf(past, caller), await findParties(past, caller), { ...caller, asked })
}

/** A member of an organization as a subject, from facts of one moment. */
export function memberOf(
  ground: Ground,
  parties: Parties,
  o: { orgId: string; userId: string; asked: Asked },
): Subject | Obstructed {
  const obstacle = findObstacle(parties)
  const { user, member } = parties
  if (obstacle !== undefined || user === undefined || member === undefined)
    return obstructed(obstacle ?? 'not_a_member')
  return memberSubject(ground, { orgId: o.orgId, userId: o.userId, user, member, ...o.asked })
}

async function accountAsking(
  deps: DecidingDeps,
  caller: ServiceAccountCaller,
  at: Date | undefined,
): Promise<Subject | Obstructed> {
  const today = await accountPartiesOf(deps, caller)
  const about = {
    orgId: caller.orgId,
    serviceAccountId: caller.serviceAccountId,
    ceiling: caller.ceiling,
    asked: askedBy(deps, caller, { at, clientAddress: currentContext()?.clientAddress }),
  }
  if (at === undefined) return accountOf(await groundOf(deps.knowledge, { orgId: caller.orgId }), today, about)
  const past = deps.knowledge.asOf(at)
  return accountOf(await groundOf(past, { orgId: caller.orgId }), await findAccountParties(past, caller), about)
}

/** A service account as a subject, from facts of one moment; `ceiling` only when it acts itself. */
export function accountOf(
  ground: Ground,
  parties: AccountParties,
  o: { orgId: string; serviceAccountId: string; ceiling?: readonly string[] | undefined; asked: Asked },
): Subject | Obstructed {
  const obstacle = findAccountObstacle(parties)
  const { account } = parties
  if (obstacle !== undefined || account === undefined) return obstructed(obstacle ?? 'service_account_disabled')
  const { asked, ceiling, ...who } = o
  return serviceAccountSubject(ground, { ...who, ceiling, account, ...asked })
}

async function operatorAsking(deps: DecidingDeps, caller: UserCaller): Promise<Subject | Obstructed> {
  const { userId } = caller
  const { user } = await partiesOf(deps, caller)
  if (user?.status !== 'active') return obstructed('user_disabled')
  const [model, assigned] = await Promise.all([deps.knowledge.model(), deps.knowledge.platformRoles(userId)])
  return operatorSubject(model, {
    userId,
    user,
    assigned,
    ...askedBy(deps, caller, { at: undefined, clientAddress: currentContext()?.clientAddress }),
  })
}

/** The token says how they signed in (a key: when it was made), and the gateway where they are. */
export function askedBy(
  { clock }: Pick<DecidingDeps, 'clock'>,
  { claims }: PrincipalCaller,
  o: { at: Date | undefined; clientAddress: string | undefined },
): Asked {
  const nowMs = (o.at ?? clock.now()).getTime()
  return {
    nowMs,
    request: { time: nowMs, ip: o.clientAddress, acr: claims.acr, amr: claims.amr, auth_time: claims.auth_time * 1000 },
    isByApplication: false,
  }
}

/** @throws AppError `invalid_attribute`, `not_current`, `revision_unavailable` */
export async function decideForCaller(
  deps: DecidingDeps,
  caller: OrgCaller,
  questions: readonly Question[],
): Promise<(Decision | Obstructed)[]> {
  const subject = await callerAsSubject(deps, caller)
  return questions.map((question) => requireStated(answer(subject, question)))
}

export async function decideForOperator(
  deps: DecidingDeps,
  caller: UserCaller,
  questions: readonly Question[],
): Promise<(Decision | Obstructed)[]> {
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
