/** Checks: OpenID AuthZEN 1.0 outside, the same question between services inside. */
import Type, { type Static } from 'typebox'
import { UserId } from '../../common/ids.ts'
import { Revision } from '../../common/scalars.ts'
import { defineRoute } from '../contract.ts'

const Properties = Type.Optional(Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), { maxProperties: 100 }))
const Name = Type.String({ minLength: 1, maxLength: 256 })

/** AuthZEN says to ignore what one does not know, so these objects stay open. */
const open = { additionalProperties: true }
const Subject = Type.Object({ type: Name, id: Name, properties: Properties }, open)
const Resource = Type.Object({ type: Name, id: Name, properties: Properties }, open)
const Action = Type.Object({ name: Name, properties: Properties }, open)

export const EvaluationRequest = Type.Object(
  {
    subject: Subject,
    action: Action,
    resource: Resource,
    context: Type.Optional(Type.Object({ at_least: Type.Optional(Revision) }, open)),
  },
  open,
)
export type EvaluationRequest = Static<typeof EvaluationRequest>

export const EvaluationResponse = Type.Object({
  decision: Type.Boolean(),
  context: Type.Object({
    /** Positions the decision was made at; hand it back as `at_least`. */
    revision: Type.String(),
    /** Why, always available: which role or policy decided, or what was missing. */
    reason: Type.Object({ code: Type.String(), role: Type.Optional(Type.String()), policy: Type.Optional(Type.String()), detail: Type.Optional(Type.String()) }),
  }),
})
export type EvaluationResponse = Static<typeof EvaluationResponse>

export const Evaluate = defineRoute({
  operationId: 'evaluate',
  service: 'authz',
  method: 'POST',
  path: '/access/v1/evaluation',
  summary: 'May this subject do this action on this resource? (OpenID AuthZEN 1.0; permission = `resource.type:action.name`)',
  auth: 'organization',
  limit: 'check',
  body: EvaluationRequest,
  success: { status: 200, body: EvaluationResponse, description: 'The decision; `false` is an answer, not an error.' },
  problems: ['organization_required', 'invalid_attribute', 'not_current', 'revision_unavailable'],
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
    body: Type.Object({ policy_decision_point: Type.String(), access_evaluation_endpoint: Type.String() }),
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
  success: { status: 200, body: Type.Object({ decisions: Type.Array(Type.Boolean()) }), description: 'The decisions.' },
  problems: ['not_current'],
})

/** May the asker give exactly these roles in their organization, and do the roles exist? Used for invitations, at sending and at acceptance. */
export const CheckGrantableRoles = defineRoute({
  operationId: 'checkGrantableRoles',
  service: 'authz',
  method: 'POST',
  path: '/internal/roles/check-grantable',
  summary: 'Which of these role keys do not exist in the organization, and which may this person not give because they lack a right in them?',
  auth: 'internal',
  callers: ['orgs'],
  retryable: true,
  body: Type.Object({ organization_id: Type.String(), granted_by: UserId, roles: Type.Array(Type.String(), { minItems: 1, maxItems: 20 }) }),
  success: { status: 200, body: Type.Object({ unknown: Type.Array(Type.String()), refused: Type.Array(Type.String()) }), description: 'Both empty: go ahead.' },
  problems: ['not_current'],
})
