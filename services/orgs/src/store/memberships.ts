/** Rows of memberships: one per person and organization, revived on rejoining, never deleted. */
import { and, asc, count, desc, eq, ne, sql } from 'drizzle-orm'
import type { MembershipAttributes } from '@gatehouse/contracts/events/orgs/membership'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { accessRequests, invitations, memberships, type MembershipRow } from './schema.ts'

/** The owner's membership of an organization being made. */
export async function insertOwner(tx: Tx, o: { id: string; orgId: string; userId: string }): Promise<MembershipRow> {
  const [row] = await tx
    .insert(memberships)
    .values({ ...o, isOwner: true })
    .returning()
  if (!row) throw new Error('The insert of an owner returned no row')
  return row
}

/**
 * Joins, or rejoins with the next version; undefined when the person is a member already, or left or was removed after
 * the invitation was made or the request sent: what is from before a removal does not undo it.
 */
export async function claimMembership(
  tx: Tx,
  o: { id: string; orgId: string; userId: string; roles: string[] } & (
    { invitationId: string } | { accessRequestId: string }
  ),
): Promise<MembershipRow | undefined> {
  const { id, orgId, userId, roles } = o
  const askedAt =
    'invitationId' in o
      ? tx.select({ at: invitations.createdAt }).from(invitations).where(eq(invitations.id, o.invitationId))
      : tx.select({ at: accessRequests.createdAt }).from(accessRequests).where(eq(accessRequests.id, o.accessRequestId))
  const [row] = await tx
    .insert(memberships)
    .values({ id, orgId, userId, roles })
    .onConflictDoUpdate({
      target: [memberships.orgId, memberships.userId],
      set: {
        status: 'active',
        isOwner: false,
        attributes: {},
        roles: o.roles,
        version: sql`${memberships.version} + 1`,
        joinedAt: sql`now()`,
        removedAt: null,
      },
      setWhere: sql`${memberships.status} = 'removed' and ${memberships.removedAt} < (${askedAt})`,
    })
    .returning()
  return row
}

/** Somebody who never belonged to the organization joins it; undefined for everybody else. */
export async function insertMember(
  tx: Tx,
  o: { id: string; orgId: string; userId: string; roles: string[] },
): Promise<MembershipRow | undefined> {
  const [row] = await tx
    .insert(memberships)
    .values(o)
    .onConflictDoNothing({ target: [memberships.orgId, memberships.userId] })
    .returning()
  return row
}

/** The active membership of one person. */
export async function findMember(
  db: Queryable,
  o: { orgId: string; userId: string },
): Promise<MembershipRow | undefined> {
  const [row] = await db
    .select()
    .from(memberships)
    .where(and(eq(memberships.orgId, o.orgId), eq(memberships.userId, o.userId), eq(memberships.status, 'active')))
  return row
}

/** The membership of one person, active or suspended. */
export async function findListedMember(
  db: Queryable,
  o: { orgId: string; userId: string },
): Promise<(MembershipRow & { status: 'active' | 'suspended' }) | undefined> {
  const found = await findMembership(db, o)
  return found && isListed(found) ? found : undefined
}

const isListed = (row: MembershipRow): row is MembershipRow & { status: 'active' | 'suspended' } =>
  row.status !== 'removed'

/** The membership of one person, ended or not. */
export async function findMembership(
  db: Queryable,
  o: { orgId: string; userId: string },
): Promise<MembershipRow | undefined> {
  const [row] = await db
    .select()
    .from(memberships)
    .where(and(eq(memberships.orgId, o.orgId), eq(memberships.userId, o.userId)))
  return row
}

/** Whoever counts what a person owns takes turns until the transaction ends. */
export async function lockOwner(tx: Tx, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('orgs owner'), hashtext(${userId}))`)
}

/** How many organizations a person owns; under the person's scope. */
export async function countOwned(tx: Tx, userId: string): Promise<number> {
  const [row] = await tx
    .select({ owned: count() })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.status, 'active'), memberships.isOwner))
  return row?.owned ?? 0
}

/** How many owners there are; stable only under the lock on the organization. */
export async function countOwners(tx: Tx, orgId: string): Promise<number> {
  const [row] = await tx
    .select({ owners: count() })
    .from(memberships)
    .where(and(eq(memberships.orgId, orgId), eq(memberships.status, 'active'), memberships.isOwner))
  return row?.owners ?? 0
}

/** Who owns the organization, longest member first; as many as are worth a mail. */
export async function listOwners(tx: Tx, orgId: string): Promise<string[]> {
  const rows = await tx
    .select({ userId: memberships.userId })
    .from(memberships)
    .where(and(eq(memberships.orgId, orgId), eq(memberships.status, 'active'), memberships.isOwner))
    .orderBy(asc(memberships.joinedAt), asc(memberships.id))
    .limit(50)
  return rows.map(({ userId }) => userId)
}

/** Stores what was decided about an active member; undefined when they are not active any more. */
export async function claimUpdate(
  tx: Tx,
  o: { id: string; attributes: MembershipAttributes; isOwner: boolean },
): Promise<MembershipRow | undefined> {
  const [row] = await tx
    .update(memberships)
    .set({ attributes: o.attributes, isOwner: o.isOwner, version: sql`${memberships.version} + 1` })
    .where(and(eq(memberships.id, o.id), eq(memberships.status, 'active')))
    .returning()
  return row
}

/** Suspends an active member who is no owner, and raises the floor above every token minted for them. */
export async function claimSuspension(tx: Tx, id: string): Promise<MembershipRow | undefined> {
  const next = sql`${memberships.version} + 1`
  const [row] = await tx
    .update(memberships)
    .set({ status: 'suspended', version: next, minVersion: next, floorChangedAt: sql`clock_timestamp()` })
    .where(and(eq(memberships.id, id), eq(memberships.status, 'active'), eq(memberships.isOwner, false)))
    .returning()
  return row
}

/** Undefined when the member is not suspended. */
export async function claimReactivation(tx: Tx, id: string): Promise<MembershipRow | undefined> {
  const [row] = await tx
    .update(memberships)
    .set({ status: 'active', version: sql`${memberships.version} + 1` })
    .where(and(eq(memberships.id, id), eq(memberships.status, 'suspended')))
    .returning()
  return row
}

/** Ends a membership and raises its floor above every token minted for it; undefined when it had ended before. */
export async function claimRemoval(tx: Tx, id: string): Promise<MembershipRow | undefined> {
  const [row] = await tx
    .update(memberships)
    .set({
      status: 'removed',
      isOwner: false,
      version: sql`${memberships.version} + 1`,
      minVersion: sql`${memberships.version} + 1`,
      floorChangedAt: sql`clock_timestamp()`,
      removedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(memberships.id, id), ne(memberships.status, 'removed')))
    .returning()
  return row
}

/** Where a page of members goes on: members joined in this order. */
export type MemberPosition = { joinedAt: Date; id: string }

export type MemberFilter = {
  status?: 'active' | 'suspended' | undefined
  isOwner?: boolean | undefined
  newestFirst?: boolean | undefined
}

/** Members, suspended ones too, in the order they joined. */
export async function listMembers(
  db: Queryable,
  o: { orgId: string; limit: number; after?: MemberPosition | undefined } & MemberFilter,
): Promise<MembershipRow[]> {
  const { after } = o
  const order = o.newestFirst ? desc : asc
  const beyond = o.newestFirst ? sql`<` : sql`>`
  return db
    .select()
    .from(memberships)
    .where(
      and(
        eq(memberships.orgId, o.orgId),
        ne(memberships.status, 'removed'),
        o.status && eq(memberships.status, o.status),
        o.isOwner === undefined ? undefined : eq(memberships.isOwner, o.isOwner),
        after &&
          sql`(${memberships.joinedAt}, ${memberships.id}) ${beyond}
            (${after.joinedAt.toISOString()}::timestamptz, ${uuidOf(after.id, 'mem')}::uuid)`,
      ),
    )
    .orderBy(order(memberships.joinedAt), order(memberships.id))
    .limit(o.limit)
}
