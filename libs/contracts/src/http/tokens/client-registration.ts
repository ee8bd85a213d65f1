/** What a client says about itself when it registers itself (RFC 7591 §2). Members that are not known are ignored. */
import Type, { type Static } from 'typebox'
import { DisplayName } from '../../common/display-name.ts'
import { settings, ClientKeys, GrantTypes, LogoutUris, RedirectUri, RedirectUris } from './oauth-client.ts'

const TokenEndpointAuthMethod = Type.Union([
  Type.Literal('none'),
  Type.Literal('client_secret_basic'),
  Type.Literal('client_secret_post'),
  Type.Literal('private_key_jwt'),
])
const {
  id_token_signed_response_alg,
  dpop_bound_access_tokens,
  require_pushed_authorization_requests,
  logo_uri,
  policy_uri,
  tos_uri,
} = settings

export const ClientMetadata = Type.Object({
  client_name: Type.Optional(DisplayName),
  redirect_uris: Type.Optional(RedirectUris),
  token_endpoint_auth_method: Type.Optional(TokenEndpointAuthMethod),
  grant_types: Type.Optional(GrantTypes),
  response_types: Type.Optional(Type.Array(Type.Literal('code'), { maxItems: 1 })),
  scope: Type.Optional(Type.String({ maxLength: 1000 })),
  jwks: Type.Optional(ClientKeys),
  jwks_uri: Type.Optional(RedirectUri),
  post_logout_redirect_uris: Type.Optional(LogoutUris),
  backchannel_logout_uri: Type.Optional(RedirectUri),
  subject_type: Type.Optional(Type.Literal('public')),
  id_token_signed_response_alg,
  dpop_bound_access_tokens,
  require_pushed_authorization_requests,
  logo_uri,
  policy_uri,
  tos_uri,
})
export type ClientMetadata = Static<typeof ClientMetadata>
