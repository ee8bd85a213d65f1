/**
 * The claims of an access token. It says who and for which organization, with the version of everything that can void
 * it; it never says what they may do.
 */
import { type AccessTokenClaims, accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import type { UsableMembership } from './choose-organization.ts'

/** Whether the person proved who they are with more than one factor. */
export const isMultiFactor = (amr: readonly string[]): boolean => amr.includes('mfa')

/** The same as a level (`acr`). */
export const acrOf = (amr: readonly string[]): string => (isMultiFactor(amr) ? 'aal2' : 'aal1')

/** The claims for one session at one instant; versions are those read under the lock of the session. */
export function accessClaims(o: {
  issuer: string
  tokenId: string
  now: Date
  ttlSeconds: number
  clientId: string
  user: { id: string; version: number }
  session: {
    id: string
    version: number
    amr: readonly string[]
    authTime: Date
    /** The operator who acts as the person. */
    impersonatedBy: string | null
  }
  membership: UsableMembership | undefined
}): AccessTokenClaims {
  const issuedAt = epochSeconds(o.now)
  return {
    iss: o.issuer,
    aud: accessTokenAudience,
    sub: o.user.id,
    client_id: o.clientId,
    iat: issuedAt,
    exp: issuedAt + o.ttlSeconds,
    auth_time: epochSeconds(o.session.authTime),
    jti: o.tokenId,
    sid: o.session.id,
    sv: o.session.version,
    uv: o.user.version,
    amr: [...o.session.amr],
    acr: acrOf(o.session.amr),
    ...(o.session.impersonatedBy !== null && { act: { sub: o.session.impersonatedBy } }),
    ...(o.membership && {
      org_id: o.membership.organizationId,
      mid: o.membership.membershipId,
      ov: o.membership.organizationVersion,
      mv: o.membership.membershipVersion,
    }),
  }
}

/** RFC 7519 NumericDate. */
export const epochSeconds = (at: Date): number => Math.floor(at.getTime() / 1000)
