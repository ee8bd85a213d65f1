/**
 * Who asks. Always an argument, never ambient: every decision that depends on it says so in its signature.
 * Made in one place (`authenticate.ts`) from verified claims, so a handler cannot be reached with an unverified caller.
 */
import type { AccessTokenClaims, PersonClaims, ServiceAccountClaims } from '@gatehouse/contracts/claims/access-token'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { isOpenToImpersonation, type RouteContract } from '@gatehouse/contracts/http/contract'

export type AnonymousCaller = { readonly kind: 'anonymous' }

/** The person whose access token was verified. */
export type UserCaller = {
  readonly kind: 'user'
  readonly userId: string
  readonly sessionId: string
  readonly clientId: string
  /** The organization the token was minted for, if any, with the membership in it. */
  readonly orgId?: string
  readonly membershipId?: string
  readonly claims: PersonClaims
  /** The verified token itself: only to travel along to other services, never into a log. */
  readonly accessToken: string
}

/** A person acting for an organization. */
export type MemberCaller = UserCaller & { readonly orgId: string; readonly membershipId: string }

/**
 * The service account whose access token was verified; it acts for the organization of the token and for no other,
 * whether the account is that organization's or the platform's.
 */
export type ServiceAccountCaller = {
  readonly kind: 'service_account'
  readonly serviceAccountId: string
  readonly keyId: string
  readonly orgId: string
  /** Permissions beyond which its key grants nothing; absent: whatever the account holds. */
  readonly scope?: readonly string[]
  /** No organization's: it asks for decisions about this one, and for nothing else. */
  readonly isOfPlatform: boolean
  readonly claims: ServiceAccountClaims
  readonly accessToken: string
}

/** Whoever an access token can stand for. */
export type PrincipalCaller = UserCaller | ServiceAccountCaller

/** Whoever acts for an organization. */
export type OrgCaller = MemberCaller | ServiceAccountCaller

/**
 * Another service; `user` when an access token, of a person or a service account, travelled along and was verified here
 * as well.
 */
export type ServiceCaller = { readonly kind: 'service'; readonly service: ServiceName; readonly user?: PrincipalCaller }

export type Caller = AnonymousCaller | UserCaller

export type AnyCaller = AnonymousCaller | PrincipalCaller | ServiceCaller

export const anonymous: AnonymousCaller = { kind: 'anonymous' }

const isOfServiceAccount = (claims: AccessTokenClaims): claims is ServiceAccountClaims => claims.sub.startsWith('svc_')

/** The caller a verified access token stands for. */
export const principalCaller = (claims: AccessTokenClaims, accessToken: string): PrincipalCaller =>
  isOfServiceAccount(claims) ? serviceAccountCaller(claims, accessToken) : userCaller(claims, accessToken)

function userCaller(claims: PersonClaims, accessToken: string): UserCaller {
  return {
    kind: 'user',
    userId: claims.sub,
    sessionId: claims.sid,
    clientId: claims.client_id,
    ...(claims.org_id === undefined ? {} : { orgId: claims.org_id }),
    ...(claims.mid === undefined ? {} : { membershipId: claims.mid }),
    claims,
    accessToken,
  }
}

function serviceAccountCaller(claims: ServiceAccountClaims, accessToken: string): ServiceAccountCaller {
  return {
    kind: 'service_account',
    serviceAccountId: claims.sub,
    keyId: claims.sid,
    orgId: claims.org_id,
    ...(claims.scope === undefined ? {} : { scope: claims.scope.split(' ') }),
    isOfPlatform: claims.of_platform === true,
    claims,
    accessToken,
  }
}

/** Whether the caller acts for an organization. */
export const isOrgCaller = (caller: PrincipalCaller): caller is OrgCaller =>
  caller.kind === 'service_account' || (caller.orgId !== undefined && caller.membershipId !== undefined)

/**
 * Whether a service account is refused on this route: where it would be asked about itself as a person, and where the
 * contract says so.
 */
export const isForPeopleOnly = ({ auth, principals }: Pick<RouteContract, 'auth' | 'principals'>): boolean =>
  (principals ?? (auth === 'user' ? 'people' : 'any')) === 'people'

/**
 * Why a route is not for whoever these claims stand for, or undefined: a person may use each, an operator who acts as
 * one those that are open to that, an account of an organization those that are not for people only, and an account of
 * the platform those that say so.
 */
export function principalRefusal(
  rule: Pick<RouteContract, 'auth' | 'impersonation' | 'method' | 'path' | 'principals'>,
  claims: AccessTokenClaims,
): 'person_required' | 'forbidden' | 'impersonation_refused' | undefined {
  if (!isOfServiceAccount(claims))
    return claims.act !== undefined && !isOpenToImpersonation(rule) ? 'impersonation_refused' : undefined
  if (isForPeopleOnly(rule)) return 'person_required'
  return claims.of_platform === true && rule.principals !== 'any_and_platform' ? 'forbidden' : undefined
}

/**
 * Who caused it, as events and audit write it: who acts as another person is named, and not that person. A service that
 * brings an access token acts for whoever it stands for.
 */
export function actorOf(caller: AnyCaller): Actor {
  switch (caller.kind) {
    case 'user':
      return `user:${caller.claims.act?.sub ?? caller.userId}`
    case 'service_account':
      return `service_account:${caller.serviceAccountId}`
    case 'service':
      return caller.user ? actorOf(caller.user) : `service:${caller.service}`
    case 'anonymous':
      return 'system'
  }
}
