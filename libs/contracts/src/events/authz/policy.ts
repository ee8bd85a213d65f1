/** Policies of an organization, their drafts and their shadows. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** An organization's policy was created. */
export const PolicyCreated = {
  type: 'gatehouse.authz.policy.created.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyCreated = Static<typeof PolicyCreated.data>

/** An organization's policy was updated. */
export const PolicyUpdated = {
  type: 'gatehouse.authz.policy.updated.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyUpdated = Static<typeof PolicyUpdated.data>

/** An organization's policy was deleted. */
export const PolicyDeleted = {
  type: 'gatehouse.authz.policy.deleted.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyDeleted = Static<typeof PolicyDeleted.data>

/** What an organization’s policy would say next was written. */
export const PolicyDraftSaved = {
  type: 'gatehouse.authz.policy_draft.saved.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyDraftSaved = Static<typeof PolicyDraftSaved.data>

/** What an organization’s policy would have said next was thrown away. */
export const PolicyDraftDeleted = {
  type: 'gatehouse.authz.policy_draft.deleted.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyDraftDeleted = Static<typeof PolicyDraftDeleted.data>

/** The draft of an organization’s policy began to shadow the policy in force. */
export const PolicyShadowStarted = {
  type: 'gatehouse.authz.policy_shadow.started.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyShadowStarted = Static<typeof PolicyShadowStarted.data>

/** The draft of an organization’s policy ceased to shadow the policy in force. */
export const PolicyShadowEnded = {
  type: 'gatehouse.authz.policy_shadow.ended.v1',
  data: Type.Object({
    policy_id: PolicyId,
    organization_id: OrganizationId,
    key: Key,
  }),
} as const

export type PolicyShadowEnded = Static<typeof PolicyShadowEnded.data>

export const policyEvents: readonly EventContract[] = [
  PolicyCreated,
  PolicyUpdated,
  PolicyDeleted,
  PolicyDraftSaved,
  PolicyDraftDeleted,
  PolicyShadowStarted,
  PolicyShadowEnded,
]
