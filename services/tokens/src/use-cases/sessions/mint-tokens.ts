/**
 * Makes what a person gets: a signed access token and the answer around it. Called only under the lock of the session
 * it is for.
 */
import type { Authenticated, Raised } from '@gatehouse/contracts/http/identity/sign-in'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { accessClaims } from '../../domain/access-claims.ts'
import type { UsableMembership } from '../../domain/choose-organization.ts'
import type { Client } from '../../store/clients.ts'
import type { Session } from '../../store/sessions.ts'

/** `now` is database time: the clock all replicas share. */
type Minting = {
  session: Session
  client: Client
  userVersion: number
  membership: UsableMembership | undefined
  now: Date
}

export const mintTokens = (
  deps: Pick<Deps, 'keyRing' | 'issuer'>,
  { refreshToken, ...minting }: Minting & { refreshToken: string },
): Authenticated => ({ ...mintAccessToken(deps, minting), refresh_token: refreshToken })

/** For a session that keeps the refresh token it has. */
export function mintAccessToken(deps: Pick<Deps, 'keyRing' | 'issuer'>, o: Minting): Raised {
  const { session, client, membership, now } = o
  const ttlSeconds = lifetimeLeft(o)
  const claims = accessClaims({
    issuer: deps.issuer,
    tokenId: newId('jti'),
    now,
    ttlSeconds,
    clientId: client.id,
    user: { id: session.userId, version: o.userVersion },
    session,
    membership,
  })
  return {
    status: 'authenticated',
    access_token: deps.keyRing.sign(claims, now),
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    session_id: session.id,
    user: { id: session.userId },
    organization: membership === undefined ? null : { id: membership.organizationId },
  }
}

/** No access token for an organization outlives what the organization allows a sign-in. */
function lifetimeLeft({ session, client, membership, now }: Minting): number {
  const allowed = membership?.accessRules?.session_lifetime_seconds ?? null
  if (allowed === null) return client.accessTtlSeconds
  const ageSeconds = (now.getTime() - session.authTime.getTime()) / 1000
  return Math.max(1, Math.min(client.accessTtlSeconds, Math.floor(allowed - ageSeconds)))
}
