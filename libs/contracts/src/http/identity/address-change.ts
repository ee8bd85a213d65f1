/** Changing one's address: proven at the new one, told to the old one, which can undo it for some days. */
import Type from 'typebox'
import { EmailAddress } from '../../common/email-address.ts'
import { OpaqueSecret, Password } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

export const RequestAddressChange = defineRoute({
  operationId: 'requestAddressChange',
  service: 'identity',
  method: 'POST',
  path: '/v1/me/email',
  summary:
    'Ask for another address. Nothing changes until the link of the mail to it is used; the answer is the same ' +
    'whether or not somebody has the address. Needs a recent sign-in.',
  auth: 'user',
  limit: 'credentials',
  body: Type.Object({ email: EmailAddress, current_password: Password }),
  success: {
    status: 202,
    body: Type.Object({ status: Type.Literal('accepted') }),
    description: 'If nobody has proven the address, a mail to it is on its way. An earlier request is void.',
  },
  problems: ['invalid_credentials', 'insufficient_user_authentication'],
})

export const ConfirmAddressChange = defineRoute({
  operationId: 'confirmAddressChange',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/email/confirm',
  summary: 'Prove the new address with the token of its mail: it takes effect, and the old address is told.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ token: OpaqueSecret }),
  success: { status: 204, description: 'The new address is the person’s.' },
  problems: ['invalid_token'],
})

export const UndoAddressChange = defineRoute({
  operationId: 'undoAddressChange',
  service: 'identity',
  method: 'POST',
  path: '/v1/auth/email/undo',
  summary:
    'Take an address change back with the token of the mail to the old address. Every session ends, and a mail ' +
    'that sets a new password follows.',
  auth: 'open',
  limit: 'credentials',
  body: Type.Object({ token: OpaqueSecret }),
  success: { status: 204, description: 'The old address is the person’s again; sessions and links are over.' },
  problems: ['invalid_token'],
})
