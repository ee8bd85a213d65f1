/**
 * What operators of the platform do with people's accounts. Each change takes a reason, which the audit trail keeps.
 */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

const UserStatus = Type.Union([Type.Literal('active'), Type.Literal('disabled')])

/** A person as operators see them. */
export const ManagedUser = Type.Object({
  id: UserId,
  name: Type.String(),
  email: Type.String(),
  email_verified: Type.Boolean(),
  status: UserStatus,
  created_at: Instant,
  updated_at: Instant,
})
export type ManagedUser = Static<typeof ManagedUser>

const params = Type.Object({ user: UserId })
const body = Type.Object({ reason: Reason })
const example = { reason: 'Ticket 4711: the account was taken over' }

export const ListUsers = defineRoute({
  operationId: 'listUsers',
  service: 'identity',
  method: 'GET',
  path: '/v1/platform/users',
  summary: 'People, newest first: all, or those whose id, address or name is or begins with `search`.',
  auth: 'user',
  query: Type.Object({
    ...PageQuery,
    search: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
    status: Type.Optional(UserStatus),
  }),
  success: { status: 200, body: listOf(ManagedUser), description: 'The people.' },
  problems: ['forbidden'],
})

export const GetUser = defineRoute({
  operationId: 'getUser',
  service: 'identity',
  method: 'GET',
  path: '/v1/platform/users/:user',
  summary: 'One person.',
  auth: 'user',
  params,
  success: { status: 200, body: ManagedUser, description: 'The person.' },
  problems: ['forbidden'],
})

export const SuspendUser = defineRoute({
  operationId: 'suspendUser',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/users/:user/suspend',
  summary:
    'Disable a person: sessions and access tokens are void everywhere, and a sign-in is answered as a wrong ' +
    'password is. Nobody can suspend themselves.',
  auth: 'user',
  params,
  body,
  example,
  success: { status: 204, description: 'The person is disabled; the same for one who was before.' },
  problems: ['forbidden', 'conflict'],
})

export const RestoreUser = defineRoute({
  operationId: 'restoreUser',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/users/:user/restore',
  summary: 'Let a disabled person sign in again. Sessions that ended stay ended.',
  auth: 'user',
  params,
  body,
  example,
  success: { status: 204, description: 'The person is active; the same for one who was before.' },
  problems: ['forbidden'],
})

export const EraseUser = defineRoute({
  operationId: 'eraseUser',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/users/:user/erase',
  summary:
    'Erase a person now and for good: name, address, credentials and factors, everywhere; sessions and access ' +
    'tokens are void. Not for oneself, and not to be undone.',
  auth: 'user',
  params,
  body,
  example: { reason: 'Request 4713 under GDPR article 17' },
  success: { status: 204, description: 'The person is gone; the same for one who was before.' },
  problems: ['forbidden', 'conflict'],
})

export const EndUserSessions = defineRoute({
  operationId: 'endUserSessions',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/users/:user/sessions/end',
  summary: 'End every session of a person; they can sign in again.',
  auth: 'user',
  params,
  body,
  example,
  success: { status: 204, description: 'Every earlier session and access token is void.' },
  problems: ['forbidden'],
})

export const ResetUserFactors = defineRoute({
  operationId: 'resetUserFactors',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/users/:user/factors/reset',
  summary:
    'Take away every second factor of a person who has lost them. The password stays, every session ends, and the ' +
    'person is told. Not for oneself.',
  auth: 'user',
  params,
  body,
  example: { reason: 'Ticket 4712: the phone was lost, identity proven in person' },
  success: { status: 204, description: 'The password alone signs in until a factor is added.' },
  problems: ['forbidden', 'conflict'],
})

export const ResendUserMail = defineRoute({
  operationId: 'resendUserMail',
  service: 'identity',
  method: 'POST',
  path: '/v1/platform/users/:user/mails',
  summary:
    'Send a person another mail that proves their address, or one that sets a new password. Whoever sends it never ' +
    'sees its link.',
  auth: 'user',
  params,
  body: Type.Object({
    mail: Type.Union([Type.Literal('email_verification'), Type.Literal('password_reset')]),
    reason: Reason,
  }),
  example: { mail: 'password_reset', ...example },
  success: { status: 204, description: 'The mail is on its way.' },
  problems: ['forbidden', 'conflict', 'rate_limited'],
})
