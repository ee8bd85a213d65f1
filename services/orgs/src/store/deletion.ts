/**
 * The way of an organization to its deletion: asked for, taken back, due, carried out. Whether the grace is over is
 * said by the clock of the database.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, inArray, sql } from 'drizzle-orm'
import {
  accessRequests,
  domains,
  invitations,
  invitationSecrets,
  memberships,
  organizations,
  type OrganizationRow,
} from './schema.ts'

const next = sql`${organizations.version} + 1`
const raisedFloor = { version: next, minVersion: next, floorChangedAt: sql`clock_timestamp()` }

/**
 * The organization waiting for its deletion, which voids every access token made for it; undefined unless it was
 * active.
 */
export async function claimDeletion(
  tx: Tx,
  o: { id: string; graceSeconds: number },
): Promise<OrganizationRow | undefined> {
  const [row] = await tx
    .update(organizations)
    .set({
      status: 'deleting',
      deletionDueAt: sql`date_trunc('milliseconds', now()) + make_interval(secs => ${o.graceSeconds})`,
      ...raisedFloor,
    })
    .where(and(eq(organizations.id, o.id), eq(organizations.status, 'active')))
    .returning()
  return row
}

/** The organization without its deletion, while the grace lasts. What an operator suspended stays suspended. */
export async function claimRestoration(tx: Tx, id: string): Promise<OrganizationRow | undefined> {
  const [row] = await tx
    .update(organizations)
    .set({
      status: sql`case ${organizations.status} when 'deleting' then 'active' else ${organizations.status} end`,
      deletionDueAt: null,
      version: next,
    })
    .where(and(eq(organizations.id, id), sql`${organizations.deletionDueAt} > now()`))
    .returning()
  return row
}

/** Organizations whose grace is over, held until the transaction ends; those another replica holds are left to it. */
export async function lockDueOrganizations(tx: Tx, { limit }: { limit: number }): Promise<string[]> {
  const rows = rowsOf<{ id: string }>(
    await tx.execute(sql`
      select id from organizations where deletion_due_at <= now()
      order by deletion_due_at limit ${limit} for no key update skip locked`),
  )
  return rows.map(({ id }) => typeIdOf('org', id))
}

/**
 * Deletes the organization with all that is in it. A tombstone keeps the id, the version and the floor, and frees the
 * slug.
 */
export async function deleteOrganization(tx: Tx, id: string): Promise<OrganizationRow | undefined> {
  const ofOrganization = tx.select({ id: invitations.id }).from(invitations).where(eq(invitations.orgId, id))
  await tx.delete(invitationSecrets).where(inArray(invitationSecrets.invitationId, ofOrganization))
  await tx.delete(invitations).where(eq(invitations.orgId, id))
  await tx.delete(domains).where(eq(domains.orgId, id))
  await tx.delete(accessRequests).where(eq(accessRequests.orgId, id))
  await tx.delete(memberships).where(eq(memberships.orgId, id))
  const [row] = await tx
    .update(organizations)
    .set({
      status: 'deleted',
      name: '',
      slug: `deleted-${uuidOf(id, 'org')}`,
      logoUrl: null,
      colors: null,
      deletionDueAt: null,
      ...raisedFloor,
    })
    .where(eq(organizations.id, id))
    .returning()
  return row
}
