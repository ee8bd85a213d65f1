/**
 * What orgs keeps about an erased person: memberships with their attributes, and the addresses of invitations the
 * person accepted.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { eq, sql } from 'drizzle-orm'
import {
  accessRequests,
  invitationSecrets,
  invitations,
  memberships,
  organizations,
  type MembershipRow,
  type OrganizationRow,
} from './schema.ts'

/** Organizations the person has ever belonged to, in the order in which everybody locks them. */
export async function listOrganizationsEverOf(tx: Tx, userId: string): Promise<string[]> {
  const rows = rowsOf<{ org_id: string }>(
    await tx.execute(sql`select org_id from memberships where user_id = ${uuidOf(userId, 'user')} order by org_id`),
  )
  return rows.map(({ org_id }) => typeIdOf('org', org_id))
}

/** Ends the membership for good, active or not, and forgets its attributes. A tombstone keeps when it ended. */
export async function eraseMembership(tx: Tx, id: string): Promise<MembershipRow | undefined> {
  const next = sql`${memberships.version} + 1`
  const [row] = await tx
    .update(memberships)
    .set({
      status: 'removed',
      isOwner: false,
      attributes: {},
      version: next,
      minVersion: next,
      floorChangedAt: sql`clock_timestamp()`,
      removedAt: sql`coalesce(${memberships.removedAt}, clock_timestamp())`,
    })
    .where(eq(memberships.id, id))
    .returning()
  return row
}

/** An organization that nobody owns is suspended: what is in it stays, and nobody acts for it. */
export async function suspendOrphaned(tx: Tx, orgId: string): Promise<OrganizationRow | undefined> {
  const next = sql`${organizations.version} + 1`
  const [row] = await tx
    .update(organizations)
    .set({ status: 'suspended', version: next, minVersion: next, floorChangedAt: sql`clock_timestamp()` })
    .where(sql`${organizations.id} = ${uuidOf(orgId, 'org')} and ${organizations.status} = 'active'`)
    .returning()
  return row
}

/** What the person asked for goes, with the reasons they wrote. */
export async function deleteAccessRequestsOf(tx: Tx, userId: string): Promise<void> {
  await tx.delete(accessRequests).where(eq(accessRequests.userId, userId))
}

/** Invitations that the person accepted go, with the address in them. */
export async function deleteAcceptedInvitations(tx: Tx, userId: string): Promise<void> {
  const accepted = tx.select({ id: invitations.id }).from(invitations).where(eq(invitations.acceptedBy, userId))
  await tx.delete(invitationSecrets).where(sql`${invitationSecrets.invitationId} in (${accepted})`)
  await tx.delete(invitations).where(eq(invitations.acceptedBy, userId))
}
