/** A person has an account. Verified at once only when an invitation or the operator vouched for the address. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'

export const UserRegistered = {
  type: 'gatehouse.identity.user.registered.v1',
  data: Type.Object({
    user_id: UserId,
    email_verified: Type.Boolean(),
    /** How the account came to be. */
    via: Type.Union([Type.Literal('registration'), Type.Literal('invitation'), Type.Literal('bootstrap')]),
  }),
} as const

export type UserRegistered = Static<typeof UserRegistered.data>
