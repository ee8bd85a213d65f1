/** The draft of an organization’s policy began to shadow the policy in force. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyShadowStarted = {
  type: 'gatehouse.authz.policy_shadow.started.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyShadowStarted = Static<typeof PolicyShadowStarted.data>
