/** Everything a decision needs to know about the principal who asks, as recent as their own token. */
import type { OrgCaller, ServiceAccountCaller, UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import {
  isAsRecentAs,
  type MemberFacts,
  type OrganizationFacts,
  type ServiceAccountFacts,
  type UserFacts,
} from '../domain/facts.ts'
import { Miss, missOf, needPoll, type Facts, type Producer } from '../facts/facts.ts'
import { decideWith, type FactDeps } from '../facts/decide-with.ts'
import { requireAccountKnowable, requireFresh, requireUnparked } from '../facts/freshness.ts'

export type PrincipalFacts = {
  user: UserFacts | undefined
  organization: OrganizationFacts | undefined
  member: MemberFacts | undefined
}
export type AccountFacts = { account: ServiceAccountFacts | undefined; organization: OrganizationFacts | undefined }

/** Of a person in an organization, whoever asks. */
export function readPrincipal(facts: Facts, o: { userId: string; orgId: string }): PrincipalFacts | Miss {
  const user = facts.user(o.userId)
  const organization = facts.organization(o.orgId)
  const member = facts.member(o)
  return user instanceof Miss || organization instanceof Miss || member instanceof Miss
    ? missOf(user, organization, member)
    : { user, organization, member }
}

/** The same of a person who may have registered or joined a moment ago: both are polled for before the answer is no. */
export function readNewcomer(facts: Facts, o: { userId: string; orgId: string }): PrincipalFacts | Miss {
  const found = readPrincipal(facts, o)
  if (found instanceof Miss || (found.user !== undefined && found.member?.status === 'active')) return found
  return needPoll(facts, ['identity', 'orgs']) ?? found
}

/** Of a service account in its organization, whoever asks. */
export const readAccount = (facts: Facts, o: { serviceAccountId: string; orgId: string }): AccountFacts | Miss =>
  withOrganization(facts, facts.serviceAccount(o), o.orgId)

/** The same of whichever account asks: the platform's is no organization's. */
export const readActingAccount = (facts: Facts, caller: ServiceAccountCaller): AccountFacts | Miss =>
  caller.isOfPlatform
    ? withOrganization(facts, facts.platformAccount(caller.serviceAccountId), caller.orgId)
    : readAccount(facts, caller)

function withOrganization(facts: Facts, account: AccountFacts['account'] | Miss, orgId: string): AccountFacts | Miss {
  const organization = facts.organization(orgId)
  return account instanceof Miss || organization instanceof Miss
    ? missOf(account, organization)
    : { account, organization }
}

/** Of the caller. @throws AppError `not_current`, `revision_unavailable` */
export function readCaller(deps: FactDeps, facts: Facts, caller: UserCaller): PrincipalFacts | Miss {
  const { userId, orgId, membershipId, claims } = caller
  requireFresh(deps.following)
  requireUnparked(deps.following, { userId, orgId, membershipId })
  const found = orgId === undefined ? readPerson(facts, userId) : readPrincipal(facts, { userId, orgId })
  if (found instanceof Miss || isAsRecentAs(found, claims)) return found
  return needPoll(facts, ['identity', 'orgs']) ?? failBehindToken(['identity', 'orgs'])
}

function readPerson(facts: Facts, userId: string): PrincipalFacts | Miss {
  const user = facts.user(userId)
  return user instanceof Miss ? user : { user, organization: undefined, member: undefined }
}

/** Of the calling service account. @throws AppError `not_current`, `revision_unavailable` */
export function readCallingAccount(deps: FactDeps, facts: Facts, caller: ServiceAccountCaller): AccountFacts | Miss {
  requireFresh(deps.following)
  requireAccountKnowable(deps.following, caller)
  const found = readActingAccount(facts, caller)
  if (found instanceof Miss) return found
  const { account: user, organization } = found
  if (isAsRecentAs({ user, organization }, caller.claims)) return found
  return needPoll(facts, ['tokens', 'orgs']) ?? failBehindToken(['tokens', 'orgs'])
}

function failBehindToken(producers: readonly Producer[]): never {
  throw problem('revision_unavailable', {
    retryAfterSeconds: 1,
    internal: `the token knows more than ${producers.join(' and ')} have said`,
  })
}

/**
 * Of whoever acts for an organization, loaded where they are not in memory. @throws AppError `not_current`,
 * `revision_unavailable`
 */
export const principalFactsOf = (
  deps: FactDeps,
  caller: OrgCaller,
): Promise<({ kind: 'user' } & PrincipalFacts) | ({ kind: 'service_account' } & AccountFacts)> =>
  decideWith(deps, (facts) => {
    if (caller.kind === 'user') {
      const found = readCaller(deps, facts, caller)
      return found instanceof Miss ? found : { kind: caller.kind, ...found }
    }
    const found = readCallingAccount(deps, facts, caller)
    return found instanceof Miss ? found : { kind: caller.kind, ...found }
  })
