/** The audit trail: what happened, by whom, to what, from where. */
import Type, { type Static } from 'typebox'
import { AuditEventId, OrganizationId } from '../../common/ids.ts'
import { Instant } from '../../common/scalars.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { defineRoute } from '../contract.ts'

const NullableString = Type.Union([Type.String(), Type.Null()])

export const AuditOutcome = Type.Union([Type.Literal('success'), Type.Literal('failure'), Type.Literal('denied')])

export const AuditEvent = Type.Object({
  id: AuditEventId,
  /** Database time of the change. */
  occurred_at: Instant,
  /** `<aggregate>.<past tense>`, as in `membership.removed`. */
  action: Type.String(),
  /** `failure`: a sign-in that failed or was held up; `denied`: an act that was not permitted. */
  outcome: AuditOutcome,
  actor: Type.Object({ type: Type.String(), id: NullableString }),
  target: Type.Object({ type: Type.String(), id: Type.String() }),
  organization_id: NullableString,
  client_address: NullableString,
  user_agent: NullableString,
  request_id: NullableString,
  data: Type.Record(Type.String(), Type.Unknown()),
})
export type AuditEvent = Static<typeof AuditEvent>

const filters = {
  /** The first moment that counts. */
  from: Type.Optional(Instant),
  /** The moment from which on nothing counts any more. */
  to: Type.Optional(Instant),
  /** The id of a person or a service account, `service:<name>`, or `system`. */
  actor: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_:-]*$', maxLength: 100 })),
  action: Type.Optional(Type.String({ maxLength: 100 })),
  /** The id of what was changed. */
  target: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.:-]+$', maxLength: 200 })),
  outcome: Type.Optional(AuditOutcome),
  /**
   * Whole words of the record, each of them: of its action, ids, request and data. Who people are and where they were
   * is kept as ciphertexts or not at all, so it is not found.
   */
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  /** `asc`: oldest first; `desc`: newest first. */
  order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')], { default: 'asc' })),
}

export const AuditQuery = Type.Object({ ...PageQuery, ...filters })
export type AuditQuery = Static<typeof AuditQuery>

export const AuditExportQuery = Type.Object({
  ...filters,
  /** `ndjson`: the events as the list has them; `csv`: RFC 4180; `ocsf`: Open Cybersecurity Schema Framework 1.3. */
  format: Type.Optional(
    Type.Union([Type.Literal('ndjson'), Type.Literal('csv'), Type.Literal('ocsf')], { default: 'ndjson' }),
  ),
})
export type AuditExportQuery = Static<typeof AuditExportQuery>

export const ListAuditEvents = defineRoute({
  operationId: 'listAuditEvents',
  service: 'workers',
  method: 'GET',
  path: '/v1/organizations/:org/audit-events',
  summary:
    'What happened in or to this organization, oldest first unless `order` is `desc`; by time, actor, ' +
    'action, target, outcome and words. A search that finds little may end a page before it is full, with `has_more`.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId }),
  query: AuditQuery,
  success: { status: 200, body: listOf(AuditEvent), description: 'The events.' },
  problems: ['forbidden'],
})

export const ListMyActivity = defineRoute({
  operationId: 'listMyActivity',
  service: 'workers',
  method: 'GET',
  path: '/v1/me/activity',
  summary: 'One’s own events: registering, signing in, sessions ended, alarms; oldest first unless `order` is `desc`.',
  auth: 'user',
  query: AuditQuery,
  success: { status: 200, body: listOf(AuditEvent), description: 'The events.' },
})

export const ListPlatformAuditEvents = defineRoute({
  operationId: 'listPlatformAuditEvents',
  service: 'workers',
  method: 'GET',
  path: '/v1/platform/audit-events',
  summary:
    'Everything that happened on the platform, oldest first unless `order` is `desc`. Platform administrators only.',
  auth: 'user',
  query: AuditQuery,
  success: { status: 200, body: listOf(AuditEvent), description: 'The events.' },
  problems: ['forbidden'],
})

/** Long enough for a year of a busy organization; longer spans are asked for in parts by `from` and `to`. */
const exportDeadlineMs = 300_000

export const ExportAuditEvents = defineRoute({
  operationId: 'exportAuditEvents',
  impersonation: 'refused',
  service: 'workers',
  method: 'GET',
  path: '/v1/organizations/:org/audit-events/export',
  summary: 'The same events as one file, written while it is read.',
  auth: 'organization',
  params: Type.Object({ org: OrganizationId }),
  query: AuditExportQuery,
  success: { status: 200, streams: ['application/x-ndjson', 'text/csv'], description: 'One line per event.' },
  problems: ['forbidden'],
  deadlineMs: exportDeadlineMs,
})
