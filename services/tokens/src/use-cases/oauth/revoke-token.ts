/**
 * Revocation (RFC 7009). A client ends its own session by any token of it, so the access tokens void with the refresh
 * tokens. A token nobody knows is as revoked as one can be; one of another client is left alone.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { findChild } from '../../store/child-sessions.ts'
import { findRefreshTokenByHash } from '../../store/refresh-tokens.ts'
import { endSession } from '../sessions/end-session.ts'
import { refreshTokenPrefix } from '../sessions/start-session.ts'
import { authenticateClient, type Presented } from './authenticate-client.ts'
import type { FindClientDeps } from './find-client.ts'
import { readClientToken } from './read-client-token.ts'

type RevokeDeps = FindClientDeps & Pick<Deps, 'keyRing'>

/** @throws OAuthError `invalid_client`, `invalid_request`, `unauthorized_client` */
export async function revokeToken(deps: RevokeDeps, presented: Presented): Promise<void> {
  const client = await authenticateClient(deps, presented)
  const token = presented.parameters.get('token')
  if (token === undefined) throw oauthError('invalid_request', { description: 'token is missing.' })
  const sessionId = await sessionOf(deps, token)
  const child = sessionId === undefined ? undefined : await findChild(deps.system, sessionId)
  if (child === undefined) return
  if (child.clientId !== client.id)
    throw oauthError('unauthorized_client', { description: 'The token belongs to another client.' })
  await endSession(deps, child, { sessionId: child.id, reason: 'revoked' })
}

/** `token_type_hint` is not needed: the two kinds look different. */
async function sessionOf(deps: RevokeDeps, token: string): Promise<string | undefined> {
  if (isWellFormed(refreshTokenPrefix, token))
    return (await findRefreshTokenByHash(deps.system, hashSecret(token)))?.sessionId
  return readClientToken(deps, token)?.sid
}
