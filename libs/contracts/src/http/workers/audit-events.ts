/** The audit trail: what happened, by whom, to what, from where. */
import Type, { type Static } from 'typebox'
import { AuditEventId, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'

const NullableString = Type.Union([Type.String(), Type.Null()])

export const AuditEvent = Type.Object({
  id: AuditEventId,
  /** Database time of the change. */
  occurred_at: Instant,
  /** `<aggregate>.<past tense>`, as in `membership.removed`. */
  action: Type.String(),
  actor: Type.Object({ type: Type.String(), id: NullableString }),
  target: Type.Object({ type: Type.String(), id: Type.String() }),
  organization_id: NullableString,
  client_address: NullableString,
  user_agent: NullableString,
  request_id: NullableString,
  data: Type.Record(Type.String(), Type.Unknown()),
})
export type AuditEvent = Static<typeof AuditEvent>

const query = Type.Object({ ...PageQuery, action: Type.Optional(Type.String({ maxLength: 100 })) })

export const ListAuditEvents = defineRoute({
  operationId: 'listAuditEvents',
  service: 'workers',
  method: 'GET',
  path: '/v1/organizations/:org/audit-events',
  summary: 'What happened in or to this organization, oldest first.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId }),
  query,
  success: { status: 200, body: listOf(AuditEvent), description: 'The events.' },
  problems: ['forbidden'],
})

export const ListMyActivity = defineRoute({
  operationId: 'listMyActivity',
  service: 'workers',
  method: 'GET',
  path: '/v1/me/activity',
  summary: 'One’s own events: registering, signing in, sessions ended, alarms; oldest first.',
  auth: 'user',
  query,
  success: { status: 200, body: listOf(AuditEvent), description: 'The events.' },
})

export const ListPlatformAuditEvents = defineRoute({
  operationId: 'listPlatformAuditEvents',
  service: 'workers',
  method: 'GET',
  path: '/v1/platform/audit-events',
  summary: 'Everything that happened on the platform, oldest first. Platform administrators only.',
  auth: 'user',
  query,
  success: { status: 200, body: listOf(AuditEvent), description: 'The events.' },
  problems: ['forbidden'],
})
