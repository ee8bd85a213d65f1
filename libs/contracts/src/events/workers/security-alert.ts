/** Security alerts: what a rule found in the events of others, and what became of it. */
import Type, { type Static } from 'typebox'
import { OrganizationId, SecurityAlertId, UserId } from '../../common/ids.ts'
import { Reason } from '../../common/scalars.ts'
import { AlertRule, AlertSeverity } from '../../http/workers/security-alerts.ts'
import type { EventContract } from '../envelope.ts'

const about = {
  alert_id: SecurityAlertId,
  organization_id: Type.Optional(OrganizationId),
  user_id: Type.Optional(UserId),
}

/** A rule found something. The same thing again within a day is counted on the alert and announced by nothing. */
export const SecurityAlertRaised = {
  type: 'gatehouse.workers.security_alert.raised.v1',
  data: Type.Object({
    ...about,
    rule: AlertRule,
    severity: AlertSeverity,
    count: Type.Integer(),
    /** Whom it is told to: the person it is about, or owners of the organization. */
    notify: Type.Array(UserId),
  }),
} as const

export type SecurityAlertRaised = Static<typeof SecurityAlertRaised.data>

/** Somebody has seen it. */
export const SecurityAlertAcknowledged = {
  type: 'gatehouse.workers.security_alert.acknowledged.v1',
  data: Type.Object(about),
} as const

/** Somebody has dealt with it; the same thing once more is a new alert. */
export const SecurityAlertResolved = {
  type: 'gatehouse.workers.security_alert.resolved.v1',
  data: Type.Object({ ...about, resolution: Reason }),
} as const

export const securityAlertEvents: readonly EventContract[] = [
  SecurityAlertRaised,
  SecurityAlertAcknowledged,
  SecurityAlertResolved,
]
