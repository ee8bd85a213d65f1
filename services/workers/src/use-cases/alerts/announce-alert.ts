/**
 * Announces what became of an alert, in the transaction that did it: to whom it is told, to endpoints of its
 * organization, to the audit trail.
 */
import type { Actor, EventContract } from '@gatehouse/contracts/events/envelope'
import { SecurityAlertRaised } from '@gatehouse/contracts/events/workers/security-alert'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Static } from 'typebox'
import type { Alert } from '../../store/security-alerts.ts'

export const announceAlert = <C extends EventContract>(
  tx: Queryable,
  o: { alert: Alert; contract: C; actor: Actor; data: Static<C['data']> },
): Promise<void> =>
  appendEvent(tx, {
    contract: o.contract,
    aggregateType: 'security_alert',
    aggregateId: o.alert.id,
    version: o.alert.version,
    ...(o.alert.orgId !== null && { orgId: o.alert.orgId }),
    ...(o.alert.userId !== null && { userId: o.alert.userId }),
    actor: o.actor,
    data: o.data,
  })

export const aboutAlert = ({ id, orgId, userId }: Alert) => ({
  alert_id: id,
  ...(orgId !== null && { organization_id: orgId }),
  ...(userId !== null && { user_id: userId }),
})

export const announceRaised = (tx: Queryable, { alert, notify }: { alert: Alert; notify: string[] }): Promise<void> =>
  announceAlert(tx, {
    alert,
    contract: SecurityAlertRaised,
    actor: 'system',
    data: { ...aboutAlert(alert), rule: alert.rule, severity: alert.severity, count: alert.count, notify },
  })
