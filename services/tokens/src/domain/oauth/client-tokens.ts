/**
 * What a client's tokens say. Its access token is that of its own session with an audience of its own and the scope the
 * person allowed: nothing that takes tokens of Gatehouse's own audience takes it, so it never carries a person's full
 * rights.
 */
import type { PersonClaims } from '@gatehouse/contracts/claims/access-token'
import { isWithin } from './resource-indicators.ts'

export type ClientAccessClaims = Omit<PersonClaims, 'aud' | 'scope'> & {
  aud: string[]
  scope: string
  /** RFC 9449 §6: only who holds this key may use the token. */
  cnf?: { jkt: string }
  /** RFC 8693 §4.1: who acts for the person, the last first. */
  act?: Act
}

export type Act = { sub: string; act?: Act }

export const userInfoPath = '/oauth2/userinfo'

/**
 * The resource servers of the client (RFC 9068 §3), and the userinfo endpoint where the scope opens it. A token
 * request that names resource servers gets a token for those and nothing else (RFC 8707 §2.2). Undefined: it may not
 * have them.
 */
export function audienceOf(o: {
  issuer: string
  client: { id: string; audiences: readonly string[] }
  scope: readonly string[]
  /** By the authorization request; null for all of the client's. */
  allowed: readonly string[] | null | undefined
  /** By the token request. */
  asked: readonly string[] | undefined
}): string[] | undefined {
  const { audiences, id } = o.client
  // What the client no longer has registered is not given for an old request.
  const most = o.allowed?.filter((one) => audiences.includes(one)) ?? audiences
  if (o.asked !== undefined) return isWithin(o.asked, most) ? [...o.asked] : undefined
  const audience = [...most, ...(o.scope.includes('openid') ? [o.issuer + userInfoPath] : [])]
  return audience.length > 0 ? audience : [id]
}

export const clientAccessClaims = (
  claims: PersonClaims,
  o: { audience: string[]; scope: readonly string[]; jkt: string | undefined; seconds: number | null },
): ClientAccessClaims => ({
  ...claims,
  exp: Math.min(claims.exp, claims.iat + (o.seconds ?? Infinity)),
  aud: o.audience,
  scope: o.scope.join(' '),
  ...(o.jkt !== undefined && { cnf: { jkt: o.jkt } }),
})

/** ID tokens are read once, at sign-in; five minutes allow for slow clocks. */
const idTokenSeconds = 300

/** OpenID Connect Core §2. Claims of `profile` and `email` come from the userinfo endpoint (§5.4). */
export const idTokenClaims = (
  claims: PersonClaims,
  o: { clientId: string; nonce: string | undefined; organization: { org_slug?: string; roles?: string[] } },
): object => ({
  iss: claims.iss,
  sub: claims.sub,
  aud: o.clientId,
  iat: claims.iat,
  exp: claims.iat + idTokenSeconds,
  auth_time: claims.auth_time,
  sid: claims.sid,
  amr: claims.amr,
  acr: claims.acr,
  ...(o.nonce !== undefined && { nonce: o.nonce }),
  ...(claims.org_id !== undefined && { org_id: claims.org_id }),
  ...o.organization,
})
