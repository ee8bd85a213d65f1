/**
 * Runs the rules of alerts over an event, in the transaction that claims it: what a rule remembers, the alert and its
 * announcement are stored together or not at all.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserDeleted, UserErased } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { rules, type Condition, type Finding } from '../../alerts/rules.ts'
import { readEvent } from '../../mails/read-event.ts'
import * as memory from '../../store/alert-findings.ts'
import { deleteAlertsOf, erasePersonFromAlerts, raiseAlert } from '../../store/security-alerts.ts'
import { announceRaised } from './announce-alert.ts'

const erasures = [UserErased, UserDeleted]
const memberships = [MembershipCreated, MembershipUpdated, MembershipRemoved]

/** Types of the events that rules read, that make owners, or that end what is kept of a person or an organization. */
export const alertingTypes: readonly string[] = [
  ...new Set([
    ...rules.map(({ eventType }) => eventType),
    ...[...erasures, ...memberships, OrganizationDeleted].map(({ type }) => type),
  ]),
]

const quietHours = 24
/** Owners that are told of one alert. */
const mostOwners = 10
const raised = counter('security_alerts_total', 'Security alerts that were told, by rule and severity')

export async function recordAlerts(tx: Tx, event: EventEnvelope): Promise<void> {
  for (const contract of erasures)
    if (event.type === contract.type) await erasePersonFromAlerts(tx, readEvent(contract, event).data.user_id)
  if (event.type === OrganizationDeleted.type)
    await deleteAlertsOf(tx, readEvent(OrganizationDeleted, event).data.organization_id)
  for (const contract of memberships) if (event.type === contract.type) await keepOwner(tx, readEvent(contract, event))
  for (const rule of rules) {
    const candidate = rule.eventType === event.type ? rule.read(event) : undefined
    if (candidate === undefined) continue
    const { finding, when } = candidate
    if (when === undefined || (await holds(tx, event, when))) await raise(tx, event, finding)
  }
}

type MembershipEvent = {
  version: number
  data: { membership_id: string; organization_id: string; user_id: string; status: string; is_owner: boolean }
}

const keepOwner = (tx: Tx, { version, data }: MembershipEvent): Promise<void> =>
  memory.keepOwner(tx, {
    membershipId: data.membership_id,
    orgId: data.organization_id,
    userId: data.user_id,
    isOwner: data.is_owner && data.status === 'active',
    version,
  })

async function holds(tx: Tx, event: EventEnvelope, when: Condition): Promise<boolean> {
  if (when.kind === 'unknown_device') return memory.noteDevice(tx, when)
  const key = `${when.kind} ${when.key}`
  await memory.noteObservation(tx, { key, eventId: event.id, member: when.member, at: event.time })
  const { windowSeconds, atLeast } = when
  const asked = { key, at: event.time, windowSeconds, atLeast }
  return when.kind === 'many_members' ? memory.hasManyMembers(tx, asked) : memory.hasSuccessAfterFailures(tx, asked)
}

async function raise(tx: Tx, event: EventEnvelope, finding: Finding): Promise<void> {
  const outcome = await raiseAlert(tx, { ...finding, at: event.time, quietHours })
  if (outcome === undefined || !outcome.isNews) return
  const { orgId, userId, rule, severity } = finding
  const notify = orgId === undefined ? [] : await memory.listOwners(tx, orgId, mostOwners)
  raised.add(1, { rule, severity })
  await announceRaised(tx, { alert: outcome.alert, notify: userId === undefined ? notify : [userId] })
}
