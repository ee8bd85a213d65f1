/** Security alerts: of an organization, of a person, of the platform; seen, acknowledged, resolved. */
import Type, { type Static } from 'typebox'
import { OrganizationId, SecurityAlertId, UserId } from '../../common/ids.ts'
import { listOf, PageQuery } from '../../common/page.ts'
import { Instant, Reason } from '../../common/scalars.ts'
import { defineRoute, type RouteContract } from '../contract.ts'

const Nullable = <S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

export const AlertRule = Type.Union([
  Type.Literal('refresh_token_reused'),
  Type.Literal('passkey_copied'),
  Type.Literal('right_password_while_locked'),
  Type.Literal('sign_in_locked'),
  Type.Literal('success_after_failures'),
  Type.Literal('new_device'),
  Type.Literal('second_factor_removed'),
  Type.Literal('guessing_from_one_source'),
  Type.Literal('api_key_created'),
  Type.Literal('api_key_expiring'),
  Type.Literal('api_key_maker_left'),
  Type.Literal('owner_changed'),
])
export type AlertRule = Static<typeof AlertRule>

export const AlertSeverity = Type.Union([
  Type.Literal('low'),
  Type.Literal('medium'),
  Type.Literal('high'),
  Type.Literal('critical'),
])
export type AlertSeverity = Static<typeof AlertSeverity>

const AlertStatus = Type.Union([Type.Literal('open'), Type.Literal('acknowledged'), Type.Literal('resolved')])
export type AlertStatus = Static<typeof AlertStatus>

export const SecurityAlert = Type.Object({
  id: SecurityAlertId,
  rule: AlertRule,
  severity: AlertSeverity,
  status: AlertStatus,
  organization_id: Nullable(OrganizationId),
  user_id: Nullable(UserId),
  /** Ids and facts of what was found last. */
  data: Type.Record(Type.String(), Type.Unknown()),
  /** How often it was found. */
  count: Type.Integer(),
  first_at: Instant,
  last_at: Instant,
  acknowledged_at: Nullable(Instant),
  /** `user:<id>` or `service_account:<id>`. */
  acknowledged_by: Nullable(Type.String()),
  resolved_at: Nullable(Instant),
  resolved_by: Nullable(Type.String()),
  resolution: Nullable(Type.String()),
})
export type SecurityAlert = Static<typeof SecurityAlert>

export const AlertQuery = Type.Object({
  ...PageQuery,
  status: Type.Optional(AlertStatus),
  severity: Type.Optional(AlertSeverity),
  rule: Type.Optional(AlertRule),
  /** The person it is about. */
  user: Type.Optional(UserId),
})
export type AlertQuery = Static<typeof AlertQuery>

const Resolution = Type.Object({ resolution: Reason })
const list = { status: 200, body: listOf(SecurityAlert), description: 'The alerts.' } as const
const one = { status: 200, body: SecurityAlert, description: 'The alert.' } as const
const example = { resolution: 'The key was made by our deployment.' }

const ofOrganization = { service: 'workers', auth: 'organization' } as const
const ofPerson = { service: 'workers', auth: 'user' } as const
const organizationPath = '/v1/organizations/:org/security-alerts'
const platformPath = '/v1/platform/security-alerts'
const myPath = '/v1/me/security-alerts'
const alert = Type.Object({ alert: SecurityAlertId })
const alertOfOrganization = Type.Object({ org: OrganizationId, alert: SecurityAlertId })

export const ListSecurityAlerts = defineRoute({
  ...ofOrganization,
  operationId: 'listSecurityAlerts',
  method: 'GET',
  path: organizationPath,
  summary: 'The security alerts of this organization, newest first; by status, severity, rule and person.',
  params: Type.Object({ org: OrganizationId }),
  query: AlertQuery,
  success: list,
  problems: ['forbidden'],
})

export const GetSecurityAlert = defineRoute({
  ...ofOrganization,
  operationId: 'getSecurityAlert',
  method: 'GET',
  path: `${organizationPath}/:alert`,
  summary: 'One alert.',
  params: alertOfOrganization,
  success: one,
  problems: ['forbidden'],
})

export const AcknowledgeSecurityAlert = defineRoute({
  ...ofOrganization,
  operationId: 'acknowledgeSecurityAlert',
  method: 'POST',
  path: `${organizationPath}/:alert/acknowledge`,
  summary: 'Say that somebody looks at an open alert.',
  params: alertOfOrganization,
  success: one,
  problems: ['forbidden', 'conflict'],
})

export const ResolveSecurityAlert = defineRoute({
  ...ofOrganization,
  operationId: 'resolveSecurityAlert',
  method: 'POST',
  path: `${organizationPath}/:alert/resolve`,
  summary: 'Say that an alert is dealt with, and how. The same thing once more is a new alert.',
  params: alertOfOrganization,
  body: Resolution,
  example,
  success: one,
  problems: ['forbidden', 'conflict'],
})

export const ListPlatformSecurityAlerts = defineRoute({
  ...ofPerson,
  operationId: 'listPlatformSecurityAlerts',
  method: 'GET',
  path: platformPath,
  summary: 'All security alerts, newest first. Platform administrators only.',
  query: Type.Object({ ...AlertQuery.properties, organization: Type.Optional(OrganizationId) }),
  success: list,
  problems: ['forbidden'],
})

export const AcknowledgePlatformSecurityAlert = defineRoute({
  ...ofPerson,
  operationId: 'acknowledgePlatformSecurityAlert',
  method: 'POST',
  path: `${platformPath}/:alert/acknowledge`,
  summary: 'Say that an operator looks at an open alert. Platform administrators only.',
  params: alert,
  success: one,
  problems: ['forbidden', 'not_found', 'conflict'],
})

export const ResolvePlatformSecurityAlert = defineRoute({
  ...ofPerson,
  operationId: 'resolvePlatformSecurityAlert',
  method: 'POST',
  path: `${platformPath}/:alert/resolve`,
  summary: 'Say that an alert is dealt with, and how. Platform administrators only.',
  params: alert,
  body: Resolution,
  example,
  success: one,
  problems: ['forbidden', 'not_found', 'conflict'],
})

export const ListMySecurityAlerts = defineRoute({
  ...ofPerson,
  operationId: 'listMySecurityAlerts',
  method: 'GET',
  path: myPath,
  summary: 'The security alerts about oneself, newest first.',
  query: AlertQuery,
  success: list,
})

export const AcknowledgeMySecurityAlert = defineRoute({
  ...ofPerson,
  operationId: 'acknowledgeMySecurityAlert',
  method: 'POST',
  path: `${myPath}/:alert/acknowledge`,
  summary: 'Say that one has seen an alert about oneself.',
  params: alert,
  success: one,
  problems: ['not_found', 'conflict'],
})

export const securityAlertRoutes: readonly RouteContract[] = [
  ListSecurityAlerts,
  GetSecurityAlert,
  AcknowledgeSecurityAlert,
  ResolveSecurityAlert,
  ListPlatformSecurityAlerts,
  AcknowledgePlatformSecurityAlert,
  ResolvePlatformSecurityAlert,
  ListMySecurityAlerts,
  AcknowledgeMySecurityAlert,
]
