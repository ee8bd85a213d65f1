/**
 * API keys as decisions see them: whether one opens anything now, for which organization, and what the access token it
 * is exchanged for says. Pure.
 */
import { accessTokenAudience, type ServiceAccountClaims } from '@gatehouse/contracts/claims/access-token'
import { epochSeconds } from './access-claims.ts'

/** Days a key lives when its maker does not say. */
export const apiKeyLifetimeDays = 90
/** Hours an old key lives on when who rotates it does not say: a night and a day of deployments. */
export const rotationOverlapHours = 24
/** Days a key was made for. */
export const lifetimeDaysOf = ({ createdAt, expiresAt }: { createdAt: Date; expiresAt: Date }): number =>
  Math.min(366, Math.max(1, Math.round((expiresAt.getTime() - createdAt.getTime()) / 86_400_000)))
/** Live keys of one account: two are needed to change one for the other, more are usually forgotten ones. */
export const mostLiveKeys = 20
/** All that a key of the platform opens: asking the policy decision point about others. */
const platformScope = 'gatehouse:authz.evaluate'
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
  /** Without an organization it is the platform's. */
  account: { id: string; orgId: string | null; version: number; status: 'active' | 'disabled' | 'deleted' }
  /** What is known of the account's organization; of the one that is asked for, where the account has none. */
  organization: { version: number; status: string } | null
  now: Date
}

/**
 * `organization_unknown`: nothing is wrong with the key, but its organization is not known to be active.
 * `organization_absent`: a key of the platform, and nobody said for which. `organization_foreign`: a key of an
 * organization, and another was named. `organization_unavailable`: as unknown, of one that was named.
 */
export type KeyRefusal =
  | 'revoked'
  | 'expired'
  | 'account_disabled'
  | 'organization_unknown'
  | 'organization_absent'
  | 'organization_foreign'
  | 'organization_unavailable'

/** The organization the access token is for. */
type For = { readonly id: string; readonly version: number }
export type KeyDecision = { kind: 'good'; organization: For } | { kind: 'refused'; because: KeyRefusal }

/** `asked`: the organization that was named, if one was. */
export function decideKey({ key, account, organization, now }: OfferedKey, asked: string | undefined): KeyDecision {
  if (key.status !== 'active') return { kind: 'refused', because: 'revoked' }
  if (key.expiresAt <= now) return { kind: 'refused', because: 'expired' }
  if (account.status !== 'active') return { kind: 'refused', because: 'account_disabled' }
  const id = account.orgId ?? asked
  if (id === undefined) return { kind: 'refused', because: 'organization_absent' }
  if (asked !== undefined && asked !== id) return { kind: 'refused', because: 'organization_foreign' }
  if (organization?.status === 'active') return { kind: 'good', organization: { id, version: organization.version } }
  return {
    kind: 'refused',
    because: account.orgId === null ? 'organization_unavailable' : 'organization_unknown',
  }
}

/** The claims for one exchange; never valid longer than the key itself. */
export function apiKeyClaims(o: {
  issuer: string
  tokenId: string
  offered: OfferedKey
  organization: For
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
    org_id: o.organization.id,
    ov: o.organization.version,
    ...(account.orgId === null
      ? { of_platform: true, scope: platformScope }
      : key.permissions !== null && { scope: key.permissions.join(' ') }),
  }
}
