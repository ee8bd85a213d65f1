/** Passwords of people: forgotten, set anew with a link, changed while signed in. */
import Type from 'typebox'
import { EmailAddress } from '../../common/email-address.ts'
import { OpaqueSecret, Password } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const ForgotPassword = defineRoute({
  operationId: 'forgotPassword',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/password/forgot',
  summary: 'Ask for a link that sets a new password; the answer is the same for every address.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ email: EmailAddress }),
  example: { email: 'ann@example.com' },
  success: {
    status: 202,
    body: Type.Object({ status: Type.Literal('accepted') }),
    description: 'If somebody has proven the address, a mail is on its way.',
  },
})

export const ResetPassword = defineRoute({
  operationId: 'resetPassword',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/password/reset',
  summary:
    'Set a new password with the token of the mail. Every session of the person ends and none begins: signing in ' +
    'asks for every factor as ever.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ token: OpaqueSecret, password: Password }),
  success: { status: 204, description: 'The password is the new one; sessions and other links are over.' },
  problems: ['invalid_token', 'weak_password'],
})

export const ChangePassword = defineRoute({
  operationId: 'changePassword',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/password/change',
  summary: 'Change one’s own password. Every other session ends; this one goes on. Needs a recent sign-in.',
  auth: 'user',
  limit: 'credentials',
  body: Type.Object({ current_password: Password, new_password: Password }),
  success: { status: 204, description: 'The password is the new one; the other sessions are over.' },
  problems: ['invalid_credentials', 'weak_password', 'insufficient_user_authentication'],
})
