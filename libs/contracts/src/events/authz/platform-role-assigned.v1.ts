/** A person holds a role at platform scope. */
import Type, { type Static } from 'typebox'
import { Key, UserId } from '../../common/ids.ts'

export const PlatformRoleAssigned = {
  type: 'gatehouse.authz.platform_role.assigned.v1',
  data: Type.Object({
    user_id: UserId,
    role: Key,
  }),
} as const

export type PlatformRoleAssigned = Static<typeof PlatformRoleAssigned.data>
