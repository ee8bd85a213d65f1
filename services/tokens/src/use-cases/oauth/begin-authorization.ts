/**
 * An authorization request arrives with a browser. It is judged, stored, bound to this browser by a cookie of its own (two requests of one browser never
 * share one), and the browser goes to sign in. What is wrong before the redirect URI is known to be the client's is told to the person.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { judgeAuthorizationRequest } from '../../domain/oauth/authorization-request.ts'
import { answerAddress, isRegistered } from '../../domain/oauth/redirect-uri.ts'
import { insertAuthorization } from '../../store/oauth-authorizations.ts'
import { findActiveClient, type OAuthClient } from '../../store/oauth-clients.ts'
import { browserCookie, browserSecretPrefix } from './browser-cookie.ts'

/** As long as a sign-in with a mailed code may take. */
export const authorizationSeconds = 900

export type Sent = { to: string; cookies?: string[] }
type BeginDeps = Pick<Deps, 'system' | 'issuer' | 'signInUrl'>

/** @throws OAuthError `invalid_request`, for a page: nobody can be redirected */
export async function beginAuthorization(deps: BeginDeps, parameters: Parameters): Promise<Sent> {
  const client = await clientOf(deps, parameters)
  const redirectUri = redirectUriOf(client, parameters)
  const judged = judgeAuthorizationRequest(parameters, client)
  const state = parameters.get('state')
  const refuse = (error: string, description: string): Sent => ({
    to: answerAddress(redirectUri, { error, error_description: description, state, iss: deps.issuer }),
  })
  if (judged.kind === 'refused') return refuse(judged.error, judged.description)
  // OpenID Connect Core §3.1.2.6. No browser is known to be signed in yet, so nothing can be answered without asking.
  if (judged.request.prompt.includes('none')) return refuse('login_required', 'The person has to be asked.')
  const id = newId('azr')
  const { secret, hash } = mintSecret(browserSecretPrefix)
  await insertAuthorization(deps.system, {
    id,
    clientId: client.id,
    request: { ...judged.request, redirectUri },
    browserHash: hash,
    lifetimeSeconds: authorizationSeconds,
  })
  const cookie = browserCookie({ issuer: deps.issuer, authorizationId: id })
  return { to: signInAddress(deps.signInUrl, id), cookies: [cookie.set(secret, authorizationSeconds)] }
}

function signInAddress(signInUrl: string, id: string): string {
  const url = new URL(signInUrl)
  url.searchParams.set('authorization', id)
  return url.href
}

async function clientOf(deps: BeginDeps, parameters: Parameters): Promise<OAuthClient> {
  const id = parameters.get('client_id')
  const client = id === undefined ? undefined : await findActiveClient(deps.system, id)
  if (client === undefined)
    throw oauthError('invalid_request', { description: 'The application is not known here (client_id).' })
  return client
}

/** Always sent and always one of those that were registered: a default would let an attacker leave it out (RFC 9700 §4.1). */
function redirectUriOf(client: OAuthClient, parameters: Parameters): string {
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === undefined || !isRegistered(client.redirectUris, redirectUri))
    throw oauthError('invalid_request', {
      description: 'The application did not register this address (redirect_uri).',
    })
  return redirectUri
}
