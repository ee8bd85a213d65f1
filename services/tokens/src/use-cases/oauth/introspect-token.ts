/**
 * Introspection (RFC 7662): whether a token counts now. A confidential client asks about its own tokens, and about
 * access tokens for an audience it registered itself, of clients of the same owner. Everything else is `active: false`,
 * whatever the reason (§2.2).
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { epochSeconds } from '../../domain/access-claims.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { findRefreshTokenByHash, getTokenInFamily } from '../../store/refresh-tokens.ts'
import { refreshTokenPrefix } from '../sessions/start-session.ts'
import { authenticateClient, invalidClient, type Presented } from './authenticate-client.ts'
import type { FindClientDeps } from './find-client.ts'
import { liveChild } from './live-child.ts'
import { readClientToken } from './read-client-token.ts'

type IntrospectDeps = FindClientDeps & Pick<Deps, 'db' | 'following' | 'keyRing'>
type Introspected = { active: boolean; [member: string]: unknown }

const inactive: Introspected = { active: false }

/** @throws OAuthError `invalid_client`, `invalid_request` */
export async function introspectToken(deps: IntrospectDeps, presented: Presented): Promise<Introspected> {
  const client = await authenticateClient(deps, presented)
  // Who proves nothing could ask about tokens it has found (RFC 7662 §2.1).
  if (client.authMethod === 'none') throw invalidClient(false)
  const token = presented.parameters.get('token')
  if (token === undefined) throw oauthError('invalid_request', { description: 'token is missing.' })
  return isWellFormed(refreshTokenPrefix, token)
    ? await refreshTokenState(deps, client, token)
    : await accessTokenState(deps, client, token)
}

async function accessTokenState(deps: IntrospectDeps, client: OAuthClient, token: string): Promise<Introspected> {
  const claims = readClientToken(deps, token)
  const child = claims && (await liveChild(deps, claims.sid))
  if (claims === undefined || child === undefined || claims.sv < child.minVersion) return inactive
  const isForClient = child.clientOrgId === client.orgId && claims.aud.some((one) => client.audiences.includes(one))
  if (claims.client_id !== client.id && !isForClient) return inactive
  const { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, sid, acr, amr, org_id, cnf, act } = claims
  const shown = { iss, sub, aud, client_id, scope, iat, exp, auth_time, jti, sid, acr, amr }
  return {
    active: true,
    token_type: cnf === undefined ? 'Bearer' : 'DPoP',
    ...shown,
    ...(org_id !== undefined && { org_id }),
    // RFC 9449 §6.2: a resource server asks for the proof itself.
    ...(cnf !== undefined && { cnf }),
    ...(act !== undefined && { act }),
  }
}

async function refreshTokenState(deps: IntrospectDeps, client: OAuthClient, token: string): Promise<Introspected> {
  const owner = await findRefreshTokenByHash(deps.system, hashSecret(token))
  const child = owner && (await liveChild(deps, owner.sessionId))
  if (owner === undefined || child?.clientId !== client.id) return inactive
  const { userId } = owner
  const known = await inScope(deps.db, { userId }, (tx) => getTokenInFamily(tx, owner.id))
  if (known.token.usedAt !== null || known.family.status !== 'active') return inactive
  return {
    active: true,
    client_id: client.id,
    sub: userId,
    scope: child.scope.join(' '),
    sid: child.id,
    exp: epochSeconds(child.expiresAt),
  }
}
