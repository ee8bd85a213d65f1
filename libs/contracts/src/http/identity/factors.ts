/**
 * Authentication factors of the signed-in person. Changing them needs a recent sign-in, and a strong one where there is
 * a second factor already.
 */
import Type, { type Static } from 'typebox'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { FactorCode } from './sign-in.ts'
import { TotpEnrollment } from './totp-enrollment.ts'

export const Factors = Type.Object({
  /** Null while no authenticator app is enrolled. */
  totp: Type.Union([
    Type.Object({ enrolled_at: Instant, last_used_at: Type.Union([Instant, Type.Null()]) }),
    Type.Null(),
  ]),
  passkeys: Type.Object({ count: Type.Integer() }),
  recovery_codes: Type.Object({ left: Type.Integer() }),
})
export type Factors = Static<typeof Factors>

export const GetMyFactors = defineRoute({
  operationId: 'getMyFactors',
  service: 'identity',
  method: 'GET',
  path: '/v1/me/mfa',
  summary: 'One’s own second factors.',
  auth: 'user',
  success: { status: 200, body: Factors, description: 'The factors; never their secrets.' },
})

export const EnrollTotp = defineRoute({
  operationId: 'enrollTotp',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/mfa/totp',
  summary: 'Begin to enroll an authenticator app; asking again replaces what was not confirmed.',
  auth: 'user',
  success: {
    status: 201,
    body: TotpEnrollment,
    description: 'What the app needs. It counts once a code is confirmed.',
  },
  problems: ['conflict'],
})

export const ConfirmTotp = defineRoute({
  operationId: 'confirmTotp',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/mfa/totp/confirm',
  summary: 'Confirm the enrollment with a code of the app. The code is spent by it and signs nobody in.',
  auth: 'user',
  limit: 'credentials',
  body: Type.Object({ code: FactorCode }),
  example: { code: '123456' },
  success: { status: 204, description: 'From now on a sign-in asks for a code.' },
  problems: ['invalid_code', 'not_found'],
})

export const RemoveTotp = defineRoute({
  operationId: 'removeTotp',
  service: 'identity',
  method: 'DELETE',
  path: '/v1/me/mfa/totp',
  summary: 'Remove the authenticator app. With the last second factor the recovery codes go as well.',
  auth: 'user',
  success: { status: 204, description: 'It is removed.' },
  problems: ['not_found'],
})

export const ReplaceRecoveryCodes = defineRoute({
  operationId: 'replaceRecoveryCodes',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/mfa/recovery-codes',
  summary: 'Make ten new recovery codes; earlier ones stop working. Each works once, in place of a second factor.',
  auth: 'user',
  success: {
    status: 201,
    body: Type.Object({ recovery_codes: Type.Array(Type.String()) }),
    description: 'The codes, shown this once.',
  },
  problems: ['conflict'],
})
