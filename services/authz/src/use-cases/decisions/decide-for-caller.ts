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
  ineligible,
  operatorSubject,
  serviceAccountSubject,
  type Asked,
  type OrganizationContext,
  type Ineligible,
  type Subject,
} from '../../domain/subject.ts'
import { findAccountObstacle, findObstacle } from '../../domain/facts.ts'
import { gatehouse, splitPermission } from '../../domain/platform.ts'
import { organizationContextOf } from '../subjects/organization-context.ts'
import {
  accountPartiesOf,
  findAccountParties,
  findParties,
  partiesOf,
  type AccountParties,
  type KnowingDeps,
  type PrincipalFacts,
} from '../subjects/principal-facts.ts'

export type DecidingDeps = KnowingDeps & { clock: Clock }

/** Whoever asks, as a subject; as of a moment of the past when `at` is given. @throws AppError `not_current`, `revision_unavailable` */
export const callerAsSubject = async (
  deps: DecidingDeps,
  caller: OrgCaller,
  at?: Date,
): Promise<Subject | Ineligible> =>
  caller.kind === 'user' ? memberAsking(deps, caller, at) : accountAsking(deps, caller, at)

async function memberAsking(
  deps: DecidingDeps,
  caller: MemberCaller,
  at: Date | undefined,
): Promise<Subject | Ineligible> {
  const today = await partiesOf(deps, caller)
  const asked = askedBy(deps, caller, { at, clientAddress: currentContext()?.clientAddress })
  if (at === undefined)
    return memberOf(await organizationContextOf(deps.factCache, caller), today, { ...caller, asked })
  const past = deps.factCache.asOf(at)
  return memberOf(await organizationContextOf(past, caller), await findParties(past, caller), { ...caller, asked })
}

/** A member of an organization as a subject, from facts of one moment. */
export function memberOf(
  organizationContext: OrganizationContext,
  principalFacts: PrincipalFacts,
  o: { orgId: string; userId: string; asked: Asked },
): Subject | Ineligible {
  const obstacle = findObstacle(principalFacts)
  const { user, member } = principalFacts
  if (obstacle !== undefined || user === undefined || member === undefined)
    return ineligible(obstacle ?? 'not_a_member')
  return memberSubject(organizationContext, { orgId: o.orgId, userId: o.userId, user, member, ...o.asked })
}

async function accountAsking(
  deps: DecidingDeps,
  caller: ServiceAccountCaller,
  at: Date | undefined,
): Promise<Subject | Ineligible> {
  const today = await accountPartiesOf(deps, caller)
  const about = {
    orgId: caller.orgId,
    serviceAccountId: caller.serviceAccountId,
    scope: caller.scope,
    asked: askedBy(deps, caller, { at, clientAddress: currentContext()?.clientAddress }),
  }
  if (at === undefined)
    return accountOf(await organizationContextOf(deps.factCache, { orgId: caller.orgId }), today, about)
  const past = deps.factCache.asOf(at)
  return accountOf(
    await organizationContextOf(past, { orgId: caller.orgId }),
    await findAccountParties(past, caller),
    about,
  )
}

/** A service account as a subject, from facts of one moment; `scope` only when it acts itself. */
export function accountOf(
  organizationContext: OrganizationContext,
  principalFacts: AccountParties,
  o: { orgId: string; serviceAccountId: string; scope?: readonly string[] | undefined; asked: Asked },
): Subject | Ineligible {
  const obstacle = findAccountObstacle(principalFacts)
  const { account } = principalFacts
  if (obstacle !== undefined || account === undefined) return ineligible(obstacle ?? 'service_account_disabled')
  const { asked, scope, ...who } = o
  return serviceAccountSubject(organizationContext, { ...who, scope, account, ...asked })
}

async function operatorAsking(deps: DecidingDeps, caller: UserCaller): Promise<Subject | Ineligible> {
  const { userId } = caller
  const { user } = await partiesOf(deps, caller)
  if (user?.status !== 'active') return ineligible('user_disabled')
  const [model, assigned] = await Promise.all([deps.factCache.model(), deps.factCache.platformRoles(userId)])
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
): Promise<(Decision | Ineligible)[]> {
  const subject = await callerAsSubject(deps, caller)
  return questions.map((question) => requireStated(answer(subject, question)))
}

export async function decideForOperator(
  deps: DecidingDeps,
  caller: UserCaller,
  questions: readonly Question[],
): Promise<(Decision | Ineligible)[]> {
  const subject = await operatorAsking(deps, caller)
  return questions.map((question) => requireStated(answer(subject, question)))
}

/** @throws AppError `invalid_attribute` */
export function requireStated(given: Answer): Decision | Ineligible {
  if ('errors' in given) throw problem('invalid_attribute', { errors: [...given.errors] })
  return given
}

/** A permission of Gatehouse itself as a question: about the organization, or about the platform. */
export function questionOf(permission: string, orgId: string | undefined): Question {
  const { resourceType, action } = splitPermission(permission)
  return { resource: { type: resourceType, id: orgId ?? gatehouse }, action: { name: action } }
}
