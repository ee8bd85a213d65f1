/** An organization's policy was deleted. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyDeleted = {
  type: 'gatehouse.authz.policy.deleted.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyDeleted = Static<typeof PolicyDeleted.data>
