/** What identity answers its neighbours. */
import Type from 'typebox'
import {
  AddressChangeId,
  EmailVerificationId,
  InvitationId,
  PasswordResetId,
  SignInId,
  UserId,
} from '../../common/ids.ts'
import { DisplayName } from '../../common/display-name.ts'
import { EmailAddress } from '../../common/email-address.ts'
import { LanguageTag, Password } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

/** A mail whose link carries a secret that was minted for it; null when there is nothing to send any more. */
const LinkMail = Type.Object({
  mail: Type.Union([
    Type.Object({ to: Type.String(), name: Type.String(), token: Type.String(), locale: Type.Optional(LanguageTag) }),
    Type.Null(),
  ]),
})

export const MintEmailVerificationLink = defineRoute({
  operationId: 'mintEmailVerificationLink',
  service: 'identity',
  method: 'POST',
  path: '/internal/email-verifications/:verification/link',
  summary:
    'Mint the secret of one verification mail; earlier secrets stay valid until one is used. `null`: nothing to ' +
    'send any more.',
  auth: 'internal',
  callers: ['workers'],
  retryable: true,
  params: Type.Object({ verification: EmailVerificationId }),
  success: { status: 200, body: LinkMail, description: 'Where to send it and the secret to put into the link.' },
})

export const MintPasswordResetLink = defineRoute({
  operationId: 'mintPasswordResetLink',
  service: 'identity',
  method: 'POST',
  path: '/internal/password-resets/:reset/link',
  summary:
    'Mint the secret of one reset mail; earlier secrets stay valid until one is used. `null`: nothing to send any more.',
  auth: 'internal',
  callers: ['workers'],
  retryable: true,
  params: Type.Object({ reset: PasswordResetId }),
  success: { status: 200, body: LinkMail, description: 'Where to send it and the secret to put into the link.' },
})

export const MintAddressChangeLink = defineRoute({
  operationId: 'mintAddressChangeLink',
  service: 'identity',
  method: 'POST',
  path: '/internal/address-changes/:change/link',
  summary:
    'Mint the secret of a mail about a change of address: to the new one to prove it, to the old one to undo it. ' +
    '`null`: nothing to send any more.',
  auth: 'internal',
  callers: ['workers'],
  retryable: true,
  params: Type.Object({ change: AddressChangeId }),
  body: Type.Object({ purpose: Type.Union([Type.Literal('confirm'), Type.Literal('undo')]) }),
  success: { status: 200, body: LinkMail, description: 'Where to send it and the secret to put into the link.' },
})

export const MintEmailCode = defineRoute({
  operationId: 'mintEmailCode',
  service: 'identity',
  method: 'POST',
  path: '/internal/sign-ins/:sign_in/code',
  summary: 'Mint the code of one mail; earlier ones stay valid until one is used. `null`: nothing to send any more.',
  auth: 'internal',
  callers: ['workers'],
  retryable: true,
  params: Type.Object({ sign_in: SignInId }),
  success: {
    status: 200,
    body: Type.Object({
      mail: Type.Union([
        Type.Object({
          to: Type.String(),
          name: Type.String(),
          code: Type.String(),
          locale: Type.Optional(LanguageTag),
        }),
        Type.Null(),
      ]),
    }),
    description: 'Where to send it, and the code.',
  },
})

export const CreateInvitedUser = defineRoute({
  operationId: 'createInvitedUser',
  service: 'identity',
  method: 'POST',
  path: '/internal/users',
  summary:
    'Make a verified user out of an accepted invitation; asking again with the same invitation gives the same user.',
  auth: 'internal',
  callers: ['orgs'],
  retryable: true,
  body: Type.Object({ invitation_id: InvitationId, email: EmailAddress, name: DisplayName, password: Password }),
  success: { status: 201, body: Type.Object({ user_id: UserId }), description: 'The user.' },
  problems: ['weak_password', 'conflict'],
})

export const FindUserByAddress = defineRoute({
  operationId: 'findUserByAddress',
  service: 'identity',
  method: 'POST',
  path: '/internal/users/by-address',
  summary: 'The person who has proven an address; `null` when nobody has.',
  auth: 'internal',
  callers: ['orgs'],
  retryable: true,
  body: Type.Object({ email: EmailAddress }),
  success: {
    status: 200,
    body: Type.Object({ user_id: Type.Union([UserId, Type.Null()]) }),
    description: 'For a neighbour that decides what its caller may learn of it.',
  },
})

const Profile = Type.Object({
  id: UserId,
  name: Type.String(),
  email: Type.String(),
  email_verified: Type.Boolean(),
  locale: Type.Optional(LanguageTag),
  /** Where it was asked for. */
  has_second_factor: Type.Optional(Type.Boolean()),
})

export const ListProfiles = defineRoute({
  operationId: 'listProfiles',
  service: 'identity',
  method: 'POST',
  path: '/internal/users/profiles',
  summary:
    'Names and addresses of people, for a list a person is allowed to see, a mail, or the check of an invited address.',
  auth: 'internal',
  callers: ['orgs', 'tokens', 'workers'],
  retryable: true,
  body: Type.Object({
    user_ids: Type.Array(UserId, { maxItems: 200 }),
    with_second_factor: Type.Optional(Type.Boolean()),
  }),
  success: {
    status: 200,
    body: Type.Object({ data: Type.Array(Profile) }),
    description: 'The known ones, in no order.',
  },
})
