/** The redirect URI of a request: the only address its answer may go to. */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { isRegistered } from '../../domain/oauth/redirect-uri.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'

/**
 * Always sent and always one of those that were registered: a default would let an attacker leave it out (RFC 9700
 * §4.1).
 * @throws OAuthError `invalid_request`, and nobody is redirected
 */
export function redirectUriOf(client: OAuthClient, parameters: Parameters): string {
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === undefined || !isRegistered(client.redirectUris, redirectUri))
    throw oauthError('invalid_request', {
      description: 'The application did not register this address (redirect_uri).',
    })
  return redirectUri
}
