/**
 * An authorization request arrives with a browser. Where the browser is signed in and nothing has to be asked, it goes
 * on with a code at once. Otherwise the request is stored, bound to this browser by a cookie of its own (two requests
 * of one browser never share one), and the browser goes to sign in. What is wrong before the redirect URI is known to
 * be the client's is told to the person.
 */
import { browserSessionCookieName } from '@gatehouse/contracts/http/tokens/browser-sessions'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { epochSeconds } from '../../domain/access-claims.ts'
import {
  needsOf,
  type PersonAtHand,
  refusalWithoutAsking,
  wantsAsking,
} from '../../domain/oauth/authorization-needs.ts'
import { type AuthorizationRequest, judgeAuthorizationRequest } from '../../domain/oauth/authorization-request.ts'
import { answerAddress } from '../../domain/oauth/redirect-uri.ts'
import { mustPush } from '../../domain/oauth/security-profile.ts'
import { insertCodeOfUse } from '../../store/child-sessions.ts'
import { insertAuthorization } from '../../store/oauth-authorizations.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { browserSessionOf } from '../browser-sessions/browser-cookie.ts'
import { browserCookie, browserSecretPrefix } from './browser-cookie.ts'
import { findClientNamed, type FindClientDeps } from './find-client.ts'
import { issueCode } from './issue-code.ts'
import { findOrganizationNamed, unknownOrganization } from './organization-named.ts'
import { personAtHand } from './person-at-hand.ts'
import { pushedParameters } from './push-authorization.ts'
import { redirectUriOf } from './redirect-uri-of.ts'

/** As long as a sign-in with a mailed code may take. */
export const authorizationSeconds = 900

export type Sent = { to: string; cookies?: string[] }
type BeginDeps = FindClientDeps & Pick<Deps, 'db' | 'following' | 'clients' | 'keyRing' | 'signInUrl'>
type Asked = { client: OAuthClient; request: AuthorizationRequest }

/** @throws OAuthError `invalid_request`, for a page: nobody can be redirected; AppError `not_current` */
export async function beginAuthorization(
  deps: BeginDeps,
  asked: { parameters: Parameters; cookies: ReadonlyMap<string, string> },
): Promise<Sent> {
  const client = await clientOf(deps, asked.parameters)
  const parameters = await pushedParameters(deps, { clientId: client.id, parameters: asked.parameters })
  const redirectUri = redirectUriOf(client, parameters)
  const judged = judgeAuthorizationRequest(parameters, client)
  const state = parameters.get('state')
  const answer = (members: Record<string, string>): Sent => ({
    to: answerAddress(redirectUri, { ...members, state, iss: deps.issuer }),
  })
  const refuse = (error: string, description: string): Sent => answer({ error, error_description: description })
  if (judged.kind === 'refused') return refuse(judged.error, judged.description)
  if (mustPush(client) && parameters === asked.parameters)
    return refuse('invalid_request', 'This client pushes its requests (RFC 9126).')
  const hinted = hintedPerson(deps, parameters)
  if (hinted === 'malformed') return refuse('invalid_request', 'id_token_hint is no ID token of this provider.')
  const organizationId = await findOrganizationNamed(deps, parameters)
  if (organizationId === 'unknown') return refuse('invalid_request', unknownOrganization)
  const request = { ...judged.request, redirectUri, ...(organizationId !== undefined && { organizationId }) }
  const browser = await browserSessionOf(deps, asked.cookies.get(browserSessionCookieName(deps.issuer)))
  const met = browser && (await personAtHand(deps, { ...browser, client, request }))
  const person = hinted === undefined || met?.userId === hinted ? met : undefined
  const isFirstParty = client.isFirstParty
  const [need] = needsOf({ request, isFirstParty, requestedAt: epochSeconds(deps.clock.now()), person })
  if (need === undefined && browser !== undefined && person !== undefined && !wantsAsking(request))
    return answer({ code: await codeAtOnce(deps, { client, request, person, sessionId: browser.sessionId }) })
  if (request.prompt.includes('none'))
    return refuse(refusalWithoutAsking(need ?? 'sign_in'), 'The person has to be asked.')
  return await sendToSignIn(deps, { client, request })
}

/** The code of a person who allowed this client as much before. */
async function codeAtOnce(deps: BeginDeps, o: Asked & { person: PersonAtHand; sessionId: string }): Promise<string> {
  const { client, request, person, sessionId } = o
  const { userId, organizationId } = person
  const code = {
    clientId: client.id,
    userId,
    sessionId,
    organizationId: organizationId === 'undecided' ? null : organizationId,
    request,
  }
  return await issueCode(deps.system, code, insertCodeOfUse)
}

async function sendToSignIn(deps: BeginDeps, { client, request }: Asked): Promise<Sent> {
  const id = newId('azr')
  const { secret, hash } = mintSecret(browserSecretPrefix)
  await insertAuthorization(deps.system, {
    id,
    clientId: client.id,
    request,
    browserHash: hash,
    lifetimeSeconds: authorizationSeconds,
  })
  const cookie = browserCookie({ issuer: deps.issuer, authorizationId: id })
  const to = new URL(deps.signInUrl)
  to.searchParams.set('request', id)
  return { to: to.href, cookies: [cookie.set(secret, authorizationSeconds)] }
}

/**
 * Whom the client believes to be signed in (OpenID Connect Core §3.1.2.1). An ID token that has expired will do: the
 * client kept it since it signed them in.
 */
function hintedPerson({ keyRing, issuer, clock }: BeginDeps, parameters: Parameters): string | undefined {
  const token = parameters.get('id_token_hint')
  if (token === undefined) return undefined
  const claims = keyRing.readJwt(token, { typ: 'JWT', now: clock.now() })
  return claims?.['iss'] === issuer ? String(claims['sub']) : 'malformed'
}

async function clientOf(deps: FindClientDeps, parameters: Parameters): Promise<OAuthClient> {
  const id = parameters.get('client_id')
  const found = id === undefined ? undefined : await findClientNamed(deps, id)
  if (found?.kind === 'found') return found.client
  const why = found?.kind === 'refused' ? `, because ${found.why}` : ''
  throw oauthError('invalid_request', { description: `The application is not known here (client_id)${why}.` })
}
