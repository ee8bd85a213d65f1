/** A member of the organization belongs to a group no longer. */
import Type, { type Static } from 'typebox'
import { GroupId, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'

export const GroupMemberRemoved = {
  type: 'gatehouse.authz.group_member.removed.v1',
  data: Type.Object({
    group_id: GroupId,
    organization_id: OrganizationId,
    membership_id: MembershipId,
    user_id: UserId,
  }),
} as const

export type GroupMemberRemoved = Static<typeof GroupMemberRemoved.data>
