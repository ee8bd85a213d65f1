/** Sessions and refresh: what a person holds and can end. */
import Type, { type Static } from 'typebox'
import { ClientIdentifier, OrganizationId, SessionId, UserId } from '../../common/ids.ts'
import { Instant, OpaqueSecret } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'
import { Authenticated, Raised } from '../identity/sign-in.ts'

export const RefreshToken = defineRoute({
  operationId: 'refreshToken',
  service: 'tokens',
  method: 'POST',
  path: '/v1/auth/refresh',
  summary:
    'Rotate the refresh token; naming an organization is how to switch. Where the organization requires a second ' +
    'factor of a session with one, nothing is exchanged: ' +
    'ask for `null`, step up, and name the organization again. ' +
    'With `Gatehouse-Token-Transport: cookie` the token comes from its cookie, and its successor is set there.',
  auth: 'open',
  limit: 'refresh',
  refreshCookie: 'taken',
  body: Type.Object({
    refresh_token: OpaqueSecret,
    organization_id: Type.Optional(Type.Union([OrganizationId, Type.Null()])),
  }),
  example: { refresh_token: `gthr_${'x'.repeat(49)}` },
  success: {
    status: 200,
    body: Authenticated,
    description: 'The successor and a fresh access token. A repeat within the grace gives the identical successor.',
  },
  problems: ['invalid_refresh_token', 'insufficient_user_authentication', 'not_found', 'not_current'],
})

export const Logout = defineRoute({
  operationId: 'logout',
  service: 'tokens',
  method: 'POST',
  path: '/v1/auth/logout',
  impersonation: 'allowed',
  summary:
    'End this session: the one of the refresh token, and the one of the access token. Either is enough. ' +
    'With `Gatehouse-Token-Transport: cookie` the token comes from its cookie, which goes.',
  auth: 'open',
  limit: 'refresh',
  refreshCookie: 'taken',
  body: Type.Object({ refresh_token: Type.Optional(OpaqueSecret) }),
  bodyIsOptional: true,
  example: { refresh_token: `gthr_${'x'.repeat(49)}` },
  success: {
    status: 204,
    description: 'The session is over everywhere. The same for one that was over before, and for a token nobody knows.',
  },
  problems: ['unauthenticated'],
})

export const Session = Type.Object({
  id: SessionId,
  current: Type.Boolean(),
  device: Type.Object({ name: Type.String(), client_address: Type.Union([Type.String(), Type.Null()]) }),
  /** The operator who holds it; null for one's own. */
  impersonated_by: Type.Union([UserId, Type.Null()]),
  created_at: Instant,
  last_seen_at: Instant,
})
export type Session = Static<typeof Session>

export const ListMySessions = defineRoute({
  operationId: 'listMySessions',
  service: 'tokens',
  method: 'GET',
  path: '/v1/me/sessions',
  summary: 'One’s own live sessions, newest first.',
  auth: 'user',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Session), description: 'The sessions.' },
})

export const EndMySession = defineRoute({
  operationId: 'endMySession',
  service: 'tokens',
  method: 'DELETE',
  path: '/v1/me/sessions/:session',
  summary: 'End one of one’s own sessions.',
  auth: 'user',
  params: Type.Object({ session: SessionId }),
  success: { status: 204, description: 'The session is over everywhere; its access tokens are refused from now on.' },
})

export const EndMyOtherSessions = defineRoute({
  operationId: 'endMyOtherSessions',
  service: 'tokens',
  method: 'POST',
  path: '/v1/me/sessions/revoke-others',
  summary: 'End all of one’s own sessions but this one.',
  auth: 'user',
  success: { status: 204, description: 'The others are over.' },
})

export const GetJwks = defineRoute({
  operationId: 'getJwks',
  service: 'tokens',
  method: 'GET',
  path: '/.well-known/jwks.json',
  summary: 'Public keys that verify access tokens (RFC 7517).',
  auth: 'open',
  success: {
    status: 200,
    body: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
    description: 'The key set.',
  },
})

export const GetInternalJwks = defineRoute({
  operationId: 'getInternalJwks',
  service: 'tokens',
  method: 'GET',
  path: '/internal/jwks',
  summary: 'The same key set for the services, which each verify tokens themselves.',
  auth: 'internal',
  callers: ['gateway', 'identity', 'orgs', 'authz', 'workers', 'pages'],
  success: {
    status: 200,
    body: Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown())) }),
    description: 'The key set.',
  },
})

export const StartSession = defineRoute({
  operationId: 'startSession',
  service: 'tokens',
  method: 'POST',
  path: '/internal/sessions',
  summary: 'Open a session for a person identity has authenticated.',
  auth: 'internal',
  callers: ['identity'],
  body: Type.Object({
    user_id: UserId,
    client_id: Type.String({ maxLength: 100 }),
    amr: Type.Array(Type.String(), { maxItems: 10 }),
    /** As in the login: absent lets tokens choose, null asks for none. */
    organization_id: Type.Optional(Type.Union([OrganizationId, Type.Null()])),
    /** The version of the user identity just saw: tokens must know at least this one. */
    user_version: Type.Integer(),
  }),
  success: { status: 201, body: Authenticated, description: 'The first tokens of the session.' },
  problems: ['not_found', 'not_current', 'forbidden', 'insufficient_user_authentication'],
})

export const RaiseSession = defineRoute({
  operationId: 'raiseSession',
  service: 'tokens',
  method: 'POST',
  path: '/internal/sessions/:session/authentication',
  summary: 'Note that the person of a session was authenticated anew: `amr` grows, `auth_time` is now.',
  auth: 'internal',
  callers: ['identity'],
  params: Type.Object({ session: SessionId }),
  body: Type.Object({
    user_id: UserId,
    amr: Type.Array(Type.String(), { maxItems: 10 }),
    organization_id: Type.Union([OrganizationId, Type.Null()]),
  }),
  success: { status: 200, body: Raised, description: 'An access token with what the session has become.' },
  problems: ['not_found', 'not_current', 'forbidden', 'insufficient_user_authentication'],
})

export const MintLogoutToken = defineRoute({
  operationId: 'mintLogoutToken',
  service: 'tokens',
  method: 'POST',
  path: '/internal/sessions/:session/logout-token',
  summary:
    'A logout token (OpenID Connect Back-Channel Logout 1.0 §2.4) for the client whose session has ended, made ' +
    'anew for each attempt. `null`: it wants none.',
  auth: 'internal',
  callers: ['workers'],
  retryable: true,
  params: Type.Object({ session: SessionId }),
  success: {
    status: 200,
    body: Type.Object({
      logout: Type.Union([
        Type.Object({ client_id: ClientIdentifier, uri: Type.String(), logout_token: Type.String() }),
        Type.Null(),
      ]),
    }),
    description: 'Where to send it, and the token.',
  },
  problems: ['unavailable'],
})
