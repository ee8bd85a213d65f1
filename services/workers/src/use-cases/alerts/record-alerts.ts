/**
 * Runs the rules of alerts over events, in the transaction that claims them: what a rule remembers, the alert and its
 * announcement are stored together or not at all.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserDeleted, UserErased } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationDeleted } from '@gatehouse/contracts/events/orgs/organization'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { InContextOf, WithClaim } from '@gatehouse/spine/consume/consumer'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import { rules, type Candidate, type Finding } from '../../alerts/rules.ts'
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

/** A finding of an event, and the condition under which it is one. */
type Due = Candidate & { event: EventEnvelope }

/** In their order: what is kept of an event comes before what is found in it. */
export async function recordAlerts(tx: Tx, events: readonly EventEnvelope[], inContextOf: InContextOf): Promise<void> {
  let due: Due[] = []
  const settle = async (): Promise<void> => {
    for (const { event, finding } of await standing(tx, due)) await inContextOf(event, () => raise(tx, event, finding))
    due = []
  }
  for (const event of events) {
    if (keeps(event)) {
      await settle()
      await keep(tx, event)
    }
    due.push(...candidatesIn(event))
  }
  await settle()
}

/**
 * How events are noted and claimed at once. Undefined where one of them is more than something to remember. A finding
 * is left to the transaction that tells of it.
 */
export function alertsOfNoNews(events: readonly EventEnvelope[]): WithClaim | undefined {
  const due = events.flatMap(candidatesIn)
  const notes = due.flatMap(noteOf)
  return events.some(keeps) || notes.length < due.length ? undefined : memory.ofNoNews(notes)
}

const keeps = ({ type }: EventEnvelope): boolean =>
  [...erasures, ...memberships, OrganizationDeleted].some((contract) => contract.type === type)

const candidatesIn = (event: EventEnvelope): Due[] =>
  rules.flatMap((rule) => {
    const candidate = rule.eventType === event.type ? rule.read(event) : undefined
    return candidate === undefined ? [] : { ...candidate, event }
  })

const noteOf = ({ event, when }: Due): memory.Note[] =>
  when === undefined ? [] : [{ eventId: event.id, at: event.time, when }]

/** Those without a condition, and those whose condition holds. */
async function standing(tx: Tx, due: readonly Due[]): Promise<Due[]> {
  const conditional = due.filter(({ when }) => when !== undefined)
  const held = await memory.noteFindings(tx, conditional.flatMap(noteOf))
  const holding = new Set(conditional.filter((_, place) => held.has(place)))
  return due.filter((one) => one.when === undefined || holding.has(one))
}

async function keep(tx: Tx, event: EventEnvelope): Promise<void> {
  for (const contract of erasures)
    if (event.type === contract.type) await erasePersonFromAlerts(tx, readEvent(contract, event).data.user_id)
  if (event.type === OrganizationDeleted.type)
    await deleteAlertsOf(tx, readEvent(OrganizationDeleted, event).data.organization_id)
  for (const contract of memberships) if (event.type === contract.type) await keepOwner(tx, readEvent(contract, event))
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

async function raise(tx: Tx, event: EventEnvelope, finding: Finding): Promise<void> {
  const outcome = await raiseAlert(tx, { ...finding, at: event.time, quietHours })
  if (outcome === undefined || !outcome.isNews) return
  const { orgId, userId, alsoTell, rule, severity } = finding
  const owners = orgId === undefined ? [] : await memory.listOwners(tx, orgId, mostOwners)
  const notify = [...new Set([...owners, ...(alsoTell === undefined ? [] : [alsoTell])])]
  raised.add(1, { rule, severity })
  await announceRaised(tx, { alert: outcome.alert, notify: userId === undefined ? notify : [userId] })
}
