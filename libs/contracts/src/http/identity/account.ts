/** Accounts: registering, proving an address, the signed-in person. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { EmailAddress } from '../../common/email-address.ts'
import { Instant, LanguageTag, OpaqueSecret, Password, PictureUrl, TimeZone } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const User = Type.Object({
  id: UserId,
  name: Type.String(),
  email: Type.String(),
  email_verified: Type.Boolean(),
  picture_url: Type.Union([PictureUrl, Type.Null()]),
  /** The language of mails and pages; null: that of the deployment. */
  locale: Type.Union([LanguageTag, Type.Null()]),
  time_zone: Type.Union([TimeZone, Type.Null()]),
  created_at: Instant,
})
export type User = Static<typeof User>

const Accepted = Type.Object({ status: Type.Literal('accepted') })

export const Register = defineRoute({
  operationId: 'register',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/register',
  summary:
    'Open an account; the answer is the same for a known address. Its header `Gatehouse-Registration` belongs to ' +
    'the client that registers.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ email: EmailAddress, password: Password, name: DisplayName }),
  example: { email: 'ann@example.com', password: 'correct horse battery staple', name: 'Ann' },
  success: { status: 202, body: Accepted, description: 'If the address is new, a verification mail is on its way.' },
  problems: ['weak_password'],
})

export const VerifyEmail = defineRoute({
  operationId: 'verifyEmail',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/verify-email',
  summary:
    'Prove an address with the token of the mail. The password of the registration becomes the account’s for the ' +
    'client that sends its `Gatehouse-Registration`, ' +
    'or when nobody else registered the address and the link is followed from the same network; otherwise 409 ' +
    '`password_required`: send the token again with a password.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({
    token: OpaqueSecret,
    password: Type.Optional(Password),
    name: Type.Optional(DisplayName),
  }),
  success: {
    status: 200,
    body: Type.Object({ status: Type.Literal('verified') }),
    description: 'The address is verified.',
  },
  problems: ['invalid_token', 'password_required', 'weak_password'],
})

export const ResendVerification = defineRoute({
  operationId: 'resendVerification',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/verify-email/resend',
  summary:
    'Ask for another verification mail: of the registration named by `Gatehouse-Registration`, else of the newest; ' +
    'the answer is the same for every address.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ email: EmailAddress }),
  success: { status: 202, body: Accepted, description: 'If the address waits for verification, a mail is on its way.' },
})

export const GetMe = defineRoute({
  operationId: 'getMe',
  service: 'identity',
  method: 'GET',
  path: '/v1/me',
  summary: 'The signed-in person.',
  auth: 'user',
  success: { status: 200, body: User, description: 'The person.' },
})

export const UpdateMe = defineRoute({
  operationId: 'updateMe',
  service: 'identity',
  method: 'PATCH',
  path: '/v1/me',
  summary: 'Change what is named of one’s own profile; `null` takes it away.',
  auth: 'user',
  body: Type.Object(
    {
      name: Type.Optional(DisplayName),
      picture_url: Type.Optional(Type.Union([PictureUrl, Type.Null()])),
      locale: Type.Optional(Type.Union([LanguageTag, Type.Null()])),
      time_zone: Type.Optional(Type.Union([TimeZone, Type.Null()])),
    },
    { minProperties: 1 },
  ),
  example: { locale: 'de-AT', time_zone: 'Europe/Vienna' },
  success: { status: 200, body: User, description: 'The person, changed.' },
})
