/**
 * An erased person leaves every organization. What it kept about them goes, and a tombstone without attributes stays,
 * so that nothing late revives it. An organization whose only owner they were is suspended: it would be nobody's, and
 * an operator decides what becomes of it.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserErased } from '@gatehouse/contracts/events/identity/user'
import type { Effects } from '@gatehouse/spine/dead-letters/dead-letters'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { Value } from 'typebox/value'
import {
  deleteAcceptedInvitations,
  deleteAccessRequestsOf,
  eraseMembership,
  listOrganizationsEverOf,
  suspendOrphaned,
} from '../store/erasure.ts'
import { countOwners, findMembership } from '../store/memberships.ts'
import { lockOrganization } from '../store/organizations.ts'
import { announceMembershipErased, announceOrganizationStatus } from './announce.ts'

const actor = 'service:identity'

export async function erasePerson(tx: Tx, event: EventEnvelope): Promise<void> {
  const { user_id: userId } = Value.Parse(UserErased.data, event.data)
  await deleteAcceptedInvitations(tx, userId)
  await deleteAccessRequestsOf(tx, userId)
  for (const orgId of await listOrganizationsEverOf(tx, userId)) await leave(tx, { orgId, userId })
}

async function leave(tx: Tx, { orgId, userId }: { orgId: string; userId: string }): Promise<void> {
  await lockOrganization(tx, orgId)
  const membership = await findMembership(tx, { orgId, userId })
  if (membership === undefined) return
  const erased = await eraseMembership(tx, membership.id)
  if (erased) await announceMembershipErased(tx, erased, actor)
  if (!membership.isOwner || (await countOwners(tx, orgId)) > 0) return
  const suspended = await suspendOrphaned(tx, orgId)
  if (suspended) await announceOrganizationStatus(tx, { row: suspended, actor })
}

export const erasureEffects: Effects = { name: 'orgs--erasure', handle: erasePerson }
