/** Takes in what orgs says about organizations and who belongs to them. A removed membership stays as a tombstone. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import {
  AccessRules,
  FactorRoles,
  OrganizationCreated,
  OrganizationDeleted,
  OrganizationUpdated,
} from '@gatehouse/contracts/events/orgs/organization'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { deleteOrganizationContents } from '../store/deleted-organizations.ts'
import {
  deleteOrganizationsAndMemberships,
  isDeletedOrganization,
  upsertMembershipState,
  upsertOrganizationState,
} from '../store/projections.ts'
import { reportKeysOfLeaver } from './service-accounts/report-keys-of-leaver.ts'

/** Of an event or a snapshot record we need no more than this; a shape that lacks it is poison and gets parked. */
const OrganizationFacts = Type.Object({
  status: Type.String(),
  slug: Type.Optional(Type.String()),
  mfa_required_from: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  mfa_roles: Type.Optional(FactorRoles),
  access_rules: Type.Optional(AccessRules),
})
const MembershipFacts = Type.Object({ organization_id: Type.String(), user_id: Type.String(), status: Type.String() })
const StateRecord = Type.Object({ kind: Type.String(), id: Type.String(), version: Type.Integer() })

export async function applyOrganizationEvent(tx: Tx, event: EventEnvelope): Promise<void> {
  const { subject: id, version, data } = event
  switch (event.type) {
    case OrganizationCreated.type:
    case OrganizationUpdated.type:
      return await upsertOrganization(tx, { id, version, facts: data })
    case OrganizationDeleted.type:
      await upsertOrganization(tx, { id, version, facts: { status: 'removed' } })
      return await deleteOrganizationContents(tx, id)
    case MembershipCreated.type:
    case MembershipUpdated.type:
    case MembershipRemoved.type:
      // An event that was parked may be replayed after the organization is gone.
      if (await isDeletedOrganization(tx, Value.Parse(MembershipFacts, data).organization_id)) return
      await upsertMembership(tx, { id, version, facts: data })
      if (event.type === MembershipRemoved.type) await reportLeaver(tx, data)
      return
    default:
      return
  }
}

async function reportLeaver(tx: Tx, data: object): Promise<void> {
  const { user_id: userId, organization_id: orgId } = Value.Parse(MembershipFacts, data)
  await reportKeysOfLeaver(tx, { userId, orgId })
}

/** Begins anew from a snapshot: everything known is replaced. */
export async function resetOrganizations(tx: Tx, records: AsyncIterable<object>): Promise<void> {
  await deleteOrganizationsAndMemberships(tx)
  for await (const record of records) {
    if (!Value.Check(StateRecord, record)) continue
    const { kind, id, version } = record
    if (kind === 'organization') {
      await upsertOrganization(tx, { id, version, facts: record })
      if (Value.Parse(OrganizationFacts, record).status === 'removed') await deleteOrganizationContents(tx, id)
    }
    if (kind === 'membership') await upsertMembership(tx, { id, version, facts: record })
  }
}

async function upsertOrganization(tx: Tx, o: { id: string; version: number; facts: object }): Promise<void> {
  const facts = Value.Parse(OrganizationFacts, o.facts)
  const { status, slug, mfa_required_from: from, mfa_roles: mfaRoles, access_rules: accessRules } = facts
  const mfa = from === undefined ? {} : { mfaRequiredFrom: from === null ? null : new Date(from) }
  await upsertOrganizationState(tx, {
    id: o.id,
    version: o.version,
    status,
    ...(slug !== undefined && { slug }),
    ...mfa,
    ...(mfaRoles && { mfaRoles }),
    ...(accessRules && { accessRules }),
  })
}

async function upsertMembership(tx: Tx, o: { id: string; version: number; facts: object }): Promise<void> {
  const { organization_id: organizationId, user_id: userId, status } = Value.Parse(MembershipFacts, o.facts)
  await upsertMembershipState(tx, { id: o.id, version: o.version, organizationId, userId, status })
}
