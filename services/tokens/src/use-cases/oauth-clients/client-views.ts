/** Clients as the API shows them: never a secret. */
import type { OAuthClient as OAuthClientOnWire } from '@gatehouse/contracts/http/tokens/oauth-client'
import type { OAuthClient, OAuthClientSecret } from '../../store/oauth-clients.ts'

export const secretView = ({ id, last4, createdAt }: OAuthClientSecret) => ({
  id,
  last4,
  created_at: createdAt.toISOString(),
})

export const clientView = (client: OAuthClient, secrets: readonly OAuthClientSecret[]): OAuthClientOnWire => ({
  id: client.documentReference ?? client.id,
  document_uri: client.documentReference === null ? null : client.id,
  organization_id: client.orgId,
  name: client.name,
  status: client.status === 'active' ? 'active' : 'disabled',
  auth_method: client.authMethod,
  jwks: client.jwks,
  jwks_uri: client.jwksUri,
  grant_types: client.grantTypes,
  redirect_uris: client.redirectUris,
  post_logout_redirect_uris: client.postLogoutRedirectUris,
  allowed_origins: client.allowedOrigins,
  backchannel_logout_uri: client.backchannelLogoutUri,
  scopes: client.scopes,
  audiences: client.audiences,
  id_token_signed_response_alg: client.idTokenAlg,
  first_party: client.isFirstParty,
  dpop_bound_access_tokens: client.dpopBoundAccessTokens,
  require_pushed_authorization_requests: client.requiresPushedRequests,
  security_profile: client.securityProfile,
  access_token_lifetime_seconds: client.accessTokenSeconds,
  session_lifetime_seconds: client.sessionSeconds,
  logo_uri: client.logoUri,
  policy_uri: client.policyUri,
  tos_uri: client.tosUri,
  secrets: secrets.filter(({ clientId }) => clientId === client.id).map(secretView),
  created_at: client.createdAt.toISOString(),
  updated_at: client.updatedAt.toISOString(),
})
