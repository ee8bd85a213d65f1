/** What an organization’s policy would have said next was thrown away. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyDraftDeleted = {
  type: 'gatehouse.authz.policy_draft.deleted.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyDraftDeleted = Static<typeof PolicyDraftDeleted.data>
