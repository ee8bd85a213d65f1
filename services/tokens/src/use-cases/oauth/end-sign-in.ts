/**
 * RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). The ID token says which client's session it is about;
 * the sign-in behind it ends, and with it what every client holds in it. An ID token that has expired will do (§2): it
 * is read long after it was given.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { Deps } from '../../deps.ts'
import { answerAddress } from '../../domain/oauth/redirect-uri.ts'
import { findChild } from '../../store/child-sessions.ts'
import { findActiveClient } from '../../store/oauth-clients.ts'
import { endSession } from '../sessions/end-session.ts'

type LogoutDeps = Pick<Deps, 'system' | 'spine' | 'keyRing' | 'issuer' | 'clock'>
type Hint = { sub: string; aud: string; sid: string }

/**
 * Where the browser goes on; undefined: it stays. @throws OAuthError `invalid_request`, for a page: nobody is signed
 * out by it
 */
export async function endSignIn(deps: LogoutDeps, parameters: Parameters): Promise<string | undefined> {
  const hint = hintIn(deps, parameters)
  const named = parameters.get('client_id')
  if (named !== undefined && named !== hint.aud)
    throw oauthError('invalid_request', { description: 'The ID token was given to another application.' })
  const to = await addressOf(deps, hint.aud, parameters)
  const child = await findChild(deps.system, hint.sid)
  if (child !== undefined && child.userId === hint.sub && child.clientId === hint.aud)
    await endSession(deps, child, { sessionId: child.parentId, reason: 'logout' })
  return to
}

/** Without it anybody could sign out anybody who follows a link. @throws OAuthError `invalid_request` */
function hintIn({ keyRing, issuer, clock }: LogoutDeps, parameters: Parameters): Hint {
  const token = parameters.get('id_token_hint')
  const claims = token === undefined ? undefined : keyRing.readJwt(token, { typ: 'JWT', now: clock.now() })
  if (claims === undefined || claims['iss'] !== issuer)
    throw oauthError('invalid_request', {
      description: 'The application did not say whom to sign out (id_token_hint). Sign out in your account.',
    })
  return claims as Hint
}

/** Only where the client registered it, character by character. */
async function addressOf(
  deps: Pick<Deps, 'system'>,
  clientId: string,
  parameters: Parameters,
): Promise<string | undefined> {
  const asked = parameters.get('post_logout_redirect_uri')
  if (asked === undefined) return undefined
  const client = await findActiveClient(deps.system, clientId)
  if (client === undefined || !client.postLogoutRedirectUris.includes(asked))
    throw oauthError('invalid_request', {
      description: 'The application did not register this address (post_logout_redirect_uri).',
    })
  const state = parameters.get('state')
  return state === undefined ? asked : answerAddress(asked, { state })
}
