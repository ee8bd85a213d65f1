/** A person joined an organization, with the roles the invitation gave. */
import Type, { type Static } from 'typebox'
import { Key } from '../../common/ids.ts'
import { membershipFields } from './membership-fields.ts'

export const MembershipCreated = {
  type: 'gatehouse.orgs.membership.created.v1',
  data: Type.Object({
    ...membershipFields,
    /** Role keys given with the membership; authz turns them into assignments. */
    roles: Type.Array(Key),
  }),
} as const

export type MembershipCreated = Static<typeof MembershipCreated.data>
