/**
 * A client's own session within somebody's signed-in one, and its first tokens; in the transaction that spends the
 * code.
 */
import type { PersonClaims } from '@gatehouse/contracts/claims/access-token'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { accessClaims } from '../../domain/access-claims.ts'
import type { UsableMembership } from '../../domain/choose-organization.ts'
import { insertChildSession } from '../../store/child-sessions.ts'
import type { Client } from '../../store/clients.ts'
import type { Session } from '../../store/sessions.ts'
import { announceStart } from '../sessions/announce-session-start.ts'
import { refreshTokenPrefix } from '../sessions/start-session.ts'

export type ChildSession = { claims: PersonClaims; refreshToken: string | undefined; sessionId: string }

export async function openChildSession(
  deps: Pick<Deps, 'issuer'>,
  tx: Tx,
  o: {
    parent: Session
    client: Client
    scope: string[]
    /** RFC 8707: null for all of the client's. */
    resources: string[] | null
    sessionSeconds: number | null
    userVersion: number
    membership: UsableMembership | undefined
    clientAddress: string | undefined
    now: Date
    /** The key that the refresh token is bound to. */
    jkt: string | undefined
  },
): Promise<ChildSession> {
  const { parent, client, membership, now } = o
  // OpenID Connect Core §11: without `offline_access` nothing outlives the access token.
  const refresh = o.scope.includes('offline_access') ? mintSecret(refreshTokenPrefix) : undefined
  const session = await insertChildSession(tx, {
    id: newId('ses'),
    parent,
    clientId: client.id,
    scope: o.scope,
    resources: o.resources,
    sessionSeconds: o.sessionSeconds,
    organizationId: membership?.organizationId ?? null,
    clientAddress: o.clientAddress ?? null,
    idleTtlSeconds: client.idleTtlSeconds,
    refresh: refresh && { familyId: newId('fam'), token: { id: newId('rt'), hash: refresh.hash }, jkt: o.jkt },
  })
  await announceStart(tx, session)
  const claims = accessClaims({
    issuer: deps.issuer,
    tokenId: newId('jti'),
    now,
    ttlSeconds: client.accessTtlSeconds,
    clientId: client.id,
    user: { id: session.userId, version: o.userVersion },
    session,
    membership,
  }) as PersonClaims
  return { claims, refreshToken: refresh?.secret, sessionId: session.id }
}
