/** Groups over time, in the way of roles, and who belongs to them. */
import { and, asc, eq, gt, isNull } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { assignments, groupMembers, groups, type ContentOf, type GroupRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'
import { closeVersion, insertFirst, insertNext } from './versions.ts'

const belonging = isNull(groupMembers.validTo)

export async function findGroup(
  db: Queryable,
  o: { orgId: string; id: string; at?: Date | undefined },
): Promise<GroupRow | undefined> {
  const [row] = await db
    .select()
    .from(groups)
    .where(and(eq(groups.id, o.id), eq(groups.orgId, o.orgId), validAt(groups, o.at)))
  return row
}

/** One page, by key. */
export async function listGroupsPage(
  db: Queryable,
  o: { orgId: string; limit: number; afterKey?: string | undefined; at?: Date | undefined },
): Promise<GroupRow[]> {
  const rest = o.afterKey === undefined ? undefined : gt(groups.key, o.afterKey)
  return db
    .select()
    .from(groups)
    .where(and(eq(groups.orgId, o.orgId), validAt(groups, o.at), rest))
    .orderBy(asc(groups.key))
    .limit(o.limit)
}

/** Inserts a first version; undefined when the key is taken in its organization. */
export const insertGroup = (
  db: Queryable,
  row: Omit<ContentOf<GroupRow>, 'createdAt'>,
): Promise<GroupRow | undefined> => insertFirst(db, groups, row)

export const closeGroup = (db: Queryable, o: { id: string; version: number }): Promise<GroupRow | undefined> =>
  closeVersion(db, groups, o)

export const insertNextGroup = (db: Queryable, closed: GroupRow, content: Pick<GroupRow, 'name'>): Promise<GroupRow> =>
  insertNext(db, groups, { closed, content })

/** Of a group that is gone: what it held, and who belonged to it. */
export async function endGroupHoldings(db: Queryable, groupId: string): Promise<void> {
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(
      and(eq(assignments.principalType, 'group'), eq(assignments.principalId, groupId), isNull(assignments.validTo)),
    )
  await db
    .update(groupMembers)
    .set({ validTo: endingNow(groupMembers.validFrom) })
    .where(and(eq(groupMembers.groupId, groupId), belonging))
}

/** The roles a group holds, for everything or for one resource, with their ends. */
export async function listGroupGrants(
  db: Queryable,
  groupId: string,
): Promise<{ roleId: string; expiresAtMs: number | undefined }[]> {
  const rows = await db
    .select({ roleId: assignments.roleId, expiresAt: assignments.expiresAt })
    .from(assignments)
    .where(
      and(eq(assignments.principalType, 'group'), eq(assignments.principalId, groupId), isNull(assignments.validTo)),
    )
  return rows.map(({ roleId, expiresAt }) => ({ roleId, expiresAtMs: expiresAt?.getTime() }))
}

export type Belonging = { orgId: string; groupId: string; membershipId: string; userId: string }

/** Whether it is news that the member belongs to the group. */
export async function insertGroupMember(db: Queryable, row: Belonging & { addedBy: string }): Promise<boolean> {
  const inserted = await db
    .insert(groupMembers)
    .values(row)
    .onConflictDoNothing()
    .returning({ groupId: groupMembers.groupId })
  return inserted.length > 0
}

/** Ends belonging to the group: the winner's row, or undefined. */
export async function closeGroupMember(
  db: Queryable,
  o: { groupId: string; userId: string },
): Promise<Belonging | undefined> {
  const [row] = await db
    .update(groupMembers)
    .set({ validTo: endingNow(groupMembers.validFrom) })
    .where(and(eq(groupMembers.groupId, o.groupId), eq(groupMembers.userId, o.userId), belonging))
    .returning()
  return row
}

/** One page of people, by id. */
export async function listGroupMembersPage(
  db: Queryable,
  o: { groupId: string; limit: number; afterUserId?: string | undefined; at?: Date | undefined },
): Promise<{ userId: string }[]> {
  const rest = o.afterUserId === undefined ? undefined : gt(groupMembers.userId, o.afterUserId)
  return db
    .select({ userId: groupMembers.userId })
    .from(groupMembers)
    .where(and(eq(groupMembers.groupId, o.groupId), validAt(groupMembers, o.at), rest))
    .orderBy(asc(groupMembers.userId))
    .limit(o.limit)
}
