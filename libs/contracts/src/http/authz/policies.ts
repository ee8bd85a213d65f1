/** Policies: when something is allowed or denied beyond what roles say. */
import Type, { type Static } from 'typebox'
import { Key, OrganizationId, PolicyId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'
import { ActionName, AttributeValues, EntityType } from './attributes.ts'
import { PageAtQuery } from './moment.ts'

const effect = Type.Union([Type.Literal('allow'), Type.Literal('deny')])

/** Stands in a list set apart by spaces, within quotes, in a header (RFC 9470 §3, RFC 6750 §3). */
const AcrValue = Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', minLength: 1, maxLength: 200 })

/** What would lift a refusal: a stronger or fresher sign-in (RFC 9470; `max_age` in seconds), or asking for access. */
export const Obligation = Type.Union([
  Type.Object({
    type: Type.Literal('step_up'),
    acr_values: Type.Optional(Type.Array(AcrValue, { minItems: 1, maxItems: 10, uniqueItems: true })),
    max_age: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000 })),
  }),
  Type.Object({ type: Type.Literal('access_request') }),
])

/**
 * What a policy promises about itself, decided by that policy alone: an allow policy gives `allow` or leaves it at
 * `deny`, a deny policy gives `deny` or leaves it at `allow`. `action` is the policy's first when absent; whoever is
 * given no `roles` holds none.
 */
export const PolicyTest = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  given: Type.Object({
    action: Type.Optional(ActionName),
    /** What is asked of the action beside its name: `action.*` of a condition. */
    action_properties: Type.Optional(AttributeValues),
    roles: Type.Optional(Type.Array(Key, { maxItems: 50, uniqueItems: true })),
    user: Type.Optional(AttributeValues),
    organization: Type.Optional(AttributeValues),
    membership: Type.Optional(AttributeValues),
    resource: Type.Optional(AttributeValues),
    request: Type.Optional(AttributeValues),
  }),
  expect: effect,
})
export type PolicyTest = Static<typeof PolicyTest>

/** What a policy says. `when` is CEL, 2 kB at most. */
export const PolicyContent = Type.Object({
  effect,
  resource_type: EntityType,
  actions: Type.Array(ActionName, { minItems: 1, maxItems: 50, uniqueItems: true }),
  roles: Type.Optional(Type.Array(Key, { minItems: 1, maxItems: 50, uniqueItems: true })),
  when: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  obligation: Type.Optional(Obligation),
  tests: Type.Optional(Type.Array(PolicyTest, { maxItems: 50 })),
})
export type PolicyContent = Static<typeof PolicyContent>

/** The source of a policy as people write it. */
export const PolicySource = Type.Object({ key: Key, ...PolicyContent.properties })
export type PolicySource = Static<typeof PolicySource>

/**
 * What is odd about a policy although it is valid: its condition (`at`, the offset in `when`), or how it stands to
 * others (`by`, the key of one).
 */
export const PolicyWarning = Type.Object({
  code: Type.Union([
    Type.Literal('always_true'),
    Type.Literal('always_false'),
    Type.Literal('not_filterable'),
    Type.Literal('shadowed'),
    Type.Literal('always_denied'),
    Type.Literal('unreachable'),
    Type.Literal('not_compared'),
  ]),
  message: Type.String(),
  at: Type.Optional(Type.Integer()),
  by: Type.Optional(Type.String()),
})
export type PolicyWarning = Static<typeof PolicyWarning>

/** `warnings` come with the answer to a save. */
export const Policy = Type.Object({
  id: PolicyId,
  ...PolicySource.properties,
  version: Type.Integer(),
  created_at: Instant,
  warnings: Type.Optional(Type.Array(PolicyWarning)),
})
export type Policy = Static<typeof Policy>

const orgParams = Type.Object({ org: OrganizationId })
export const policyParams = Type.Object({ org: OrganizationId, policy: PolicyId })

export const ListPolicies = defineRoute({
  operationId: 'listPolicies',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/policies',
  summary: 'The organization’s own policies.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object(PageAtQuery),
  success: { status: 200, body: listOf(Policy), description: 'The policies.' },
  problems: ['forbidden'],
})

export const CreatePolicy = defineRoute({
  operationId: 'createPolicy',
  service: 'authz',
  method: 'POST',
  path: '/v1/organizations/:org/policies',
  summary:
    'Save a policy; a `when` that does not parse or type-check is refused with its position, a policy that ' +
    'contradicts its own tests with the test.',
  auth: 'organization',
  idempotent: true,
  params: orgParams,
  body: PolicySource,
  success: { status: 201, body: Policy, description: 'The policy, in force, with its `ETag`.' },
  problems: ['forbidden', 'conflict', 'invalid_policy'],
})

export const GetPolicy = defineRoute({
  operationId: 'getPolicy',
  service: 'authz',
  method: 'GET',
  path: '/v1/organizations/:org/policies/:policy',
  summary: 'One policy as it is in force.',
  auth: 'organization',
  params: policyParams,
  success: { status: 200, body: Policy, description: 'The policy, with its `ETag`.' },
  problems: ['forbidden'],
})

export const UpdatePolicy = defineRoute({
  operationId: 'updatePolicy',
  service: 'authz',
  method: 'PUT',
  path: '/v1/organizations/:org/policies/:policy',
  summary:
    'Replace what a policy says; `If-Match` guards against lost updates. What is refused leaves the version in ' +
    'force untouched.',
  auth: 'organization',
  params: policyParams,
  body: PolicyContent,
  success: { status: 200, body: Policy, description: 'The next version, in force.' },
  problems: ['forbidden', 'invalid_policy', 'precondition_failed'],
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
  problems: ['forbidden', 'precondition_failed'],
})
