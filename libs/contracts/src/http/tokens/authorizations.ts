/** What applications ask of the signed-in person: one authorization request, seen and decided by the person it is about. */
import Type, { type Static } from 'typebox'
import { AuthorizationId, OAuthClientId, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const Authorization = Type.Object({
  id: AuthorizationId,
  client: Type.Object({ id: OAuthClientId, name: Type.String() }),
  /** Where the browser will be sent: the host a person can recognise. */
  redirect_host: Type.String(),
  scope: Type.Array(Type.String()),
  organization_id: Type.Union([OrganizationId, Type.Null()]),
  expires_at: Instant,
})
export type Authorization = Static<typeof Authorization>

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
