/** Ownership or attributes of a member changed; access goes on. */
import Type, { type Static } from 'typebox'
import { membershipFields } from './membership-fields.ts'

export const MembershipUpdated = {
  type: 'gatehouse.orgs.membership.updated.v1',
  data: Type.Object({
    ...membershipFields,
    changed: Type.Array(Type.String()),
  }),
} as const

export type MembershipUpdated = Static<typeof MembershipUpdated.data>
