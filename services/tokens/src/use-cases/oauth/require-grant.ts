/** Whether the client registered the grant it uses (RFC 6749 §5.2). */
import type { GrantType } from '@gatehouse/contracts/http/tokens/oauth-client'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { OAuthClient } from '../../store/oauth-clients.ts'

/** @throws OAuthError `unauthorized_client` */
export function requireGrant(client: Pick<OAuthClient, 'grantTypes'>, grantType: GrantType): void {
  if (!client.grantTypes.includes(grantType))
    throw oauthError('unauthorized_client', { description: 'The client did not register this grant type.' })
}
