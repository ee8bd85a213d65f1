/** Signing in: one result shape for login, challenge steps and refresh. */
import Type, { type Static } from 'typebox'
import { OrganizationId, SessionId, UserId } from '../../common/ids.ts'
import { EmailAddress } from '../../common/email-address.ts'
import { OpaqueSecret, Password } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/** Tokens and what they stand for. `organization` is null for a token without organization. */
export const Authenticated = Type.Object({
  status: Type.Literal('authenticated'),
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  /** Seconds. */
  expires_in: Type.Integer(),
  refresh_token: Type.String(),
  session_id: SessionId,
  user: Type.Object({ id: UserId }),
  organization: Type.Union([Type.Object({ id: OrganizationId }), Type.Null()]),
})
export type Authenticated = Static<typeof Authenticated>

/** One more step is needed. `next` is an open set: a client that knows none of them shows the hosted page. */
export const Challenged = Type.Object({
  status: Type.Literal('challenge'),
  challenge: Type.String(),
  next: Type.Array(Type.String()),
})
export type Challenged = Static<typeof Challenged>

export const SignInResult = Type.Union([Authenticated, Challenged])
export type SignInResult = Static<typeof SignInResult>

/** Absent: the last used organization, else the only one, else none. `null`: none. */
const ChosenOrganization = Type.Optional(Type.Union([OrganizationId, Type.Null()]))

export const Login = defineRoute({
  operationId: 'login',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/login',
  summary:
    'Sign in with address and password. The answer’s `Gatehouse-Device`, sent back with later sign-ins, keeps this device outside the limits that strangers can fill.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ email: EmailAddress, password: Password, organization_id: ChosenOrganization }),
  example: { email: 'ann@example.com', password: 'correct horse battery staple' },
  success: { status: 200, body: SignInResult, description: 'Tokens, or the next step.' },
  problems: ['invalid_credentials'],
})

export const AnswerChallenge = defineRoute({
  operationId: 'answerChallenge',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/challenge',
  summary: 'Answer one step of a sign-in. Step `verify_email`: call it once the link of the mail was used.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ challenge: OpaqueSecret, step: Type.Literal('verify_email') }),
  success: { status: 200, body: SignInResult, description: 'Tokens, or what is still missing.' },
  problems: ['invalid_token'],
})
