/**
 * Takes in what orgs says about organizations and who belongs to them. Joining gives the roles that came with it,
 * leaving takes every role, in the transaction that learns of it; who joins again begins with the roles of that joining
 * and none of before.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { AccessRequestApproved } from '@gatehouse/contracts/events/orgs/access-request'
import {
  MembershipCreated,
  membershipFields,
  MembershipRemoved,
  MembershipUpdated,
} from '@gatehouse/contracts/events/orgs/membership'
import {
  OrganizationCreated,
  OrganizationDeleted,
  OrganizationUpdated,
} from '@gatehouse/contracts/events/orgs/organization'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { isAssignable, ownerRole } from '../../domain/platform.ts'
import { claimJoining, endHoldings, insertMemberRoles, resetJoining, type Holder } from '../../store/assignments.ts'
import {
  eraseMembershipAttributes,
  isDeletedOrganization,
  isMember,
  listActiveMemberships,
  listActiveOrganizations,
  upsertMembership,
  upsertOrganization,
} from '../../store/copies.ts'
import { endOrganizationModel } from '../../store/deleted-organizations.ts'
import { listRolesInReach } from '../../store/roles.ts'
import { giveApprovedRoles } from './give-approved-roles.ts'

const status = Type.Union([Type.Literal('active'), Type.Literal('suspended'), Type.Literal('removed')])
const OrganizationFacts = Type.Object({ status })
const { organization_id, user_id, status: memberStatus, is_owner, attributes } = membershipFields
const MembershipFacts = Type.Object({ organization_id, user_id, status: memberStatus, is_owner, attributes })
type MembershipFacts = Static<typeof MembershipFacts>
const Erasing = Type.Object({ erased: Type.Optional(Type.Boolean()) })
const Roles = Type.Object({ roles: Type.Array(Type.String()) })
const StateRecord = Type.Object({ kind: Type.String(), id: Type.String(), version: Type.Integer() })

type ProjectDeps = { log: Logger }
type Said = { id: string; version: number; facts: MembershipFacts }

export async function applyOrganizationEvent(deps: ProjectDeps, tx: Tx, event: EventEnvelope): Promise<void> {
  const { subject: id, version, data } = event
  if (await isOfDeleted(tx, event)) return
  switch (event.type) {
    case OrganizationCreated.type:
    case OrganizationUpdated.type:
      return await upsertOrganization(tx, { id, version, ...Value.Parse(OrganizationFacts, data) })
    case OrganizationDeleted.type:
      await upsertOrganization(tx, { id, version, status: 'removed' })
      return await endOrganizationModel(tx, id)
    case MembershipCreated.type: {
      const said = { id, version, facts: Value.Parse(MembershipFacts, data) }
      await applyMembership(tx, said)
      // Once per joining; and a joining that is over, because its leaving was heard of first, gives nothing.
      if (!(await claimJoining(tx, { ...holderOf(said), version }))) return
      if (!(await isMember(tx, id))) return
      return await giveJoiningRoles(deps, tx, { ...said, roles: Value.Parse(Roles, data).roles })
    }
    case MembershipUpdated.type:
      return await applyMembership(tx, { id, version, facts: Value.Parse(MembershipFacts, data) })
    case MembershipRemoved.type:
      await applyMembership(tx, { id, version, facts: Value.Parse(MembershipFacts, data) })
      if (Value.Parse(Erasing, data).erased === true) await eraseMembershipAttributes(tx, id)
      return
    case AccessRequestApproved.type:
      return await giveApprovedRoles(tx, event)
    default:
      return
  }
}

/** An event about a member that was parked may be replayed after the organization is gone. */
async function isOfDeleted(tx: Tx, { type, data }: EventEnvelope): Promise<boolean> {
  if (!memberEvents.has(type)) return false
  return await isDeletedOrganization(tx, Value.Parse(MembershipFacts, data).organization_id)
}

const memberEvents: ReadonlySet<string> = new Set([MembershipCreated.type, MembershipUpdated.type])

async function applyMembership(tx: Tx, { id, version, facts }: Said, always = false): Promise<void> {
  const row = {
    id,
    version,
    orgId: facts.organization_id,
    userId: facts.user_id,
    status: facts.status,
    isOwner: facts.is_owner,
    attributes: facts.attributes,
  }
  const isNews = await upsertMembership(tx, row, always)
  if (isNews && facts.status === 'removed') await endHoldings(tx, id)
}

const holderOf = ({ id, facts }: Said): Holder => ({
  membershipId: id,
  orgId: facts.organization_id,
  userId: facts.user_id,
})

/** Replaces whatever was held by the roles that come with joining. */
async function giveJoiningRoles(deps: ProjectDeps, tx: Tx, said: Said & { roles: readonly string[] }): Promise<void> {
  const holder = holderOf(said)
  const { membershipId } = holder
  await endHoldings(tx, membershipId)
  const inReach = new Map((await listRolesInReach(tx, holder.orgId)).map((role) => [role.key, role.id]))
  const given = [...new Set(said.roles)].filter((key) => isAssignable(key) && inReach.has(key))
  const ignored = said.roles.filter((key) => key !== ownerRole && !given.includes(key))
  if (ignored.length > 0)
    deps.log.warn(
      { membership_id: membershipId, roles: ignored },
      'roles given with a membership do not exist; ignored',
    )
  await insertMemberRoles(tx, {
    ...holder,
    roleIds: given.flatMap((key) => inReach.get(key) ?? []),
    givenBy: 'service:orgs',
  })
}

/** Begins anew from a snapshot: it is believed in everything, and what it does not name is gone. */
export async function resetOrganizations(deps: ProjectDeps, tx: Tx, records: AsyncIterable<object>): Promise<void> {
  const named = new Set<string>()
  for await (const record of records) {
    if (!Value.Check(StateRecord, record)) continue
    const { kind, id, version } = record
    named.add(id)
    if (kind === 'organization') {
      const facts = Value.Parse(OrganizationFacts, record)
      await upsertOrganization(tx, { id, version, ...facts }, true)
      if (facts.status === 'removed') await endOrganizationModel(tx, id)
    }
    if (kind === 'membership')
      await resetMembership(deps, tx, {
        id,
        version,
        facts: Value.Parse(MembershipFacts, record),
        roles: Value.Parse(Roles, record).roles,
      })
  }
  for (const organization of await listActiveOrganizations(tx)) {
    if (!named.has(organization.id))
      await upsertOrganization(tx, { id: organization.id, version: organization.version + 1, status: 'removed' }, true)
  }
  for (const { id, version, orgId, userId, attributes: last } of await listActiveMemberships(tx)) {
    if (named.has(id)) continue
    await applyMembership(
      tx,
      {
        id,
        version: version + 1,
        facts: { organization_id: orgId, user_id: userId, status: 'removed', is_owner: false, attributes: last },
      },
      true,
    )
  }
}

/** Whom we knew as a member keeps the roles of now: those of the invitation may have been changed since. */
async function resetMembership(deps: ProjectDeps, tx: Tx, said: Said & { roles: readonly string[] }): Promise<void> {
  const known = await isMember(tx, said.id)
  await applyMembership(tx, said, true)
  await resetJoining(tx, { ...holderOf(said), version: said.version })
  if (!known && said.facts.status !== 'removed') await giveJoiningRoles(deps, tx, said)
}
