/** An organization's policy was updated. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyUpdated = {
  type: 'gatehouse.authz.policy.updated.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyUpdated = Static<typeof PolicyUpdated.data>
