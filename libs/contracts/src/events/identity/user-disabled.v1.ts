/** The account may not be used; every access token below the floor is void. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'

export const UserDisabled = {
  type: 'gatehouse.identity.user.disabled.v1',
  data: Type.Object({
    user_id: UserId,
    min_uv: Type.Integer(),
  }),
} as const

export type UserDisabled = Static<typeof UserDisabled.data>
