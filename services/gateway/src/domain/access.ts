/**
 * May this request pass, and as whom? One table for every route. Not knowing whether a token still counts is never a
 * yes; where no token is needed, one that does not count changes nothing.
 */
import type { AccessTokenClaims } from '@gatehouse/contracts/claims/access-token'
import type { RouteAuth } from '@gatehouse/contracts/http/contract'

export type AccessDecision =
  | { readonly kind: 'allowed'; readonly as: 'principal' | 'anonymous' }
  | {
      readonly kind: 'refused'
      readonly code:
        | 'unauthenticated'
        | 'token_revoked'
        | 'not_current'
        | 'not_found'
        | 'organization_required'
        | 'person_required'
        | 'forbidden'
        | 'impersonation_refused'
    }

export type AccessQuestion = {
  readonly auth: RouteAuth
  /** Why the route is not for whoever asks, if it is not. */
  readonly principalRefusal: 'person_required' | 'forbidden' | 'impersonation_refused' | undefined
  /** The organization the path names, when it names one. */
  readonly orgInPath: string | undefined
  /** What the token says, once its signature and its times were verified. */
  readonly claims: AccessTokenClaims | undefined
  readonly isVoid: boolean
  /** Everything the token depends on is known as of a moment ago. */
  readonly isCurrent: boolean
}

const allowed = (as: 'principal' | 'anonymous'): AccessDecision => ({ kind: 'allowed', as })
const refused = (code: (AccessDecision & { kind: 'refused' })['code']): AccessDecision => ({ kind: 'refused', code })

export function decideAccess({
  auth,
  principalRefusal,
  orgInPath,
  claims,
  isVoid,
  isCurrent,
}: AccessQuestion): AccessDecision {
  if (auth === 'internal') return refused('not_found')
  if (claims === undefined) return auth === 'open' ? allowed('anonymous') : refused('unauthenticated')
  // A browser that sends an old token along must still be able to sign in, to refresh and to log out.
  if (auth === 'open') return allowed(isVoid || !isCurrent ? 'anonymous' : 'principal')
  if (isVoid) return refused('token_revoked')
  if (!isCurrent) return refused('not_current')
  if (auth === 'organization') {
    if (orgInPath !== undefined && orgInPath !== claims.org_id) return refused('not_found')
    if (claims.org_id === undefined) return refused('organization_required')
  }
  if (principalRefusal !== undefined) return refused(principalRefusal)
  return allowed('principal')
}
