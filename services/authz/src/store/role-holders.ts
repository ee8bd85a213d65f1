/** Members by the roles they hold. */
import { and, eq, exists, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { assignments, groupMembers, memberships } from './schema.ts'

/** Of these memberships, those that hold one of the roles at `now`: theirs, of a group, with `withOwners` as owners. */
export async function listRoleHolders(
  db: Queryable,
  o: {
    orgId: string
    membershipIds: readonly string[]
    roleIds: readonly string[]
    /** Whether a role counts that is held for one resource. */
    forSomeResources: boolean
    withOwners: boolean
    now: Date
  },
): Promise<string[]> {
  const givesRole = and(
    inArray(assignments.roleId, [...o.roleIds]),
    o.forSomeResources ? undefined : isNull(assignments.resourceType),
    isNull(assignments.validTo),
    sql`(${assignments.expiresAt} is null or ${assignments.expiresAt} > ${o.now.toISOString()}::timestamptz)`,
  )
  const own = db
    .select({ id: assignments.id })
    .from(assignments)
    .where(and(eq(assignments.membershipId, memberships.id), givesRole))
  const ofGroups = db
    .select({ id: assignments.id })
    .from(groupMembers)
    .innerJoin(
      assignments,
      and(eq(assignments.principalType, 'group'), sql`${assignments.principalId} = ${groupMembers.groupId}`, givesRole),
    )
    .where(and(eq(groupMembers.membershipId, memberships.id), isNull(groupMembers.validTo)))
  const asOwner = o.withOwners ? eq(memberships.isOwner, true) : undefined
  const rows = await db
    .select({ id: memberships.id })
    .from(memberships)
    .where(
      and(
        eq(memberships.orgId, o.orgId),
        isNull(memberships.validTo),
        ne(memberships.status, 'removed'),
        inArray(memberships.id, [...o.membershipIds]),
        or(exists(own), exists(ofGroups), asOwner),
      ),
    )
  return rows.map(({ id }) => id)
}
