/** Checks: OpenID AuthZEN 1.0 outside, the same question between services inside. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import { Revision } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

const Properties = Type.Optional(Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), { maxProperties: 100 }))
const Name = Type.String({ minLength: 1, maxLength: 256 })

/** AuthZEN says to ignore what one does not know, so these objects stay open. */
const open = { additionalProperties: true }
export const Subject = Type.Object({ type: Name, id: Name, properties: Properties }, open)
export const Resource = Type.Object({ type: Name, id: Name, properties: Properties }, open)
export const Action = Type.Object({ name: Name, properties: Properties }, open)
/** What is about to be searched for: its `id` is left out, and ignored where it is not. */
export const Sought = Type.Object({ type: Name, properties: Properties }, open)
/**
 * `at_least`: a revision the answer must not be older than. `at`: decide as of this moment of the past. The rest is
 * read as `request.*`.
 */
export const Context = Type.Object(
  { at_least: Type.Optional(Revision), at: Type.Optional(Type.String({ maxLength: 64 })) },
  { ...open, maxProperties: 100 },
)

export const EvaluationRequest = Type.Object(
  { subject: Subject, action: Action, resource: Resource, context: Type.Optional(Context) },
  open,
)
export type EvaluationRequest = Static<typeof EvaluationRequest>

/** Why, always available: which role or policy decided, or what was missing. */
export const Reason = Type.Object({
  code: Type.String(),
  role: Type.Optional(Type.String()),
  policy: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
})

/**
 * What would lift a refusal: signing in more strongly or again (RFC 9470, `max_age` in seconds), or asking somebody for
 * access. No promise: something else may refuse then.
 */
export const Obligation = Type.Object({
  type: Type.String(),
  acr_values: Type.Optional(Type.Array(Type.String())),
  max_age: Type.Optional(Type.Integer()),
})
export type Obligation = Static<typeof Obligation>

export const EvaluationResponse = Type.Object({
  decision: Type.Boolean(),
  context: Type.Object({
    /** Positions the decision was made at; hand it back as `at_least`. */
    revision: Type.String(),
    reason: Reason,
    obligation: Type.Optional(Obligation),
  }),
})
export type EvaluationResponse = Static<typeof EvaluationResponse>

const problems = [
  'organization_required',
  'forbidden',
  'invalid_attribute',
  'evaluation_too_expensive',
  'not_current',
  'revision_unavailable',
] as const

export const Evaluate = defineRoute({
  operationId: 'evaluate',
  impersonation: 'allowed',
  service: 'authz',
  method: 'POST',
  path: '/access/v1/evaluation',
  summary:
    'May this subject do this action on this resource? (OpenID AuthZEN 1.0; permission = `resource.type:action.name`)',
  auth: 'organization',
  principals: 'any_and_platform',
  limit: 'check',
  dialect: 'authzen',
  body: EvaluationRequest,
  example: {
    subject: { type: 'user', id: 'user_01jd3x5v8mfz9t4q2r7c6k0b1n' },
    action: { name: 'read' },
    resource: { type: 'invoice', id: '4711' },
  },
  success: { status: 200, body: EvaluationResponse, description: 'The decision; `false` is an answer, not an error.' },
  problems,
})

/**
 * A member of the four, where it may still lack what the other place says: each evaluation takes what it does not say
 * from the top.
 */
const partly = { type: Type.Optional(Name), id: Type.Optional(Name), properties: Properties }
const PartOfSubject = Type.Optional(Type.Object(partly, open))
const PartOfResource = Type.Optional(Type.Object(partly, open))
const PartOfAction = Type.Optional(Type.Object({ name: Type.Optional(Name), properties: Properties }, open))

/** Evaluations of one request; what is wrong with one of them is its own answer, not the request's. */
export const maxEvaluations = 1000

export const EvaluationsRequest = Type.Object(
  {
    subject: PartOfSubject,
    action: PartOfAction,
    resource: PartOfResource,
    context: Type.Optional(Context),
    /** Read one by one: `{ subject, action, resource, context }`, each optional where the top level says it. */
    evaluations: Type.Optional(Type.Array(Type.Object({}, open), { maxItems: maxEvaluations })),
    options: Type.Optional(
      Type.Object(
        {
          evaluations_semantic: Type.Optional(
            Type.Union([
              Type.Literal('execute_all'),
              Type.Literal('deny_on_first_deny'),
              Type.Literal('permit_on_first_permit'),
            ]),
          ),
        },
        open,
      ),
    ),
  },
  open,
)
export type EvaluationsRequest = Static<typeof EvaluationsRequest>

/** One of many: the revision of all of them stands once, beside them. */
const EvaluationOfMany = Type.Object({
  decision: Type.Boolean(),
  context: Type.Object({
    reason: Reason,
    obligation: Type.Optional(Obligation),
    error: Type.Optional(Type.Object({ status: Type.Integer(), message: Type.String() })),
  }),
})
export type EvaluationOfMany = Static<typeof EvaluationOfMany>

/** Without `evaluations` in the request this is the answer to a single evaluation. */
export const EvaluationsResponse = Type.Object({
  decision: Type.Optional(Type.Boolean()),
  context: Type.Object({
    revision: Type.String(),
    reason: Type.Optional(Reason),
    obligation: Type.Optional(Obligation),
  }),
  evaluations: Type.Optional(Type.Array(EvaluationOfMany)),
})
export type EvaluationsResponse = Static<typeof EvaluationsResponse>

export const EvaluateMany = defineRoute({
  operationId: 'evaluateMany',
  impersonation: 'allowed',
  service: 'authz',
  method: 'POST',
  path: '/access/v1/evaluations',
  summary: 'Many evaluations in one request, in order, with shared defaults (OpenID AuthZEN 1.0 §7).',
  auth: 'organization',
  principals: 'any_and_platform',
  limit: 'check',
  dialect: 'authzen',
  bodyLimitBytes: 1_048_576,
  body: EvaluationsRequest,
  success: {
    status: 200,
    body: EvaluationsResponse,
    description: 'The decisions; fewer than asked where the semantic stops at the first.',
  },
  problems,
})

export const GetAuthzenConfiguration = defineRoute({
  operationId: 'getAuthzenConfiguration',
  service: 'authz',
  method: 'GET',
  path: '/.well-known/authzen-configuration',
  summary: 'Where the policy decision point answers (AuthZEN 1.0 metadata).',
  auth: 'open',
  success: {
    status: 200,
    body: Type.Object({
      policy_decision_point: Type.String(),
      access_evaluation_endpoint: Type.String(),
      access_evaluations_endpoint: Type.String(),
      search_subject_endpoint: Type.String(),
      search_resource_endpoint: Type.String(),
      search_action_endpoint: Type.String(),
    }),
    description: 'The metadata.',
  },
})

/** `organization`: in the organization of the user's token. `platform`: at platform scope. */
export const CheckPermissions = defineRoute({
  operationId: 'checkPermissions',
  service: 'authz',
  method: 'POST',
  path: '/internal/permissions/check',
  summary: 'May the person whose token travels along do these? One decision per permission, in order.',
  auth: 'internal',
  callers: ['identity', 'tokens', 'orgs', 'workers'],
  retryable: true,
  body: Type.Object({
    scope: Type.Union([Type.Literal('organization'), Type.Literal('platform')]),
    permissions: Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 50 }),
  }),
  success: {
    status: 200,
    body: Type.Object({
      decisions: Type.Array(Type.Boolean()),
      /** What would lift each of the refusals, null where nothing is known to; absent where nothing would lift any. */
      obligations: Type.Optional(Type.Array(Type.Union([Obligation, Type.Null()]))),
    }),
    description: 'The decisions.',
  },
  problems: ['not_current'],
})

/**
 * May the asker give exactly these roles in their organization, and do the roles exist? Used for invitations, at
 * sending and at acceptance, and for requests of access.
 */
export const CheckGrantableRoles = defineRoute({
  operationId: 'checkGrantableRoles',
  service: 'authz',
  method: 'POST',
  path: '/internal/roles/check-grantable',
  summary:
    'Which of these role keys do not exist in the organization, and which may this person not give because they ' +
    'lack a right in them?',
  auth: 'internal',
  callers: ['orgs'],
  retryable: true,
  body: Type.Object({
    organization_id: Type.String(),
    granted_by: UserId,
    roles: Type.Array(Type.String(), { minItems: 1, maxItems: 20 }),
    /** How long they are to be held from now on; absent: for good. */
    duration_seconds: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
  success: {
    status: 200,
    body: Type.Object({ unknown: Type.Array(Type.String()), refused: Type.Array(Type.String()) }),
    description: 'Both empty: go ahead.',
  },
  problems: ['not_current'],
})

/** Writing an attribute that policies read gives what they make of it, so it is a permission of its own. */
export const ListProtectedAttributes = defineRoute({
  operationId: 'listProtectedAttributes',
  service: 'authz',
  method: 'POST',
  path: '/internal/attributes/protected',
  summary: 'Which attributes of members may whoever’s token travels along not write, because policies read them?',
  auth: 'internal',
  callers: ['orgs'],
  retryable: true,
  body: Type.Object({}),
  success: {
    status: 200,
    body: Type.Object({ names: Type.Array(Type.String()) }),
    description: 'An empty list allows every name.',
  },
  problems: ['not_current'],
})
