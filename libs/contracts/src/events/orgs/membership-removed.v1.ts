/** A person no longer belongs to the organization: their access tokens for it are void. */
import Type, { type Static } from 'typebox'
import { membershipFields } from './membership-fields.ts'

export const MembershipRemoved = {
  type: 'gatehouse.orgs.membership.removed.v1',
  data: Type.Object({
    ...membershipFields,
    min_mv: Type.Integer(),
  }),
} as const

export type MembershipRemoved = Static<typeof MembershipRemoved.data>
