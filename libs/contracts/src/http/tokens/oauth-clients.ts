/** Clients of the OpenID provider: applications people sign in to. An organization has its own, the platform has its own. */
import Type, { type Static } from 'typebox'
import { OAuthClientId, OAuthClientSecretId, OrganizationId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { DisplayName } from '../../common/display-name.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute, type RouteContract } from '../contract.ts'

/**
 * - `none`: a public client, which proves each code by PKCE alone.
 * - `client_secret`: in the `Authorization` header or in the form.
 * - `private_key_jwt`: an assertion signed with a key whose public half is in `jwks` (RFC 7523).
 */
const AuthMethod = Type.Union([Type.Literal('none'), Type.Literal('client_secret'), Type.Literal('private_key_jwt')])
/** RFC 7517: public keys, each with a `kid`. Two or more while one is changed for another. */
const ClientKeys = Type.Object({
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
const GrantTypes = Type.Array(GrantType, { minItems: 1, maxItems: 4, uniqueItems: true })
const IdTokenAlg = Type.Union([Type.Literal('RS256'), Type.Literal('ES256')])
const Status = Type.Union([Type.Literal('active'), Type.Literal('disabled')])

const RedirectUri = Type.String({ minLength: 1, maxLength: 2000 })
/** At least one with `authorization_code`. */
const RedirectUris = Type.Array(RedirectUri, { maxItems: 20, uniqueItems: true })
const LogoutUris = Type.Array(RedirectUri, { maxItems: 20, uniqueItems: true })
/** RFC 6749 §3.3. */
const Scopes = Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', maxLength: 100 }), {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
})
/** RFC 8707 §2: resource servers that take this client's access tokens. Gatehouse's own API is none of them. */
const Audiences = Type.Array(Type.String({ format: 'uri', maxLength: 500 }), { maxItems: 10, uniqueItems: true })

const ClientSecret = Type.Object({ id: OAuthClientSecretId, last4: Type.String(), created_at: Instant })

export const OAuthClient = Type.Object({
  /** The `client_id`. */
  id: OAuthClientId,
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  name: Type.String(),
  status: Status,
  auth_method: AuthMethod,
  /** Of `private_key_jwt`; null for the others. */
  jwks: Type.Union([ClientKeys, Type.Null()]),
  grant_types: Type.Array(GrantType),
  redirect_uris: Type.Array(Type.String()),
  post_logout_redirect_uris: Type.Array(Type.String()),
  /** Where the client is told that a session it had is over; null: nowhere. */
  backchannel_logout_uri: Type.Union([Type.String(), Type.Null()]),
  scopes: Type.Array(Type.String()),
  audiences: Type.Array(Type.String()),
  id_token_signed_response_alg: IdTokenAlg,
  /** An application of the platform itself: nobody is asked whether they allow it. */
  first_party: Type.Boolean(),
  /** RFC 9449 §5.2: it gets tokens only with a proof of its key. */
  dpop_bound_access_tokens: Type.Boolean(),
  secrets: Type.Array(ClientSecret),
  created_at: Instant,
  updated_at: Instant,
})
export type OAuthClient = Static<typeof OAuthClient>

const NewOAuthClient = Type.Object({
  ...OAuthClient.properties,
  /** Shown here and never again; absent for a public client. */
  client_secret: Type.Optional(Type.String()),
})
export type NewOAuthClient = Static<typeof NewOAuthClient>

const NewClientSecret = Type.Object({ ...ClientSecret.properties, client_secret: Type.Optional(Type.String()) })
export type NewClientSecret = Static<typeof NewClientSecret>

const Registration = Type.Object({
  name: DisplayName,
  /** `client_secret` when absent. */
  auth_method: Type.Optional(AuthMethod),
  /** With `private_key_jwt`, and only with it. */
  jwks: Type.Optional(ClientKeys),
  /** `authorization_code` and `refresh_token` when absent. */
  grant_types: Type.Optional(GrantTypes),
  redirect_uris: Type.Optional(RedirectUris),
  post_logout_redirect_uris: Type.Optional(LogoutUris),
  backchannel_logout_uri: Type.Optional(Type.Union([RedirectUri, Type.Null()])),
  /** `openid profile email` when absent. */
  scopes: Type.Optional(Scopes),
  audiences: Type.Optional(Audiences),
  /** RS256 when absent (OpenID Connect Core §15.1). */
  id_token_signed_response_alg: Type.Optional(IdTokenAlg),
  dpop_bound_access_tokens: Type.Optional(Type.Boolean()),
})
/** Only the platform has applications of its own. */
const PlatformRegistration = Type.Object({
  ...Registration.properties,
  first_party: Type.Optional(Type.Boolean()),
})
export type ClientRegistration = Static<typeof PlatformRegistration>

const Change = Type.Object(
  {
    name: Type.Optional(DisplayName),
    status: Type.Optional(Status),
    jwks: Type.Optional(ClientKeys),
    grant_types: Type.Optional(GrantTypes),
    redirect_uris: Type.Optional(RedirectUris),
    post_logout_redirect_uris: Type.Optional(LogoutUris),
    backchannel_logout_uri: Type.Optional(Type.Union([RedirectUri, Type.Null()])),
    scopes: Type.Optional(Scopes),
    audiences: Type.Optional(Audiences),
    id_token_signed_response_alg: Type.Optional(IdTokenAlg),
    dpop_bound_access_tokens: Type.Optional(Type.Boolean()),
  },
  { minProperties: 1 },
)
const PlatformChange = Type.Object(
  { ...Change.properties, first_party: Type.Optional(Type.Boolean()) },
  { minProperties: 1 },
)
export type ClientChange = Static<typeof PlatformChange>

const example = { name: 'Wiki', redirect_uris: ['https://wiki.example.com/callback'] }

const organizations = '/v1/organizations/:org/oauth-clients'
const platform = '/v1/platform/oauth-clients'
const org = { org: OrganizationId }
const client = { client: OAuthClientId }
const secret = { ...client, secret: OAuthClientSecretId }

const inOrganization = { service: 'tokens', auth: 'organization', problems: ['forbidden'] } as const
const onPlatform = { service: 'tokens', auth: 'user', problems: ['forbidden'] } as const

const creates = {
  method: 'POST',
  idempotent: true,
  shownOnce: ['client_secret'],
  body: Registration,
  example,
  success: { status: 201, body: NewOAuthClient, description: 'The client; its secret is shown this once.' },
  problems: ['forbidden', 'validation_failed'],
} as const
const lists = {
  method: 'GET',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(OAuthClient), description: 'The clients, without their secrets.' },
} as const
const gets = { method: 'GET', success: { status: 200, body: OAuthClient, description: 'The client.' } } as const
const updates = {
  method: 'PATCH',
  body: Change,
  success: { status: 200, body: OAuthClient, description: 'The client as it is now.' },
  problems: ['forbidden', 'validation_failed'],
} as const
const deletes = {
  method: 'DELETE',
  success: { status: 204, description: 'Gone, and so is each session it had.' },
} as const
const createsSecret = {
  method: 'POST',
  idempotent: true,
  shownOnce: ['client_secret'],
  success: { status: 201, body: NewClientSecret, description: 'The second secret, shown this once.' },
  problems: ['forbidden', 'conflict'],
} as const
const deletesSecret = {
  method: 'DELETE',
  success: { status: 204, description: 'The secret proves nothing any more.' },
} as const

export const CreateOAuthClient = defineRoute({
  ...inOrganization,
  ...creates,
  operationId: 'createOAuthClient',
  path: organizations,
  summary: 'Register an application of the organization, so that people can sign in to it.',
  params: Type.Object(org),
})
export const ListOAuthClients = defineRoute({
  ...inOrganization,
  ...lists,
  operationId: 'listOAuthClients',
  path: organizations,
  summary: 'The clients of the organization, newest first.',
  params: Type.Object(org),
})
export const GetOAuthClient = defineRoute({
  ...inOrganization,
  ...gets,
  operationId: 'getOAuthClient',
  path: `${organizations}/:client`,
  summary: 'One client of the organization.',
  params: Type.Object({ ...org, ...client }),
})
export const UpdateOAuthClient = defineRoute({
  ...inOrganization,
  ...updates,
  operationId: 'updateOAuthClient',
  path: `${organizations}/:client`,
  summary: 'Change, disable or enable a client. Disabling ends each session it has.',
  params: Type.Object({ ...org, ...client }),
})
export const DeleteOAuthClient = defineRoute({
  ...inOrganization,
  ...deletes,
  operationId: 'deleteOAuthClient',
  path: `${organizations}/:client`,
  summary: 'Delete a client.',
  params: Type.Object({ ...org, ...client }),
})
export const CreateOAuthClientSecret = defineRoute({
  ...inOrganization,
  ...createsSecret,
  operationId: 'createOAuthClientSecret',
  path: `${organizations}/:client/secrets`,
  summary: 'Make a second secret, so that one can be changed for the other. A client has at most two.',
  params: Type.Object({ ...org, ...client }),
})
export const DeleteOAuthClientSecret = defineRoute({
  ...inOrganization,
  ...deletesSecret,
  operationId: 'deleteOAuthClientSecret',
  path: `${organizations}/:client/secrets/:secret`,
  summary: 'Delete one secret of a client.',
  params: Type.Object({ ...org, ...secret }),
})

export const CreatePlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...creates,
  body: PlatformRegistration,
  operationId: 'createPlatformOAuthClient',
  path: platform,
  summary: 'Register an application of the platform, to which people of every organization can sign in.',
})
export const ListPlatformOAuthClients = defineRoute({
  ...onPlatform,
  ...lists,
  operationId: 'listPlatformOAuthClients',
  path: platform,
  summary: 'The clients of the platform, newest first.',
})
export const GetPlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...gets,
  operationId: 'getPlatformOAuthClient',
  path: `${platform}/:client`,
  summary: 'One client of the platform.',
  params: Type.Object(client),
})
export const UpdatePlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...updates,
  body: PlatformChange,
  operationId: 'updatePlatformOAuthClient',
  path: `${platform}/:client`,
  summary: 'Change, disable or enable a client of the platform. Disabling ends each session it has.',
  params: Type.Object(client),
})
export const DeletePlatformOAuthClient = defineRoute({
  ...onPlatform,
  ...deletes,
  operationId: 'deletePlatformOAuthClient',
  path: `${platform}/:client`,
  summary: 'Delete a client of the platform.',
  params: Type.Object(client),
})
export const CreatePlatformOAuthClientSecret = defineRoute({
  ...onPlatform,
  ...createsSecret,
  operationId: 'createPlatformOAuthClientSecret',
  path: `${platform}/:client/secrets`,
  summary: 'Make a second secret of a client of the platform.',
  params: Type.Object(client),
})
export const DeletePlatformOAuthClientSecret = defineRoute({
  ...onPlatform,
  ...deletesSecret,
  operationId: 'deletePlatformOAuthClientSecret',
  path: `${platform}/:client/secrets/:secret`,
  summary: 'Delete one secret of a client of the platform.',
  params: Type.Object(secret),
})

export const oauthClientRoutes: readonly RouteContract[] = [
  CreateOAuthClient,
  ListOAuthClients,
  GetOAuthClient,
  UpdateOAuthClient,
  DeleteOAuthClient,
  CreateOAuthClientSecret,
  DeleteOAuthClientSecret,
  CreatePlatformOAuthClient,
  ListPlatformOAuthClients,
  GetPlatformOAuthClient,
  UpdatePlatformOAuthClient,
  DeletePlatformOAuthClient,
  CreatePlatformOAuthClientSecret,
  DeletePlatformOAuthClientSecret,
]
