/** The person has shown that the address is theirs. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'

export const UserEmailVerified = {
  type: 'gatehouse.identity.user.email_verified.v1',
  data: Type.Object({
    user_id: UserId,
  }),
} as const

export type UserEmailVerified = Static<typeof UserEmailVerified.data>
