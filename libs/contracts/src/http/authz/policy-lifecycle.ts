/** What a policy will say (its draft) and what it has said (its versions). */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { Policy, PolicyContent, policyParams, PolicyWarning } from './policies.ts'

export const PolicyDraft = Type.Object({
  id: PolicyId,
  key: Key,
  ...PolicyContent.properties,
  saved_at: Instant,
  /** The version of the policy that was in force when the draft was begun. */
  base_version: Type.Integer(),
  warnings: Type.Optional(Type.Array(PolicyWarning)),
})
export type PolicyDraft = Static<typeof PolicyDraft>

/** `valid_to` is null for the version in force. */
export const PolicyVersion = Type.Object({
  ...Policy.properties,
  valid_from: Instant,
  valid_to: Type.Union([Instant, Type.Null()]),
})
export type PolicyVersion = Static<typeof PolicyVersion>

/** What stands at a JSON pointer in two versions; without `before` it was added, without `after` removed. */
export const Change = Type.Object({
  path: Type.String(),
  before: Type.Optional(Type.Unknown()),
  after: Type.Optional(Type.Unknown()),
})
export type Change = Static<typeof Change>

const path = '/v1/organizations/:org/policies/:policy'
const Version = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

export const GetPolicyDraft = defineRoute({
  operationId: 'getPolicyDraft',
  service: 'authz',
  method: 'GET',
  path: `${path}/draft`,
  summary: 'What the policy would say next.',
  auth: 'organization',
  params: policyParams,
  success: { status: 200, body: PolicyDraft, description: 'The draft, with its `ETag`.' },
  problems: ['forbidden'],
})

export const PutPolicyDraft = defineRoute({
  operationId: 'putPolicyDraft',
  service: 'authz',
  method: 'PUT',
  path: `${path}/draft`,
  summary:
    'Write what the policy would say next. It is checked like a policy, its tests included, and is not in force. ' +
    '`base_version` says that it was made from that version, which has to be in force; without it a draft keeps its base.',
  auth: 'organization',
  params: policyParams,
  query: Type.Object({ base_version: Type.Optional(Version) }),
  body: PolicyContent,
  success: { status: 200, body: PolicyDraft, description: 'The draft, with its `ETag`.' },
  problems: ['forbidden', 'invalid_policy', 'precondition_failed', 'draft_outdated'],
})

export const DeletePolicyDraft = defineRoute({
  operationId: 'deletePolicyDraft',
  service: 'authz',
  method: 'DELETE',
  path: `${path}/draft`,
  summary: 'Throw the draft away.',
  auth: 'organization',
  params: policyParams,
  success: { status: 204, description: 'Gone.' },
  problems: ['forbidden', 'precondition_failed'],
})

export const PublishPolicy = defineRoute({
  operationId: 'publishPolicy',
  service: 'authz',
  method: 'POST',
  path: `${path}/publish`,
  summary: 'Put the draft in force, checked again against today’s catalog; `If-Match` is about the draft.',
  auth: 'organization',
  params: policyParams,
  /** Publish although more recorded decisions would turn round than the threshold of the platform lets pass. */
  query: Type.Object({
    confirm_impact: Type.Optional(Type.Boolean()),
    /** The version in force, to be replaced although the draft is based on an earlier one. */
    replaces: Type.Optional(Version),
  }),
  success: { status: 200, body: Policy, description: 'The next version, in force.' },
  problems: [
    'forbidden',
    'invalid_policy',
    'precondition_failed',
    'draft_outdated',
    'impact_above_threshold',
    'evaluation_too_expensive',
  ],
})

export const ListPolicyVersions = defineRoute({
  operationId: 'listPolicyVersions',
  service: 'authz',
  method: 'GET',
  path: `${path}/versions`,
  summary: 'Everything the policy has said, newest first; a deleted one too.',
  auth: 'organization',
  params: policyParams,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(PolicyVersion), description: 'The versions.' },
  problems: ['forbidden'],
})

export const GetPolicyVersion = defineRoute({
  operationId: 'getPolicyVersion',
  service: 'authz',
  method: 'GET',
  path: `${path}/versions/:version`,
  summary: 'One version of the policy.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId, policy: PolicyId, version: Version }),
  success: { status: 200, body: PolicyVersion, description: 'The version.' },
  problems: ['forbidden'],
})

export const DiffPolicyVersions = defineRoute({
  operationId: 'diffPolicyVersions',
  service: 'authz',
  method: 'GET',
  path: `${path}/diff`,
  summary: 'What changed between two versions; without `to` up to the newest, without `from` since the one before.',
  auth: 'organization',
  params: policyParams,
  query: Type.Object({ from: Type.Optional(Version), to: Type.Optional(Version) }),
  success: {
    status: 200,
    body: Type.Object({ from: Version, to: Version, changes: Type.Array(Change) }),
    description: 'The changes, in the order of their paths.',
  },
  problems: ['forbidden'],
})

export const RollbackPolicy = defineRoute({
  operationId: 'rollbackPolicy',
  service: 'authz',
  method: 'POST',
  path: `${path}/rollback`,
  summary: 'Put an earlier version in force again as the next one, checked against today’s catalog.',
  auth: 'organization',
  params: policyParams,
  body: Type.Object({ version: Version }),
  success: { status: 200, body: Policy, description: 'The next version, in force.' },
  problems: ['forbidden', 'invalid_policy', 'precondition_failed'],
})
