/**
 * What applications ask of the signed-in person: one authorization request, seen and decided by the person it is about.
 */
import Type, { type Static } from 'typebox'
import { AuthorizationId, ClientIdentifier, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const Authorization = Type.Object({
  id: AuthorizationId,
  client: Type.Object({
    id: ClientIdentifier,
    name: Type.String(),
    /** Pages of the application: how it uses what it learns, and its terms (RFC 7591 §2). */
    policy_uri: Type.Union([Type.String(), Type.Null()]),
    tos_uri: Type.Union([Type.String(), Type.Null()]),
  }),
  /**
   * Where the browser will be sent: the host a person can recognise or, of an application on the device, its scheme.
   */
  redirect_host: Type.String(),
  scope: Type.Array(Type.String()),
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  expires_at: Instant,
})
export type Authorization = Static<typeof Authorization>

/**
 * What is left to do before the request can be allowed, in this order:
 * - `sign_in`: nobody is signed in, or the application asks for another sign-in (`prompt`, `max_age_seconds`,
 *   `acr_values` say which);
 * - `select_organization`: the person belongs to several and the application named none;
 * - `consent`: the person has not allowed this application this scope yet.
 */
const Need = Type.Union([Type.Literal('sign_in'), Type.Literal('select_organization'), Type.Literal('consent')])
export type AuthorizationNeed = Static<typeof Need>

const AuthorizationForPages = Type.Object({
  ...Authorization.properties,
  /** The same as a source of a content security policy: an origin, or a scheme with its colon. */
  redirect_source: Type.String(),
  needs: Type.Array(Need),
  /** Those the person may choose; empty while nobody is signed in, and where the application leaves no choice. */
  organizations: Type.Array(OrganizationId),
  login_hint: Type.Optional(Type.String()),
  ui_locales: Type.Optional(Type.String()),
  prompt: Type.Array(Type.String()),
  acr_values: Type.Optional(Type.Array(Type.String())),
  max_age_seconds: Type.Optional(Type.Integer()),
})
export type AuthorizationForPages = Static<typeof AuthorizationForPages>

export const ShowAuthorization = defineRoute({
  operationId: 'showAuthorization',
  service: 'tokens',
  auth: 'internal',
  callers: ['pages'],
  method: 'GET',
  path: '/internal/authorizations/:authorization',
  summary:
    'An authorization request for the pages that lead through it; with the access token of a person, what is left for them.',
  params: Type.Object({ authorization: AuthorizationId }),
  success: { status: 200, body: AuthorizationForPages, description: 'The request.' },
  problems: ['not_found', 'not_current'],
})

const base = { service: 'tokens', auth: 'user', params: Type.Object({ authorization: AuthorizationId }) } as const

export const DescribeAuthorization = defineRoute({
  ...base,
  operationId: 'describeAuthorization',
  method: 'GET',
  path: '/v1/me/authorizations/:authorization',
  summary: 'What an application asks for, before the person decides.',
  success: { status: 200, body: Authorization, description: 'The request.' },
})

export const SettleAuthorization = defineRoute({
  ...base,
  operationId: 'settleAuthorization',
  method: 'POST',
  path: '/v1/me/authorizations/:authorization',
  summary: 'Allow or refuse what an application asks for. The browser that asked goes on at `continue_at`, once.',
  body: Type.Object({
    decision: Type.Union([Type.Literal('approved'), Type.Literal('denied')]),
    /** For which organization; absent: the one the application named, else that of this access token. */
    organization_id: Type.Optional(Type.Union([OrganizationId, Type.Null()])),
  }),
  success: {
    status: 200,
    body: Type.Object({ continue_at: Type.String() }),
    description: 'Where the browser goes on; it works once and only in the browser that began.',
  },
  problems: ['not_found', 'insufficient_user_authentication', 'not_current'],
})
