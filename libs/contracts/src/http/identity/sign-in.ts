/**
 * Signing in and stepping up: one request per step, the state on the server, one result shape for login, challenge
 * steps and refresh.
 */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, SessionId, UserId } from '../../common/ids.ts'
import { EmailAddress } from '../../common/email-address.ts'
import { OpaqueSecret, Password, PictureUrl } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { PasskeyAssertion } from './passkey-assertion.ts'
import { TotpEnrollment } from './totp-enrollment.ts'

/** Tokens and what they stand for. `organization` is null for a token without organization. */
export const Authenticated = Type.Object({
  status: Type.Literal('authenticated'),
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  /** Seconds. */
  expires_in: Type.Integer(),
  /** Not in the answer where it is set as a cookie (`Gatehouse-Token-Transport: cookie`). */
  refresh_token: Type.String(),
  session_id: SessionId,
  user: Type.Object({ id: UserId }),
  organization: Type.Union([Type.Object({ id: OrganizationId }), Type.Null()]),
})
export type Authenticated = Static<typeof Authenticated>

/** A session was authenticated anew (step-up): it keeps its refresh token. */
export const Raised = Type.Omit(Authenticated, ['refresh_token'])
export type Raised = Static<typeof Raised>

/** What a person recognizes an organization by that they may sign in to. */
export const OfferedOrganization = Type.Object({
  id: OrganizationId,
  name: Type.String(),
  slug: Key,
  logo_url: Type.Union([PictureUrl, Type.Null()]),
})
export type OfferedOrganization = Static<typeof OfferedOrganization>

/** So many are offered; whoever belongs to more may answer with one that is not among them. */
export const mostOfferedOrganizations = 100

/** One more step is needed. `next` is an open set: a client that knows none of them shows the hosted page. */
export const Challenged = Type.Object({
  status: Type.Literal('challenge'),
  challenge: Type.String(),
  next: Type.Array(Type.String()),
  /** With step `enroll_mfa`: what the authenticator app needs. Its first code completes the step. */
  enrollment: Type.Optional(TotpEnrollment),
  /**
   * Where the answer to `totp` or `passkey` may carry `remember_device`: for how many days the device would be
   * remembered.
   */
  remember_device_days: Type.Optional(Type.Integer()),
  /**
   * With step `select_organization`: what there is to choose from, two or more in the order of
   * `GET /v1/me/organizations`, at most 100 of them.
   */
  organizations: Type.Optional(Type.Array(OfferedOrganization, { maxItems: mostOfferedOrganizations })),
})
export type Challenged = Static<typeof Challenged>

export const SignInResult = Type.Union([Authenticated, Challenged])
export type SignInResult = Static<typeof SignInResult>

/**
 * Absent: the last used organization, else the only one, else none. `null`: none. `choose`: whoever belongs to several
 * is asked by the last step, `select_organization`; everybody else gets what an absent one gets.
 */
export const WantedOrganization = Type.Optional(Type.Union([OrganizationId, Type.Literal('choose'), Type.Null()]))

export const Login = defineRoute({
  operationId: 'login',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/login',
  summary:
    'Sign in with address and password. The answer’s `Gatehouse-Device`, sent back with later sign-ins, ' +
    'keeps this device outside the limits that strangers can fill. ' +
    'With `Gatehouse-Token-Transport: cookie` the refresh token is set as a cookie and not in the answer.',
  auth: 'open',
  limit: 'credentials',
  refreshCookie: 'given',
  body: Type.Object({ email: EmailAddress, password: Password, organization_id: WantedOrganization }),
  example: { email: 'ann@example.com', password: 'correct horse battery staple' },
  success: { status: 200, body: SignInResult, description: 'Tokens, or the next step.' },
  problems: ['invalid_credentials'],
})

export const BeginEmailSignIn = defineRoute({
  operationId: 'beginEmailSignIn',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/email-code',
  summary:
    'Sign in with a code that comes by mail, where the deployment allows it. The answer is the same for ' +
    'every address; step `email_code` of `/v1/auth/challenge` takes the code.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ email: EmailAddress, organization_id: WantedOrganization }),
  example: { email: 'ann@example.com' },
  success: {
    status: 200,
    body: Challenged,
    description: 'If somebody has proven the address, a mail with a code is on its way.',
  },
  problems: ['not_found'],
})

/** A code of an authenticator app or of a mail, or a recovery code as it was shown. */
export const FactorCode = Type.String({ minLength: 6, maxLength: 32 })

export const SignInStep = Type.Union([
  Type.Literal('verify_email'),
  Type.Literal('password'),
  Type.Literal('email_code'),
  Type.Literal('passkey'),
  Type.Literal('totp'),
  Type.Literal('recovery_code'),
  Type.Literal('enroll_mfa'),
  Type.Literal('select_organization'),
])
export type SignInStep = Static<typeof SignInStep>

export const AnswerResult = Type.Union([Authenticated, Raised, Challenged])
export type AnswerResult = Static<typeof AnswerResult>

export const AnswerChallenge = defineRoute({
  operationId: 'answerChallenge',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/challenge',
  summary:
    'Answer one step of a sign-in or a step-up. `verify_email`: call it once the link of the mail was used. ' +
    '`password`: with `password`. `passkey`: with `credential`, over options asked for with this challenge. ' +
    '`totp`, `recovery_code`, `email_code`: with `code`. ' +
    '`enroll_mfa`: without `code` it answers what an authenticator app needs, with `code` it ' +
    'completes the enrollment. ' +
    '`select_organization`: with `organization_id`; without it, the organizations once more. ' +
    '`remember_device`, where it was offered, answers a `Gatehouse-Remembered-Device` to send with later sign-ins.',
  auth: 'open',
  limit: 'credentials',
  refreshCookie: 'given',
  body: Type.Object({
    challenge: OpaqueSecret,
    step: SignInStep,
    code: Type.Optional(FactorCode),
    password: Type.Optional(Password),
    credential: Type.Optional(PasskeyAssertion),
    /** One that is refused (403, 404) counts as a wrong answer, and another one may be chosen. */
    organization_id: Type.Optional(OrganizationId),
    /** Only where the challenge offered it: spares this device the second factor of later sign-ins. */
    remember_device: Type.Optional(Type.Boolean()),
  }),
  example: { challenge: `gthc_${'x'.repeat(49)}`, step: 'totp', code: '123456' },
  success: { status: 200, body: AnswerResult, description: 'Tokens, or what is still missing.' },
  problems: ['invalid_token', 'invalid_code', 'step_unavailable', 'forbidden', 'not_found'],
})

export const StepUp = defineRoute({
  operationId: 'stepUp',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/step-up',
  summary:
    'Authenticate again within the session (RFC 9470): the answer names the steps; the last one raises ' +
    '`acr`, `amr` and `auth_time` of the session. ' +
    '`acr_values` as the `WWW-Authenticate` of the refusal named them.',
  auth: 'user',
  limit: 'credentials',
  body: Type.Object({
    /**
     * Authentication context classes separated by spaces (OpenID Connect Core §3.1.2.1); `aal2` asks for a second
     * factor.
     */
    acr_values: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  }),
  bodyIsOptional: true,
  example: { acr_values: 'aal2' },
  success: { status: 200, body: Challenged, description: 'The steps of which one is to be answered.' },
})
