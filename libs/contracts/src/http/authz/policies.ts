/** Policies: when something is allowed or denied beyond what roles say. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'

const ResourceType = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,62}$', maxLength: 63 })
const ActionName = Type.String({ pattern: '^[a-z][a-z0-9_.-]{0,62}$', maxLength: 63 })

/** The source of a policy as people write it. `when` is CEL, 2 kB at most. */
export const PolicySource = Type.Object({
  key: Key,
  effect: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
  resource_type: ResourceType,
  actions: Type.Array(ActionName, { minItems: 1, maxItems: 50, uniqueItems: true }),
  roles: Type.Optional(Type.Array(Key, { minItems: 1, maxItems: 50, uniqueItems: true })),
  when: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
})
export type PolicySource = Static<typeof PolicySource>

export const Policy = Type.Object({ id: PolicyId, ...PolicySource.properties, version: Type.Integer(), created_at: Instant })
export type Policy = Static<typeof Policy>

const orgParams = Type.Object({ org: OrganizationId })
const policyParams = Type.Object({ org: OrganizationId, policy: PolicyId })

export const ListPolicies = defineRoute({
  operationId: 'listPolicies',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/policies',
  summary: 'The organization’s own policies.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(Policy), description: 'The policies.' },
  problems: ['forbidden'],
})

export const CreatePolicy = defineRoute({
  operationId: 'createPolicy',
  service: 'authz',
  method: 'POST',
  path: '/v1/organizations/:org/policies',
  summary: 'Save a policy; a `when` that does not parse or type-check is refused with its position.',
  auth: 'organization',
  idempotent: true,
  params: orgParams,
  body: PolicySource,
  success: { status: 201, body: Policy, description: 'The policy, in force.' },
  problems: ['forbidden', 'conflict', 'invalid_policy'],
})

export const DeletePolicy = defineRoute({
  operationId: 'deletePolicy',
  service: 'authz',
  method: 'DELETE',
  path: '/v1/organizations/:org/policies/:policy',
  summary: 'Take a policy out of force.',
  auth: 'organization',
  params: policyParams,
  success: { status: 204, description: 'No longer in force.' },
  problems: ['forbidden'],
})
