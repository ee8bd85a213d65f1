/** A client of the OpenID provider as the API shows it, registers it and changes it (RFC 7591 §2 names its members). */
import Type, { type Static } from 'typebox'
import { OAuthClientId, OAuthClientSecretId, OrganizationId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'

/**
 * - `none`: a public client, which proves each code by PKCE alone.
 * - `client_secret`: in the `Authorization` header or in the form.
 * - `private_key_jwt`: an assertion signed with a key whose public half is in `jwks` or at `jwks_uri` (RFC 7523).
 */
const AuthMethod = Type.Union([Type.Literal('none'), Type.Literal('client_secret'), Type.Literal('private_key_jwt')])
/** RFC 7517: public keys, each with a `kid`. Two or more while one is changed for another. */
export const ClientKeys = Type.Object({
  keys: Type.Array(
    Type.Record(Type.String({ maxLength: 50 }), Type.String({ maxLength: 2000 }), { maxProperties: 12 }),
    {
      minItems: 1,
      maxItems: 5,
    },
  ),
})
export type ClientKeys = Static<typeof ClientKeys>
/** RFC 7591 §2: what the client may present at the token endpoint. */
const GrantType = Type.Union([
  Type.Literal('authorization_code'),
  Type.Literal('refresh_token'),
  Type.Literal('urn:ietf:params:oauth:grant-type:device_code'),
  Type.Literal('urn:ietf:params:oauth:grant-type:token-exchange'),
])
export type GrantType = Static<typeof GrantType>
export const GrantTypes = Type.Array(GrantType, { minItems: 1, maxItems: 4, uniqueItems: true })
const IdTokenAlg = Type.Union([Type.Literal('RS256'), Type.Literal('ES256')])
const Status = Type.Union([Type.Literal('active'), Type.Literal('disabled')])

export const RedirectUri = Type.String({ minLength: 1, maxLength: 2000 })
/** At least one with `authorization_code`. */
export const RedirectUris = Type.Array(RedirectUri, { maxItems: 20, uniqueItems: true })
export const LogoutUris = Type.Array(RedirectUri, { maxItems: 20, uniqueItems: true })
/**
 * RFC 6454: origins whose scripts may read the API's answers (CORS). Where the client is the platform's own
 * (`first_party`), they may also keep the refresh token in a cookie.
 */
const AllowedOrigins = Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 20, uniqueItems: true })
/** RFC 6749 §3.3. */
const Scopes = Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', maxLength: 100 }), {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
})
/** RFC 8707 §2: resource servers that take this client's access tokens. Gatehouse's own API is none of them. */
const Audiences = Type.Array(Type.String({ format: 'uri', maxLength: 500 }), { maxItems: 10, uniqueItems: true })

/**
 * `fapi2`: FAPI 2.0 Security Profile. Requests are pushed, tokens bound to a key (DPoP), the client proves itself by
 * `private_key_jwt`, and nothing is signed by RS256.
 */
const SecurityProfile = Type.Union([Type.Literal('oauth2'), Type.Literal('fapi2')])
const AccessTokenSeconds = Type.Integer({ minimum: 60, maximum: 300 })
const SessionSeconds = Type.Integer({ minimum: 300, maximum: 7_776_000 })
/** Of the web, by https. */
const WebPage = Type.String({ minLength: 1, maxLength: 2000 })
/** What a client may choose when it is registered and later. */
export const settings = {
  id_token_signed_response_alg: Type.Optional(IdTokenAlg),
  dpop_bound_access_tokens: Type.Optional(Type.Boolean()),
  require_pushed_authorization_requests: Type.Optional(Type.Boolean()),
  security_profile: Type.Optional(SecurityProfile),
  access_token_lifetime_seconds: Type.Optional(Type.Union([AccessTokenSeconds, Type.Null()])),
  session_lifetime_seconds: Type.Optional(Type.Union([SessionSeconds, Type.Null()])),
  logo_uri: Type.Optional(Type.Union([WebPage, Type.Null()])),
  policy_uri: Type.Optional(Type.Union([WebPage, Type.Null()])),
  tos_uri: Type.Optional(Type.Union([WebPage, Type.Null()])),
} as const

const ClientSecret = Type.Object({ id: OAuthClientSecretId, last4: Type.String(), created_at: Instant })

export const OAuthClient = Type.Object({
  /** The `client_id`, unless there is a `document_uri`. */
  id: OAuthClientId,
  /** The address of the document about the client, which is its `client_id`; null for a client that is registered. */
  document_uri: Type.Union([Type.String(), Type.Null()]),
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  name: Type.String(),
  status: Status,
  auth_method: AuthMethod,
  /** Of `private_key_jwt`: either the keys or where they are; both null for the others. */
  jwks: Type.Union([ClientKeys, Type.Null()]),
  jwks_uri: Type.Union([Type.String(), Type.Null()]),
  grant_types: Type.Array(GrantType),
  redirect_uris: Type.Array(Type.String()),
  post_logout_redirect_uris: Type.Array(Type.String()),
  allowed_origins: Type.Array(Type.String()),
  /** Where the client is told that a session it had is over; null: nowhere. */
  backchannel_logout_uri: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Array(Type.String()),
  audiences: Type.Array(Type.String()),
  id_token_signed_response_alg: IdTokenAlg,
  /** An application of the platform itself: nobody is asked whether they allow it. */
  first_party: Type.Boolean(),
  /** RFC 9449 §5.2: it gets tokens only with a proof of its key. */
  dpop_bound_access_tokens: Type.Boolean(),
  /** RFC 9126 §6: its authorization requests arrive pushed, or not at all. */
  require_pushed_authorization_requests: Type.Boolean(),
  security_profile: SecurityProfile,
  /** At most; null: as long as the platform's. */
  access_token_lifetime_seconds: Type.Union([AccessTokenSeconds, Type.Null()]),
  /** After it the person signs in to the client again; null: as long as the sign-in lives. */
  session_lifetime_seconds: Type.Union([SessionSeconds, Type.Null()]),
  logo_uri: Type.Union([Type.String(), Type.Null()]),
  policy_uri: Type.Union([Type.String(), Type.Null()]),
  tos_uri: Type.Union([Type.String(), Type.Null()]),
  secrets: Type.Array(ClientSecret),
  created_at: Instant,
  updated_at: Instant,
})
export type OAuthClient = Static<typeof OAuthClient>

export const NewOAuthClient = Type.Object({
  ...OAuthClient.properties,
  /** Shown here and never again; absent for a public client. */
  client_secret: Type.Optional(Type.String()),
})
export type NewOAuthClient = Static<typeof NewOAuthClient>

export const NewClientSecret = Type.Object({ ...ClientSecret.properties, client_secret: Type.Optional(Type.String()) })
export type NewClientSecret = Static<typeof NewClientSecret>

export const OAuthClientRegistration = Type.Object({
  name: DisplayName,
  /** `client_secret` when absent. */
  auth_method: Type.Optional(AuthMethod),
  /** With `private_key_jwt`, and only with it: either this or `jwks_uri`. */
  jwks: Type.Optional(ClientKeys),
  jwks_uri: Type.Optional(WebPage),
  /** `authorization_code` and `refresh_token` when absent. */
  grant_types: Type.Optional(GrantTypes),
  redirect_uris: Type.Optional(RedirectUris),
  post_logout_redirect_uris: Type.Optional(LogoutUris),
  allowed_origins: Type.Optional(AllowedOrigins),
  backchannel_logout_uri: Type.Optional(Type.Union([RedirectUri, Type.Null()])),
  /** `openid profile email` when absent. */
  scopes: Type.Optional(Scopes),
  audiences: Type.Optional(Audiences),
  /** RS256 when absent (OpenID Connect Core §15.1), and ES256 with `fapi2`. */
  ...settings,
})
/** Only the platform has applications of its own. */
export const PlatformOAuthClientRegistration = Type.Object({
  ...OAuthClientRegistration.properties,
  first_party: Type.Optional(Type.Boolean()),
})
export type ClientRegistration = Static<typeof PlatformOAuthClientRegistration>

export const OAuthClientChange = Type.Object(
  {
    name: Type.Optional(DisplayName),
    status: Type.Optional(Status),
    /** In the place of a `jwks_uri`. */
    jwks: Type.Optional(ClientKeys),
    /** In the place of `jwks`. */
    jwks_uri: Type.Optional(WebPage),
    grant_types: Type.Optional(GrantTypes),
    redirect_uris: Type.Optional(RedirectUris),
    post_logout_redirect_uris: Type.Optional(LogoutUris),
    allowed_origins: Type.Optional(AllowedOrigins),
    backchannel_logout_uri: Type.Optional(Type.Union([RedirectUri, Type.Null()])),
    scopes: Type.Optional(Scopes),
    audiences: Type.Optional(Audiences),
    ...settings,
  },
  { minProperties: 1 },
)
export const PlatformOAuthClientChange = Type.Object(
  { ...OAuthClientChange.properties, first_party: Type.Optional(Type.Boolean()) },
  { minProperties: 1 },
)
export type ClientChange = Static<typeof PlatformOAuthClientChange>
