/** Operators who see the platform as a person does: for minutes, with a reason, and to read. */
import Type from 'typebox'
import { OrganizationId, UserId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { Raised } from '../identity/sign-in.ts'

export const longestImpersonationMinutes = 15

export const ImpersonateUser = defineRoute({
  operationId: 'impersonateUser',
  service: 'tokens',
  method: 'POST',
  path: '/v1/platform/users/:user/impersonate',
  summary:
    'See the platform as a person does. The access token names the operator in `act` (RFC 8693 §4.1), reads and ' +
    'changes nothing, and is not refreshed. The person is told, sees the session among theirs and may end it; ' +
    '`POST /v1/auth/logout` with the token ends it as well.',
  auth: 'user',
  params: Type.Object({ user: UserId }),
  body: Type.Object({
    reason: Reason,
    minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: longestImpersonationMinutes })),
    /** The organization the person would act for; none when absent. */
    organization_id: Type.Optional(Type.Union([OrganizationId, Type.Null()])),
  }),
  example: { reason: 'Ticket 4711: the list of invoices looks empty', minutes: 5 },
  success: { status: 201, body: Raised, description: 'An access token for so many minutes.' },
  problems: ['forbidden', 'conflict', 'insufficient_user_authentication', 'not_current'],
})
