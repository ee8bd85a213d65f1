/** An audit event in the formats that other tools read: CSV for a spreadsheet, OCSF for a SIEM. Pure. */
import type { AuditEvent } from '@gatehouse/contracts/http/workers/audit-events'

const columns: readonly [string, (event: AuditEvent) => string | null][] = [
  ['id', ({ id }) => id],
  ['occurred_at', (event) => event.occurred_at],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['actor_type', ({ actor }) => actor.type],
  ['actor_id', ({ actor }) => actor.id],
  ['target_type', ({ target }) => target.type],
  ['target_id', ({ target }) => target.id],
  ['organization_id', (event) => event.organization_id],
  ['client_address', (event) => event.client_address],
  ['user_agent', (event) => event.user_agent],
  ['request_id', (event) => event.request_id],
  ['data', ({ data }) => JSON.stringify(data)],
]

/**
 * RFC 4180. A field that a spreadsheet would take for a formula is made text: the user agent is a stranger’s to choose.
 */
const field = (value: string | null): string => {
  const text = value ?? ''
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${harmless.replaceAll('"', '""')}"`
}

export const csvHead = `${columns.map(([name]) => name).join(',')}\r\n`
export const csvLine = (event: AuditEvent): string => `${columns.map(([, read]) => field(read(event))).join(',')}\r\n`

/**
 * Open Cybersecurity Schema Framework 1.3: Authentication (3002) for sessions and attempts at one, Entity Management
 * (3004) for everything else.
 */
export function ocsfEvent(event: AuditEvent): object {
  const isAuthentication = event.target.type === 'session' || event.action.startsWith('sign_in')
  const classUid = isAuthentication ? 3002 : 3004
  const activityId = isAuthentication ? authenticationActivity(event.action) : entityActivity(event.action)
  return {
    metadata: { version: '1.3.0', product: { name: 'Gatehouse', vendor_name: 'Gatehouse' }, uid: event.id },
    category_uid: 3,
    class_uid: classUid,
    activity_id: activityId,
    type_uid: classUid * 100 + activityId,
    time: Date.parse(event.occurred_at),
    severity_id: event.outcome === 'success' ? 1 : 3,
    status_id: event.outcome === 'success' ? 1 : 2,
    actor: { user: { uid: event.actor.id ?? event.actor.type, type: event.actor.type } },
    ...(isAuthentication
      ? { user: { uid: typeof event.data['user_id'] === 'string' ? event.data['user_id'] : event.target.id } }
      : { entity: { uid: event.target.id, type: event.target.type } }),
    ...(event.client_address && { src_endpoint: { ip: event.client_address } }),
    ...(event.user_agent && { http_request: { user_agent: event.user_agent } }),
    unmapped: {
      action: event.action,
      organization_id: event.organization_id,
      request_id: event.request_id,
      data: event.data,
    },
  }
}

/** 1 logon, 2 logoff, 99 other. */
const authenticationActivity = (action: string): number => {
  if (action === 'session.started' || action === 'sign_in.failed') return 1
  return action === 'session.ended' ? 2 : 99
}

/** 1 create, 3 update, 4 delete, 99 other. */
function entityActivity(action: string): number {
  if (/\.(created|registered|added)$/.test(action)) return 1
  if (/\.(updated|changed)$/.test(action)) return 3
  return /\.(deleted|removed|revoked|erased)$/.test(action) ? 4 : 99
}
