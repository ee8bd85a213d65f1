/** Policies, their versions and drafts as the wire has them. */
import type { Policy, PolicyContent } from '@gatehouse/contracts/http/authz/policies'
import type { PolicyDraft, PolicyVersion } from '@gatehouse/contracts/http/authz/policy-lifecycle'
import type { WrittenPolicyRow } from '../store/policies.ts'
import type { PolicyDraftRow } from '../store/schema.ts'
import { validityView } from './validity.ts'

export const policyContent = (row: WrittenPolicyRow): PolicyContent => ({
  effect: row.effect,
  resource_type: row.resourceType,
  actions: row.actions,
  ...(row.roles === null ? {} : { roles: row.roles }),
  ...(row.whenSource === null ? {} : { when: row.whenSource }),
  ...(row.obligation === null ? {} : { obligation: row.obligation }),
  ...(row.tests === null ? {} : { tests: row.tests }),
})

export const policyView = (row: WrittenPolicyRow): Policy => ({
  id: row.id,
  key: row.key,
  ...policyContent(row),
  version: row.version,
  created_at: row.createdAt.toISOString(),
})

export const policyVersionView = (row: WrittenPolicyRow): PolicyVersion => ({
  ...policyView(row),
  ...validityView(row),
})

export const policyDraftView = (row: PolicyDraftRow, { key }: { key: string }): PolicyDraft => ({
  id: row.policyId,
  key,
  ...row.content,
  saved_at: row.savedAt.toISOString(),
  base_version: row.baseVersion,
})
