/**
 * The browser comes back with the continuation and the cookie of the same request: it goes to the client, with a code
 * or with the refusal. Once.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { answerAddress } from '../../domain/oauth/redirect-uri.ts'
import { type Authorization, claimContinuation, findByContinuation } from '../../store/oauth-authorizations.ts'
import { findActiveClient } from '../../store/oauth-clients.ts'
import type { Sent } from './begin-authorization.ts'
import { browserCookie } from './browser-cookie.ts'
import { issueCode } from './issue-code.ts'
import { continuationPrefix } from './settle-authorization.ts'

/** @throws OAuthError `invalid_request`, for a page */
export async function continueAuthorization(
  deps: Pick<Deps, 'system' | 'issuer'>,
  o: { continuation: string | undefined; cookies: ReadonlyMap<string, string> },
): Promise<Sent> {
  const authorization = await authorizationOf(deps, o.continuation)
  const cookie = browserCookie({ issuer: deps.issuer, authorizationId: authorization.id })
  const presented = o.cookies.get(cookie.name)
  if (presented === undefined || !hashSecret(presented).equals(authorization.browserHash)) throw over('another browser')
  const code = await inScope(deps.system, {}, async (tx) => {
    if (!(await claimContinuation(tx, authorization.id))) return undefined
    return authorization.decision === 'approved' ? await codeOf(tx, authorization) : ''
  })
  if (code === undefined) throw over('continued before, or over')
  const { redirectUri, state } = authorization.request
  const answer = code === '' ? { error: 'access_denied', error_description: 'The person refused.' } : { code }
  return { to: answerAddress(redirectUri, { ...answer, state, iss: deps.issuer }), cookies: [cookie.clear()] }
}

/** Whoever sees it cannot tell why: unknown, used, over and another browser's are one. */
export const over = (internal: string) =>
  oauthError('invalid_request', { description: 'This sign-in is over or was begun in another browser.', internal })

async function authorizationOf(deps: Pick<Deps, 'system'>, continuation: string | undefined): Promise<Authorization> {
  const found =
    continuation !== undefined && isWellFormed(continuationPrefix, continuation)
      ? await findByContinuation(deps.system, hashSecret(continuation))
      : undefined
  if (found === undefined) throw over('unknown continuation')
  if ((await findActiveClient(deps.system, found.clientId)) === undefined) throw over('the client is gone')
  return found
}

function codeOf(tx: Queryable, authorization: Authorization): Promise<string> {
  const { userId, sessionId } = authorization
  if (userId === null || sessionId === null) throw new Error('A decided authorization has lost its person')
  return issueCode(tx, { ...authorization, userId, sessionId })
}
