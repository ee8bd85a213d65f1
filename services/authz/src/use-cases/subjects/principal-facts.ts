/** Everything a decision needs to know about the person who asks, as recent as their own token. */
import type { ServiceAccountCaller, UserCaller } from '@gatehouse/access/callers/caller'
import {
  isAsRecentAs,
  type MemberFacts,
  type OrganizationFacts,
  type ServiceAccountFacts,
  type UserFacts,
} from '../../domain/facts.ts'
import {
  catchUpUntil,
  requireAccountKnowable,
  requireFresh,
  requireUnparked,
  type Following,
} from '../decisions/freshness.ts'
import type { Facts, FactCache } from '../../facts/fact-cache.ts'

export type PrincipalFacts = {
  user: UserFacts | undefined
  organization: OrganizationFacts | undefined
  member: MemberFacts | undefined
}
export type KnowingDeps = { factCache: FactCache; following: Following }

/** Of a person in an organization, whoever asks. */
export async function findParties(facts: Facts, o: { userId: string; orgId: string }): Promise<PrincipalFacts> {
  const [user, organization, member] = await Promise.all([
    facts.user(o.userId),
    facts.organization(o.orgId),
    facts.member(o),
  ])
  return { user, organization, member }
}

/** Of the caller. @throws AppError `not_current`, `revision_unavailable` */
export async function partiesOf(deps: KnowingDeps, caller: UserCaller): Promise<PrincipalFacts> {
  const { userId, orgId, membershipId, claims } = caller
  requireFresh(deps.following)
  requireUnparked(deps.following, { userId, orgId, membershipId })
  const look = async (): Promise<PrincipalFacts> =>
    orgId === undefined
      ? { user: await deps.factCache.user(userId), organization: undefined, member: undefined }
      : findParties(deps.factCache, { userId, orgId })
  let principalFacts = await look()
  await catchUpUntil(deps.following, async () => {
    principalFacts = await look()
    return isAsRecentAs(principalFacts, claims)
  })
  return principalFacts
}

export type AccountParties = { account: ServiceAccountFacts | undefined; organization: OrganizationFacts | undefined }

/** Of a service account in its organization, whoever asks. */
export async function findAccountParties(
  facts: Facts,
  o: { serviceAccountId: string; orgId: string },
): Promise<AccountParties> {
  const [account, organization] = await Promise.all([facts.serviceAccount(o), facts.organization(o.orgId)])
  return { account, organization }
}

/** Of the calling service account. @throws AppError `not_current`, `revision_unavailable` */
export async function accountPartiesOf(deps: KnowingDeps, caller: ServiceAccountCaller): Promise<AccountParties> {
  requireFresh(deps.following)
  requireAccountKnowable(deps.following, caller)
  let principalFacts: AccountParties = { account: undefined, organization: undefined }
  const isThere = async (): Promise<boolean> => {
    principalFacts = await findAccountParties(deps.factCache, caller)
    return isAsRecentAs({ user: principalFacts.account, organization: principalFacts.organization }, caller.claims)
  }
  await catchUpUntil(deps.following, isThere, ['tokens', 'orgs'])
  return principalFacts
}
