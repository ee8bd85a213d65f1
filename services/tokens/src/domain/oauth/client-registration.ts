/**
 * What a client says of itself in the words of RFC 7591, as a registration of ours and back. Whoever registers itself
 * gets the scopes of OpenID Connect and no resource servers: those are an operator's to give.
 */
import type { ClientMetadata } from '@gatehouse/contracts/http/tokens/client-registration'
import type { ClientRegistration, OAuthClient } from '@gatehouse/contracts/http/tokens/oauth-client'
import { grantedScope, openidScopes, parseScope } from './scopes.ts'

export type Registered = Pick<
  OAuthClient,
  | 'id'
  | 'name'
  | 'auth_method'
  | 'grant_types'
  | 'redirect_uris'
  | 'post_logout_redirect_uris'
  | 'backchannel_logout_uri'
  | 'scopes'
  | 'jwks'
  | 'jwks_uri'
  | 'id_token_signed_response_alg'
  | 'dpop_bound_access_tokens'
  | 'require_pushed_authorization_requests'
  | 'logo_uri'
  | 'policy_uri'
  | 'tos_uri'
  | 'created_at'
>

/** What it says in words we have as well. Nothing else of what is sent gets past this list. */
const shared = [
  'jwks',
  'jwks_uri',
  'redirect_uris',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'id_token_signed_response_alg',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
  'logo_uri',
  'policy_uri',
  'tos_uri',
] as const satisfies readonly (keyof ClientMetadata & keyof ClientRegistration)[]

/** Undefined: the scope is malformed, or there is nothing of it to be had. */
export function registrationOf(metadata: ClientMetadata): ClientRegistration | undefined {
  const { client_name: name = nameOf(metadata), token_endpoint_auth_method: method, scope } = metadata
  const scopes = scope === undefined ? undefined : grantedScope(parseScope(scope) ?? [], openidScopes)
  if (scopes?.length === 0) return undefined
  const said = shared.flatMap((member) => (metadata[member] === undefined ? [] : [[member, metadata[member]]]))
  return {
    ...(Object.fromEntries(said) as Pick<ClientRegistration, (typeof shared)[number]>),
    name,
    auth_method: method === 'none' || method === 'private_key_jwt' ? method : 'client_secret',
    // RFC 7591 §2: what it is without a word.
    grant_types: metadata.grant_types ?? ['authorization_code'],
    ...(scopes !== undefined && { scopes }),
  }
}

/** What people are shown of an application that says no name: where it is. */
const nameOf = ({ redirect_uris: [first = ''] = [] }: ClientMetadata): string =>
  /^[a-z][a-z0-9+.-]*:\/\/([^/?]+)/.exec(first)?.[1]?.slice(0, 100) ?? 'Application'

/** RFC 7591 §3.2.1: the metadata as it is now. Members that are null are absent. */
export const metadataOf = (client: Registered, asked: ClientMetadata | undefined): object => ({
  client_id: client.id,
  client_id_issued_at: Math.floor(Date.parse(client.created_at) / 1000),
  client_name: client.name,
  token_endpoint_auth_method:
    client.auth_method === 'client_secret'
      ? (asked?.token_endpoint_auth_method ?? 'client_secret_basic')
      : client.auth_method,
  grant_types: client.grant_types,
  response_types: client.grant_types.includes('authorization_code') ? ['code'] : [],
  redirect_uris: client.redirect_uris,
  scope: client.scopes.join(' '),
  post_logout_redirect_uris: client.post_logout_redirect_uris,
  backchannel_logout_session_required: true,
  subject_type: 'public',
  id_token_signed_response_alg: client.id_token_signed_response_alg,
  dpop_bound_access_tokens: client.dpop_bound_access_tokens,
  require_pushed_authorization_requests: client.require_pushed_authorization_requests,
  ...present('jwks', client.jwks),
  ...present('jwks_uri', client.jwks_uri),
  ...present('backchannel_logout_uri', client.backchannel_logout_uri),
  ...present('logo_uri', client.logo_uri),
  ...present('policy_uri', client.policy_uri),
  ...present('tos_uri', client.tos_uri),
})

const present = (name: string, value: unknown): object => (value === null ? {} : { [name]: value })
