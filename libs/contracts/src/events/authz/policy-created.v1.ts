/** An organization's policy was created. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyCreated = {
  type: 'gatehouse.authz.policy.created.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyCreated = Static<typeof PolicyCreated.data>
