/** What an organization’s policy would say next was written. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'

export const PolicyDraftSaved = {
  type: 'gatehouse.authz.policy_draft.saved.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyDraftSaved = Static<typeof PolicyDraftSaved.data>
