/**
 * API keys as decisions see them: whether one opens anything now, and what the access token it is exchanged for says.
 * Pure.
 */
import { accessTokenAudience, type ServiceAccountClaims } from '@gatehouse/contracts/claims/access-token'
import { epochSeconds } from './access-claims.ts'

/** Days a key lives when its maker does not say. */
export const apiKeyLifetimeDays = 90
/** Live keys of one account: two are needed to change one for the other, more are usually forgotten ones. */
export const mostLiveKeys = 20
/** As of a person's: short, because nobody can take it back by expiry alone. */
const accessTtlSeconds = 300

export type OfferedKey = {
  key: {
    id: string
    version: number
    status: 'active' | 'revoked'
    permissions: readonly string[] | null
    createdAt: Date
    expiresAt: Date
  }
  account: { id: string; orgId: string; version: number; status: 'active' | 'disabled' | 'deleted' }
  organization: { version: number; status: string } | null
  now: Date
}

/** `organization_unknown`: nothing is wrong with the key, but its organization is not known to be active. */
export type KeyRefusal = 'revoked' | 'expired' | 'account_disabled' | 'organization_unknown'

export type KeyDecision = { kind: 'good'; organizationVersion: number } | { kind: 'refused'; because: KeyRefusal }

export function decideKey({ key, account, organization, now }: OfferedKey): KeyDecision {
  if (key.status !== 'active') return { kind: 'refused', because: 'revoked' }
  if (key.expiresAt <= now) return { kind: 'refused', because: 'expired' }
  if (account.status !== 'active') return { kind: 'refused', because: 'account_disabled' }
  if (organization?.status !== 'active') return { kind: 'refused', because: 'organization_unknown' }
  return { kind: 'good', organizationVersion: organization.version }
}

/** The claims for one exchange; never valid longer than the key itself. */
export function apiKeyClaims(o: {
  issuer: string
  tokenId: string
  offered: OfferedKey
  organizationVersion: number
}): ServiceAccountClaims {
  const { key, account, now } = o.offered
  const issuedAt = epochSeconds(now)
  return {
    iss: o.issuer,
    aud: accessTokenAudience,
    sub: account.id,
    // RFC 9068 §2.2: where no person is involved, the subject is the client itself.
    client_id: account.id,
    iat: issuedAt,
    exp: Math.min(issuedAt + accessTtlSeconds, epochSeconds(key.expiresAt)),
    auth_time: epochSeconds(key.createdAt),
    jti: o.tokenId,
    sid: key.id,
    sv: key.version,
    uv: account.version,
    amr: ['api_key'],
    acr: 'aal1',
    org_id: account.orgId,
    ov: o.organizationVersion,
    ...(key.permissions !== null && { scope: key.permissions.join(' ') }),
  }
}
