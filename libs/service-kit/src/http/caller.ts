/**
 * Who asks. Always an argument, never ambient: every decision that depends on it says so in its signature.
 * Made in one place (`authenticate.ts`) from verified claims, so a handler cannot be reached with an unverified caller.
 */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import type { ServiceName } from '@gatehouse/contracts/common/services'

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
  readonly claims: AccessTokenClaims
  /** The verified token itself: only to travel along to other services, never into a log. */
  readonly accessToken: string
}

/** A person acting for an organization. */
export type OrgCaller = UserCaller & { readonly orgId: string; readonly membershipId: string }

/** Another service; `user` when a person's token travelled along and was verified here as well. */
export type ServiceCaller = { readonly kind: 'service'; readonly service: ServiceName; readonly user?: UserCaller }

export type Caller = AnonymousCaller | UserCaller

export type AnyCaller = Caller | ServiceCaller

export const anonymous: AnonymousCaller = { kind: 'anonymous' }

/** The caller a verified access token stands for. */
export function userCaller(claims: AccessTokenClaims, accessToken: string): UserCaller {
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

/** `user:<id>`, `service:<name>` or `system`, as events and audit write it. A service that brings a person's token acts for that person. */
export function actorOf(caller: AnyCaller): `user:${string}` | `service:${string}` | 'system' {
  if (caller.kind === 'user') return `user:${caller.userId}`
  if (caller.kind === 'service') return caller.user ? `user:${caller.user.userId}` : `service:${caller.service}`
  return 'system'
}
