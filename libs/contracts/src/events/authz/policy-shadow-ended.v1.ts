/** The draft of an organization’s policy ceased to shadow the policy in force. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyShadowEnded = {
  type: 'gatehouse.authz.policy_shadow.ended.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyShadowEnded = Static<typeof PolicyShadowEnded.data>
