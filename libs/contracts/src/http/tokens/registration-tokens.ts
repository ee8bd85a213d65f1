/** Initial access tokens (RFC 7591 §3): an operator hands one out, and its holder registers clients of the platform. */
import Type, { type Static } from 'typebox'
import { DisplayName } from '../../common/display-name.ts'
import { RegistrationTokenId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute, type RouteContract } from '../contract.ts'

export const RegistrationToken = Type.Object({
  id: RegistrationTokenId,
  name: Type.String(),
  /** How many clients it still registers. */
  uses_left: Type.Integer(),
  expires_at: Instant,
  created_at: Instant,
})
export type RegistrationToken = Static<typeof RegistrationToken>

const NewRegistrationToken = Type.Object({
  ...RegistrationToken.properties,
  /** Shown here and never again. */
  token: Type.Optional(Type.String()),
})
export type NewRegistrationToken = Static<typeof NewRegistrationToken>

const base = { service: 'tokens', auth: 'user', problems: ['forbidden'] } as const
const path = '/v1/platform/oauth-registration-tokens'

export const CreateRegistrationToken = defineRoute({
  ...base,
  operationId: 'createRegistrationToken',
  method: 'POST',
  path,
  summary: 'Make a token with which others register clients of the platform by themselves (RFC 7591).',
  idempotent: true,
  shownOnce: ['token'],
  body: Type.Object({
    name: DisplayName,
    /** 1 when absent. */
    uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    /** A day when absent, 30 at most. */
    lifetime_seconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 2_592_000 })),
  }),
  example: { name: 'Developers of Acme', uses: 5 },
  success: { status: 201, body: NewRegistrationToken, description: 'The token, shown this once.' },
})
export const ListRegistrationTokens = defineRoute({
  ...base,
  operationId: 'listRegistrationTokens',
  method: 'GET',
  path,
  summary: 'The tokens that register clients, newest first; those that are over as well.',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(RegistrationToken), description: 'The tokens, without their secrets.' },
})
export const DeleteRegistrationToken = defineRoute({
  ...base,
  operationId: 'deleteRegistrationToken',
  method: 'DELETE',
  path: `${path}/:registration_token`,
  summary: 'Delete a token. The clients it registered stay.',
  params: Type.Object({ registration_token: RegistrationTokenId }),
  success: { status: 204, description: 'It registers nobody any more.' },
})

export const registrationTokenRoutes: readonly RouteContract[] = [
  CreateRegistrationToken,
  ListRegistrationTokens,
  DeleteRegistrationToken,
]
