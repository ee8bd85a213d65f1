/** Why a decision came out as it did, and what remains of one when everything but the resource is known. */
import Type, { type Static } from 'typebox'
import { Instant } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'
import { Action, Context, EvaluationRequest, EvaluationResponse, Sought, Subject } from './evaluation.ts'

const open = { additionalProperties: true }

/**
 * What a policy came to; `condition` is its tree with operator, operands and result of each part. Redacted parts say
 * so. After 10,000 parts conditions are left out, but for the policy that the decision turned on.
 */
const ExplainedPolicy = Type.Object({
  policy: Type.String(),
  scope: Type.String(),
  effect: Type.String(),
  /** null: it could not be evaluated. */
  applies: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  skipped: Type.Optional(Type.String()),
  condition: Type.Optional(Type.Unknown()),
})
/** One change that turns the decision round, tried before it is told. */
const Suggestion = Type.Object({
  kind: Type.String(),
  role: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  value: Type.Optional(Type.Unknown()),
  policy: Type.Optional(Type.String()),
  obligation: Type.Optional(Type.Unknown()),
})
export const ExplanationResponse = Type.Object({
  ...EvaluationResponse.properties,
  roles: Type.Array(Type.Object({ role: Type.String(), held: Type.Boolean() })),
  policies: Type.Array(ExplainedPolicy),
  suggestions: Type.Array(Suggestion),
})
export type ExplanationResponse = Static<typeof ExplanationResponse>

const answering = { service: 'authz', method: 'POST', auth: 'organization', limit: 'check' } as const

export const Explain = defineRoute({
  ...answering,
  operationId: 'explain',
  impersonation: 'allowed',
  path: '/v1/authz/explain',
  summary:
    'An evaluation with its reasons: roles, policies with the value of every part, and the smallest changes that ' +
    'would turn it round. Needs `gatehouse:policies.read`.',
  body: EvaluationRequest,
  success: { status: 200, body: ExplanationResponse, description: 'The decision, explained.' },
  problems: [
    'organization_required',
    'forbidden',
    'invalid_attribute',
    'evaluation_too_expensive',
    'not_current',
    'revision_unavailable',
  ],
})

const identifier = '([A-Za-z_][A-Za-z0-9_]*|"[A-Za-z0-9_ .-]+")'
const ColumnName = Type.String({ pattern: `^${identifier}(\\.${identifier}){0,3}$`, maxLength: 200 })

/**
 * A column has the attribute as it is. An object converts: `{ "column": "d.id" }` casts the column to the type of the
 * attribute, and `{ "column": "d.data", "path": ["owner", "id"] }` takes that member of the JSON in it. A member of
 * another JSON type is a missing attribute.
 */
const PlanColumn = Type.Union([
  ColumnName,
  Type.Object({
    column: ColumnName,
    path: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9_ @/:.-]+$', maxLength: 100 }), { minItems: 1, maxItems: 8 }),
    ),
  }),
])

export const PlanRequest = Type.Object(
  {
    subject: Subject,
    action: Action,
    resource: Sought,
    context: Type.Optional(Context),
    /** Ask for SQL as well: the column of each attribute the filter may read. */
    columns: Type.Optional(Type.Record(Type.String({ maxLength: 63 }), PlanColumn, { maxProperties: 100 })),
  },
  open,
)
export type PlanRequest = Static<typeof PlanRequest>

export const PlanResponse = Type.Object({
  /** `not_filterable`: a policy that matters says what no filter can; `policy` names it. */
  plan: Type.Union([
    Type.Literal('always_allow'),
    Type.Literal('always_deny'),
    Type.Literal('conditional'),
    Type.Literal('not_filterable'),
  ]),
  filter: Type.Optional(Type.Unknown()),
  /** For PostgreSQL: a condition for WHERE with `$1`, `$2`, … and the values of those. */
  sql: Type.Optional(Type.Object({ text: Type.String(), params: Type.Array(Type.Unknown()) })),
  policy: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  context: Type.Object({ revision: Type.String() }),
})
export type PlanResponse = Static<typeof PlanResponse>

export const Plan = defineRoute({
  ...answering,
  principals: 'any_and_platform',
  operationId: 'plan',
  impersonation: 'allowed',
  path: '/v1/authz/plan',
  summary: 'On which resources of this type may the subject do this action? A filter for lists, and its SQL.',
  body: PlanRequest,
  success: { status: 200, body: PlanResponse, description: 'All, none, or a filter.' },
  problems: [
    'organization_required',
    'invalid_attribute',
    'validation_failed',
    'evaluation_too_expensive',
    'not_current',
    'revision_unavailable',
  ],
})

/** On how many resources of a type: `some` depends on the resource. */
const Extent = Type.Union([Type.Literal('none'), Type.Literal('some'), Type.Literal('all')])

export const AccessDiffRequest = Type.Object({ subject: Subject, from: Instant, to: Type.Optional(Instant) })
export type AccessDiffRequest = Static<typeof AccessDiffRequest>

export const AccessDiffResponse = Type.Object({
  /** `changed`: some before and some after, but not for the same reasons. */
  data: Type.Array(
    Type.Object({
      permission: Type.String(),
      before: Extent,
      after: Extent,
      change: Type.Union([Type.Literal('gained'), Type.Literal('lost'), Type.Literal('changed')]),
    }),
  ),
  context: Type.Object({ revision: Type.String() }),
})
export type AccessDiffResponse = Static<typeof AccessDiffResponse>

export const DiffAccess = defineRoute({
  ...answering,
  operationId: 'diffAccess',
  path: '/v1/authz/access-diff',
  summary: 'What a subject may do at one moment and not at another.',
  body: AccessDiffRequest,
  success: { status: 200, body: AccessDiffResponse, description: 'The permissions that differ, by name.' },
  problems: ['organization_required', 'validation_failed', 'evaluation_too_expensive', 'not_current'],
})
