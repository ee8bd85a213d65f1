/** The person changed their profile; names of the changed fields, never their values. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'

export const UserUpdated = {
  type: 'gatehouse.identity.user.updated.v1',
  data: Type.Object({
    user_id: UserId,
    changed: Type.Array(Type.String()),
  }),
} as const

export type UserUpdated = Static<typeof UserUpdated.data>
