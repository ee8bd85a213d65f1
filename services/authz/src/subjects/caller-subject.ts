/**
 * Whoever asks, as the subject of a decision: put together from facts as recent as their token, now or as of a moment
 * of the past.
 */
import type {
  MemberCaller,
  OrgCaller,
  PrincipalCaller,
  ServiceAccountCaller,
  UserCaller,
} from '@gatehouse/access/callers/caller'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { findAccountObstacle, findObstacle } from '../domain/facts.ts'
import {
  askedAgain,
  holdsSameAt,
  ineligible,
  isSubject,
  memberSubject,
  operatorSubject,
  serviceAccountSubject,
  type Asked,
  type Ineligible,
  type OrganizationContext,
  type Subject,
} from '../domain/subject.ts'
import type { DenialRecorder } from '../decision-log/denial-recorder.ts'
import { factsAsOf, Miss, missOf, type Facts, type SelfFacts } from '../facts/facts.ts'
import type { FactDeps } from '../facts/decide-with.ts'
import { requireAccountKnowable, requireFresh, requireUnparked } from '../facts/freshness.ts'
import { organizationContextOf } from './organization-context.ts'
import {
  readActingAccount,
  readCaller,
  readCallingAccount,
  readPrincipal,
  type AccountFacts,
  type PrincipalFacts,
} from './principal-facts.ts'

export type DecidingDeps = FactDeps & { readonly clock: Clock; readonly denials: Pick<DenialRecorder, 'note'> }
export type FoundSubject = Subject | Ineligible | Miss

/** Who asks, and the address their request came from. */
export type Asker<C extends PrincipalCaller = OrgCaller> = {
  readonly caller: C
  readonly clientAddress: string | undefined
}
export const askerOf = <C extends PrincipalCaller>(caller: C): Asker<C> => ({
  caller,
  clientAddress: currentContext()?.clientAddress,
})

/**
 * A caller who asked before is put together again only after something about them has changed, or a role of theirs has
 * ended.
 * @throws AppError `not_current`, `revision_unavailable`
 */
export function callerSubject(deps: DecidingDeps, facts: Facts, asker: Asker, at?: Date): FoundSubject {
  const { caller } = asker
  requireKnowable(deps, caller)
  const asked = askedBy(deps, asker, at)
  const cached = at === undefined ? facts.callers?.(caller.orgId) : undefined
  const self = selfFactsOf(facts, caller)
  if (cached === undefined || self instanceof Miss) return assemble(deps, facts, { caller, asked, at })
  const before = cached.get(caller)
  if (before !== undefined && before.self === self) {
    if (!isSubject(before.subject)) return before.subject
    if (holdsSameAt(before.subject, asked.nowMs)) return askedAgain(before.subject, asked)
  }
  const subject = assemble(deps, facts, { caller, asked, at })
  if (!(subject instanceof Miss)) cached.set(caller, { subject, self })
  return subject
}

/** What no change in the organization would announce. */
function selfFactsOf(facts: Facts, caller: OrgCaller): SelfFacts | Miss {
  if (caller.kind === 'user') return facts.user(caller.userId)
  return caller.isOfPlatform ? facts.platformAccount(caller.serviceAccountId) : undefined
}

function requireKnowable({ following, clock }: DecidingDeps, caller: OrgCaller): void {
  requireFresh(following, clock.monotonicMs())
  if (caller.kind === 'user') requireUnparked(following, caller)
  else requireAccountKnowable(following, caller)
}

type Assembling<C extends OrgCaller> = { readonly caller: C; readonly asked: Asked; readonly at: Date | undefined }

const assemble = (deps: DecidingDeps, facts: Facts, { caller, asked, at }: Assembling<OrgCaller>): FoundSubject =>
  caller.kind === 'user'
    ? assembleMember(deps, facts, { caller, asked, at })
    : assembleAccount(deps, facts, { caller, asked, at })

/** The caller must be known as of their token, whichever moment the answer is about. */
function assembleMember(
  deps: DecidingDeps,
  facts: Facts,
  { caller, asked, at }: Assembling<MemberCaller>,
): FoundSubject {
  const moment = factsAsOf(facts, at)
  const today = readCaller(deps, facts, caller)
  const then = at === undefined ? today : readPrincipal(moment, caller)
  const context = organizationContextOf(moment, caller)
  if (today instanceof Miss || then instanceof Miss || context instanceof Miss) return missOf(today, then, context)
  return memberOf(context, then, { orgId: caller.orgId, userId: caller.userId, asked })
}

function assembleAccount(
  deps: DecidingDeps,
  facts: Facts,
  { caller, asked, at }: Assembling<ServiceAccountCaller>,
): FoundSubject {
  const { orgId, serviceAccountId, scope, isOfPlatform } = caller
  const moment = factsAsOf(facts, at)
  const today = readCallingAccount(deps, facts, caller)
  const then = at === undefined ? today : readActingAccount(moment, caller)
  const context = organizationContextOf(moment, { orgId })
  if (today instanceof Miss || then instanceof Miss || context instanceof Miss) return missOf(today, then, context)
  return accountOf(context, then, { orgId, serviceAccountId, scope, isOfPlatform, asked })
}

/** A member of an organization as a subject, from facts of one moment. */
export function memberOf(
  context: OrganizationContext,
  principalFacts: PrincipalFacts,
  o: { orgId: string; userId: string; asked: Asked },
): Subject | Ineligible {
  const obstacle = findObstacle(principalFacts)
  const { user, member } = principalFacts
  if (obstacle !== undefined || user === undefined || member === undefined)
    return ineligible(obstacle ?? 'not_a_member')
  return memberSubject(context, { orgId: o.orgId, userId: o.userId, user, member, ...o.asked })
}

/** A service account as a subject, from facts of one moment; `scope` only when it acts itself. */
export function accountOf(
  context: OrganizationContext,
  accountFacts: AccountFacts,
  o: {
    orgId: string
    serviceAccountId: string
    scope?: readonly string[] | undefined
    isOfPlatform?: boolean
    asked: Asked
  },
): Subject | Ineligible {
  const obstacle = findAccountObstacle(accountFacts)
  const { account } = accountFacts
  if (obstacle !== undefined || account === undefined) return ineligible(obstacle ?? 'service_account_disabled')
  const { asked, scope, isOfPlatform = false, ...who } = o
  return serviceAccountSubject(context, { ...who, scope, isOfPlatform, account, ...asked })
}

/** A person at platform scope. @throws AppError `not_current`, `revision_unavailable` */
export function operatorOf(deps: DecidingDeps, facts: Facts, asker: Asker<UserCaller>): FoundSubject {
  const { userId } = asker.caller
  const principalFacts = readCaller(deps, facts, asker.caller)
  if (principalFacts instanceof Miss) return principalFacts
  const { user } = principalFacts
  if (user?.status !== 'active') return ineligible('user_disabled')
  const model = facts.model()
  const assigned = facts.platformRoles(userId)
  if (model instanceof Miss || assigned instanceof Miss) return missOf(model, assigned)
  return operatorSubject(model, { userId, user, assigned, ...askedBy(deps, asker, undefined) })
}

/** The token says how they signed in (a key: when it was made), and the gateway where they are. */
function askedBy(
  { clock }: Pick<DecidingDeps, 'clock'>,
  { caller: { claims }, clientAddress }: Asker<PrincipalCaller>,
  at: Date | undefined,
): Asked {
  const nowMs = (at ?? clock.now()).getTime()
  return {
    nowMs,
    request: { time: nowMs, ip: clientAddress, acr: claims.acr, amr: claims.amr, auth_time: claims.auth_time * 1000 },
    isByApplication: false,
  }
}
