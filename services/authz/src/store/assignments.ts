/** Who holds which role. Changing the roles of a member happens under the lock of their `role_holders` row. */
import { and, asc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { HeldRole } from '../domain/facts.ts'
import { assignments, groupMembers, roleHolders, type AssignmentRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'

const current = isNull(assignments.validTo)
const held = {
  roleId: assignments.roleId,
  expiresAt: assignments.expiresAt,
  resourceType: assignments.resourceType,
  resourceId: assignments.resourceId,
}

export const toHeldRole = (row: Pick<AssignmentRow, keyof typeof held>): HeldRole => ({
  roleId: row.roleId,
  expiresAtMs: row.expiresAt?.getTime(),
  ...(row.resourceType === null || row.resourceId === null
    ? {}
    : { resource: { type: row.resourceType, id: row.resourceId } }),
})

/** Of the member and of their groups; now, or as of `at`. Expired ones included: a decision knows its own time. */
export async function listMemberRoles(
  db: Queryable,
  o: { membershipId: string; at?: Date | undefined },
): Promise<HeldRole[]> {
  const own = db
    .select(held)
    .from(assignments)
    .where(and(eq(assignments.membershipId, o.membershipId), validAt(assignments, o.at)))
  const ofGroups = db
    .select(held)
    .from(groupMembers)
    .innerJoin(
      assignments,
      and(
        eq(assignments.principalType, 'group'),
        sql`${assignments.principalId} = ${groupMembers.groupId}`,
        validAt(assignments, o.at),
      ),
    )
    .where(and(eq(groupMembers.membershipId, o.membershipId), validAt(groupMembers, o.at)))
  return (await own.unionAll(ofGroups)).map(toHeldRole)
}

/** The roles that were given to the member themselves, for everything: the set that is replaced as a whole. */
export async function listOwnRoles(db: Queryable, membershipId: string): Promise<HeldRole[]> {
  return (
    await db
      .select(held)
      .from(assignments)
      .where(and(eq(assignments.membershipId, membershipId), isNull(assignments.resourceType), current))
  ).map(toHeldRole)
}

export async function listPlatformRoles(db: Queryable, userId: string, at?: Date): Promise<HeldRole[]> {
  return (
    await db
      .select(held)
      .from(assignments)
      .where(and(eq(assignments.scope, 'platform'), eq(assignments.principalId, userId), validAt(assignments, at)))
  ).map(toHeldRole)
}

export type Holder = { membershipId: string; orgId: string; userId: string }

/** Gives a member roles; those held already stay as they are. */
export async function insertMemberRoles(
  db: Queryable,
  o: Holder & { roleIds: readonly string[]; givenBy: string },
): Promise<void> {
  if (o.roleIds.length === 0) return
  const rows = o.roleIds.map((roleId) => ({
    id: newId('asg'),
    scope: 'organization' as const,
    orgId: o.orgId,
    principalType: 'user' as const,
    principalId: o.userId,
    membershipId: o.membershipId,
    roleId,
    givenBy: o.givenBy,
  }))
  await db.insert(assignments).values(rows).onConflictDoNothing()
}

/** Gives a person a role at platform scope; undefined when they hold it already. */
export async function insertPlatformRole(
  db: Queryable,
  o: { userId: string; roleId: string; givenBy: string },
): Promise<AssignmentRow | undefined> {
  const row = {
    id: newId('asg'),
    scope: 'platform' as const,
    principalType: 'user' as const,
    principalId: o.userId,
    roleId: o.roleId,
    givenBy: o.givenBy,
  }
  const [inserted] = await db.insert(assignments).values(row).onConflictDoNothing().returning()
  return inserted
}

/** Takes roles from a member that were given to them for everything. */
export async function endOwnRoles(
  db: Queryable,
  o: { membershipId: string; roleIds: readonly string[] },
): Promise<void> {
  if (o.roleIds.length === 0) return
  const these = and(
    eq(assignments.membershipId, o.membershipId),
    isNull(assignments.resourceType),
    inArray(assignments.roleId, [...o.roleIds]),
  )
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(these, current))
}

/** Takes everything from a member: their roles, limited ones too, and their groups. */
export async function endHoldings(db: Queryable, membershipId: string): Promise<void> {
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(eq(assignments.membershipId, membershipId), current))
  await db
    .update(groupMembers)
    .set({ validTo: endingNow(groupMembers.validFrom) })
    .where(and(eq(groupMembers.membershipId, membershipId), isNull(groupMembers.validTo)))
}

/** Gives one role; undefined when it is held so already. */
export async function insertAssignment(
  db: Queryable,
  row: Omit<AssignmentRow, 'id' | 'scope' | 'validFrom' | 'validTo'>,
): Promise<AssignmentRow | undefined> {
  const [inserted] = await db
    .insert(assignments)
    .values({ id: newId('asg'), scope: 'organization', ...row })
    .onConflictDoNothing()
    .returning()
  return inserted
}

/** Ends what has expired of one principal: an expired row would keep its role from being given anew. */
export async function endExpired(db: Queryable, o: { orgId: string; principalId: string; now: Date }): Promise<void> {
  const expired = sql`${assignments.expiresAt} <= ${o.now.toISOString()}::timestamptz`
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(eq(assignments.orgId, o.orgId), eq(assignments.principalId, o.principalId), current, expired))
}

/** Ends the holding of a role, for everything, that would end before `expiresAt`; null is never. */
export async function endSooner(
  db: Queryable,
  o: { membershipId: string; roleId: string; expiresAt: Date | null },
): Promise<void> {
  const sooner =
    o.expiresAt === null
      ? sql`${assignments.expiresAt} is not null`
      : sql`${assignments.expiresAt} < ${o.expiresAt.toISOString()}::timestamptz`
  const same = and(
    eq(assignments.membershipId, o.membershipId),
    eq(assignments.roleId, o.roleId),
    isNull(assignments.resourceType),
  )
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(same, current, sooner))
}

const ofPeopleAndGroups = inArray(assignments.principalType, ['user', 'group'])

/** Of a person or a group. */
export async function findAssignment(
  db: Queryable,
  o: { orgId: string; id: string },
): Promise<AssignmentRow | undefined> {
  const [row] = await db
    .select()
    .from(assignments)
    .where(and(eq(assignments.id, o.id), eq(assignments.orgId, o.orgId), ofPeopleAndGroups, current))
  return row
}

export async function closeAssignment(db: Queryable, id: string): Promise<AssignmentRow | undefined> {
  const [row] = await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(eq(assignments.id, id), current))
    .returning()
  return row
}

/** One page of people's and groups', by id, which is by time. */
export async function listAssignmentsPage(
  db: Queryable,
  o: {
    orgId: string
    limit: number
    afterId?: string | undefined
    principalId?: string | undefined
    at?: Date | undefined
  },
): Promise<AssignmentRow[]> {
  const rest = o.afterId === undefined ? undefined : gt(assignments.id, o.afterId)
  const whose = o.principalId === undefined ? undefined : eq(assignments.principalId, o.principalId)
  return db
    .select()
    .from(assignments)
    .where(and(eq(assignments.orgId, o.orgId), ofPeopleAndGroups, validAt(assignments, o.at), whose, rest))
    .orderBy(asc(assignments.id))
    .limit(o.limit)
}

/** Takes these roles from everybody who holds them. */
export async function endAssignmentsOfRoles(db: Queryable, roleIds: readonly string[]): Promise<void> {
  if (roleIds.length === 0) return
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(inArray(assignments.roleId, [...roleIds]), current))
}

/** Locks a member's set of roles and gives it its next version; undefined for a membership nobody announced. */
export async function lockRoleHolder(db: Queryable, membershipId: string): Promise<{ version: number } | undefined> {
  const [row] = await db
    .update(roleHolders)
    .set({ version: sql`${roleHolders.version} + 1` })
    .where(eq(roleHolders.membershipId, membershipId))
    .returning({ version: roleHolders.version })
  return row
}

/** Whether joining in this version gives its roles: yes once per version that is newer than the last. */
export async function claimJoining(db: Queryable, o: Holder & { version: number }): Promise<boolean> {
  const { membershipId, orgId, userId, version } = o
  const claimed = await db
    .insert(roleHolders)
    .values({ membershipId, orgId, userId, version: 0, joinedVersion: version })
    .onConflictDoUpdate({
      target: roleHolders.membershipId,
      set: { joinedVersion: version, version: sql`${roleHolders.version} + 1` },
      setWhere: sql`${roleHolders.joinedVersion} < ${version}`,
    })
    .returning({ membershipId: roleHolders.membershipId })
  return claimed.length > 0
}

/** After a snapshot, joinings are counted from the version it says: its history may be another one than we knew. */
export async function resetJoining(db: Queryable, o: Holder & { version: number }): Promise<void> {
  const { membershipId, orgId, userId, version } = o
  await db
    .insert(roleHolders)
    .values({ membershipId, orgId, userId, version: 0, joinedVersion: version })
    .onConflictDoUpdate({
      target: roleHolders.membershipId,
      set: { joinedVersion: version, version: sql`${roleHolders.version} + 1` },
    })
}
