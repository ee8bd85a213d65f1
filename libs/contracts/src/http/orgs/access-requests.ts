/** Access requests: to join an organization that takes them, or for roles in one's own. One answer each. */
import Type, { type Static } from 'typebox'
import { AccessRequestId, Key, OrganizationId, UserId } from '../../common/ids.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'

const AccessRequestStatus = Type.Union([
  Type.Literal('pending'),
  Type.Literal('approved'),
  Type.Literal('denied'),
  Type.Literal('cancelled'),
  Type.Literal('expired'),
])

const shape = {
  id: AccessRequestId,
  organization_id: OrganizationId,
  kind: Type.Union([Type.Literal('join'), Type.Literal('role')]),
  /** Of a request to join: empty until it is approved. */
  roles: Type.Array(Key),
  reason: Type.String(),
  /** How long the roles are wanted; null: for good. */
  duration_seconds: Type.Union([Type.Integer(), Type.Null()]),
  status: AccessRequestStatus,
  /** What whoever decided wrote. */
  decision_reason: Type.Union([Type.String(), Type.Null()]),
  created_at: Instant,
  expires_at: Instant,
}

/** As the person who asked sees it. */
export const OwnAccessRequest = Type.Object(shape)
export type OwnAccessRequest = Static<typeof OwnAccessRequest>

/** As those who decide see it. */
export const AccessRequest = Type.Object({
  ...shape,
  user: Type.Object({ id: UserId, name: Type.String(), email: Type.String() }),
})
export type AccessRequest = Static<typeof AccessRequest>

const orgParams = Type.Object({ org: OrganizationId })
const params = Type.Object({ org: OrganizationId, access_request: AccessRequestId })
const Roles = Type.Array(Key, { minItems: 1, maxItems: 20, uniqueItems: true })
/** An hour to a year. */
const Duration = Type.Integer({ minimum: 3600, maximum: 31_536_000 })

export const AskToJoin = defineRoute({
  operationId: 'askToJoin',
  service: 'orgs',
  method: 'POST',
  path: '/v1/me/access-requests',
  summary: 'Ask to join an organization that takes requests; it is named by its slug.',
  auth: 'user',
  idempotent: true,
  body: Type.Object({ slug: Key, reason: Reason }),
  example: { slug: 'acme', reason: 'I keep the books from May on' },
  success: { status: 201, body: OwnAccessRequest, description: 'The request; its owners are told by mail.' },
  problems: ['already_member', 'conflict', 'rate_limited'],
})

export const ListMyAccessRequests = defineRoute({
  operationId: 'listMyAccessRequests',
  service: 'orgs',
  method: 'GET',
  path: '/v1/me/access-requests',
  summary: 'What one asked for, in every organization, newest first.',
  auth: 'user',
  query: Type.Object(PageQuery),
  success: { status: 200, body: listOf(OwnAccessRequest), description: 'The requests.' },
})

export const CancelAccessRequest = defineRoute({
  operationId: 'cancelAccessRequest',
  service: 'orgs',
  method: 'DELETE',
  path: '/v1/me/access-requests/:access_request',
  summary: 'Take a pending request back.',
  auth: 'user',
  params: Type.Object({ access_request: AccessRequestId }),
  success: { status: 204, description: 'Nobody can approve it any more.' },
  problems: ['conflict'],
})

export const AskForRoles = defineRoute({
  operationId: 'askForRoles',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/access-requests',
  summary: 'Ask for roles in one’s organization, for good or for a time that begins with the approval.',
  auth: 'organization',
  principals: 'people',
  idempotent: true,
  params: orgParams,
  body: Type.Object({ roles: Roles, reason: Reason, duration_seconds: Type.Optional(Duration) }),
  example: { roles: ['admin'], reason: 'On call this week', duration_seconds: 604_800 },
  success: { status: 201, body: OwnAccessRequest, description: 'The request; the owners are told by mail.' },
  problems: ['conflict', 'rate_limited'],
})

export const ListAccessRequests = defineRoute({
  operationId: 'listAccessRequests',
  service: 'orgs',
  method: 'GET',
  path: '/v1/organizations/:org/access-requests',
  summary: 'Access requests, newest first: all, or those of one status.',
  auth: 'organization',
  params: orgParams,
  query: Type.Object({ ...PageQuery, status: Type.Optional(AccessRequestStatus) }),
  success: { status: 200, body: listOf(AccessRequest), description: 'The requests.' },
  problems: ['forbidden'],
})

export const ApproveAccessRequest = defineRoute({
  operationId: 'approveAccessRequest',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/access-requests/:access_request/approve',
  summary:
    'Give what was asked for, or other roles. Approving is granting: nobody approves what they could not give, nor ' +
    'what they asked for themselves.',
  auth: 'organization',
  principals: 'people',
  params,
  body: Type.Object({
    /** Absent: those asked for; whoever asks to join becomes a `member`. */
    roles: Type.Optional(Roles),
    reason: Type.Optional(Reason),
    /** Absent: as long as asked for. */
    duration_seconds: Type.Optional(Duration),
  }),
  bodyIsOptional: true,
  success: { status: 204, description: 'They have it.' },
  problems: ['forbidden', 'conflict'],
})

export const DenyAccessRequest = defineRoute({
  operationId: 'denyAccessRequest',
  service: 'orgs',
  method: 'POST',
  path: '/v1/organizations/:org/access-requests/:access_request/deny',
  summary: 'Refuse, with a reason that the person who asked can read.',
  auth: 'organization',
  principals: 'people',
  params,
  body: Type.Object({ reason: Reason }),
  success: { status: 204, description: 'Refused.' },
  problems: ['forbidden', 'conflict'],
})

export const accessRequestRoutes = [
  AskToJoin,
  ListMyAccessRequests,
  CancelAccessRequest,
  AskForRoles,
  ListAccessRequests,
  ApproveAccessRequest,
  DenyAccessRequest,
] as const
