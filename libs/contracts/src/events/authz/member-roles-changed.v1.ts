/** The set of roles a member holds was replaced. */
import Type, { type Static } from 'typebox'
import { Key, MembershipId, OrganizationId, UserId } from '../../common/ids.ts'

export const MemberRolesChanged = {
  type: 'gatehouse.authz.member_roles.changed.v1',
  data: Type.Object({
    organization_id: OrganizationId,
    membership_id: MembershipId,
    user_id: UserId,
    before: Type.Array(Key),
    after: Type.Array(Key),
  }),
} as const

export type MemberRolesChanged = Static<typeof MemberRolesChanged.data>
