/**
 * How an event becomes a line of the audit trail: who did what to what, for which organization, for which person.
 * Everything is taken from the event; nothing is looked up, so the record is complete in the transaction that receives
 * the event.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { typeIdSuffix } from '@gatehouse/contracts/common/ids'

export type AuditRecord = {
  /** `aud_…` with the uuid of the event. */
  id: string
  /** RFC 3339, as precise as the producer's database told it. */
  occurredAt: string
  producer: string
  action: string
  actor: { type: string; id: string | null }
  target: { type: string; id: string }
  orgId: string | null
  userId: string | null
  clientAddress: string | null
  userAgent: string | null
  requestId: string | null
  correlationId: string
  data: Record<string, unknown>
  outcome: Outcome
}

export type Outcome = 'success' | 'failure' | 'denied'

/**
 * A record as it is kept: where a person was is a ciphertext under their key, and in clear only where nobody is
 * concerned.
 */
export type StoredRecord = AuditRecord & { personalOf: string | null; personalSealed: string | null }

/** What the prefix of an identifier names; an identifier of another kind is called after its aggregate. */
const targetTypes: Readonly<Record<string, string>> = {
  user: 'user',
  org: 'organization',
  mem: 'membership',
  inv: 'invitation',
  ses: 'session',
  fam: 'refresh_family',
  svc: 'service_account',
  apk: 'api_key',
  role: 'role',
  pol: 'policy',
  key: 'signing_key',
  ver: 'email_verification',
  whk: 'webhook',
  alr: 'security_alert',
}

export function auditRecordOf(event: EventEnvelope): AuditRecord {
  const { producer, aggregate, action } = partsOf(event.type)
  const actor = actorFrom(event.actor)
  return {
    id: `aud_${event.id.slice(event.id.lastIndexOf('_') + 1)}`,
    occurredAt: event.time,
    producer,
    action,
    actor,
    target: { type: targetTypes[prefixOf(event.subject)] ?? aggregate, id: event.subject },
    orgId: wellFormed('org', event.orgid),
    userId: wellFormed('user', event.userid) ?? (actor.type === 'user' ? wellFormed('user', actor.id) : null),
    clientAddress: event.clientaddress?.slice(0, 64) ?? null,
    userAgent: event.useragent?.slice(0, 512) ?? null,
    requestId: event.requestid ?? null,
    correlationId: event.correlationid,
    data: event.data,
    outcome: outcomeOf(action),
  }
}

/** Every `sign_in` event tells of one that failed or was held up; one that succeeds is a session. */
function outcomeOf(action: string): Outcome {
  if (action.startsWith('sign_in')) return 'failure'
  return action.endsWith('.denied') ? 'denied' : 'success'
}

/**
 * Whose whereabouts a record holds: those of the person who acted; where nobody known acted, of the person it concerns.
 * A machine is nobody.
 */
export function personalOwnerOf({ actor, userId }: Pick<AuditRecord, 'actor' | 'userId'>): string | null {
  if (actor.type === 'user') return wellFormed('user', actor.id) ?? userId
  return actor.type === 'service_account' ? null : userId
}

/** `gatehouse.orgs.membership.removed.v1` → producer, aggregate and `membership.removed`. */
function partsOf(type: string): { producer: string; aggregate: string; action: string } {
  const [, producer = 'unknown', aggregate = 'unknown', ...rest] = type.split('.')
  const verb = rest.at(-1)?.match(/^v\d+$/) ? rest.slice(0, -1) : rest
  return { producer, aggregate, action: [aggregate, ...verb].join('.') }
}

/** Whom the event took out of the platform: erased at their wish, or never proven. */
export function erasedBy({ producer, action, data }: AuditRecord): string | null {
  if (producer !== 'identity' || (action !== 'user.erased' && action !== 'user.deleted')) return null
  const { user_id } = data
  return typeof user_id === 'string' ? wellFormed('user', user_id) : null
}

/** `membership.removed` of an event's type. */
export const actionOf = (type: string): string => partsOf(type).action

const suffixPattern = new RegExp(`_${typeIdSuffix}$`)
const prefixOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('_')))

/** An owner that could not be stored is no owner: the line itself must not be lost for it. */
function wellFormed(prefix: string, id: string | null | undefined): string | null {
  return typeof id === 'string' && prefixOf(id) === prefix && suffixPattern.test(id) ? id : null
}

function actorFrom(actor: string | undefined): AuditRecord['actor'] {
  const cut = actor?.indexOf(':') ?? -1
  if (actor === undefined || cut < 1) return { type: 'system', id: null }
  return { type: actor.slice(0, cut), id: actor.slice(cut + 1) }
}

/**
 * The record as the person it concerns may see it: where somebody else was when they acted is not theirs to know.
 * An unknown or automatic actor stays visible, so that a stranger's failed sign-in shows its address.
 */
export function asSeenBy(userId: string, record: AuditRecord): AuditRecord {
  const bySomebodyElse =
    (record.actor.type === 'user' || record.actor.type === 'service_account') && record.actor.id !== userId
  return bySomebodyElse ? { ...record, clientAddress: null, userAgent: null, requestId: null } : record
}
