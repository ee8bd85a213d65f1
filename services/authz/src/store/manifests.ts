/** Everything of an organization's own that its document speaks of, as rows, read in the caller's transaction. */
import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import {
  assignments,
  groupMembers,
  groups,
  memberships,
  policies,
  roles,
  type AssignmentRow,
  type GroupRow,
  type RoleRow,
} from './schema.ts'
import { writtenPolicy, type WrittenPolicyRow } from './policies.ts'

export type OwnRows = {
  readonly roles: readonly RoleRow[]
  readonly policies: readonly WrittenPolicyRow[]
  readonly groups: readonly GroupRow[]
  readonly members: readonly { groupId: string; userId: string }[]
  /** Of people and groups. */
  readonly assignments: readonly AssignmentRow[]
}

export async function listOwnRows(db: Queryable, orgId: string): Promise<OwnRows> {
  return {
    roles: await db
      .select()
      .from(roles)
      .where(and(eq(roles.orgId, orgId), isNull(roles.validTo))),
    policies: await db
      .select(writtenPolicy)
      .from(policies)
      .where(and(eq(policies.orgId, orgId), isNull(policies.validTo))),
    groups: await db
      .select()
      .from(groups)
      .where(and(eq(groups.orgId, orgId), isNull(groups.validTo))),
    members: await db
      .select({ groupId: groupMembers.groupId, userId: groupMembers.userId })
      .from(groupMembers)
      .where(and(eq(groupMembers.orgId, orgId), isNull(groupMembers.validTo))),
    assignments: await db
      .select()
      .from(assignments)
      .where(
        and(
          eq(assignments.orgId, orgId),
          inArray(assignments.principalType, ['user', 'group']),
          isNull(assignments.validTo),
        ),
      ),
  }
}

/** Memberships of those of these people who are members, by person. */
export async function listActiveMembershipIds(
  db: Queryable,
  o: { orgId: string; userIds: readonly string[] },
): Promise<Map<string, string>> {
  if (o.userIds.length === 0) return new Map()
  const rows = await db
    .select({ id: memberships.id, userId: memberships.userId })
    .from(memberships)
    .where(
      and(
        eq(memberships.orgId, o.orgId),
        inArray(memberships.userId, [...o.userIds]),
        eq(memberships.status, 'active'),
        isNull(memberships.validTo),
      ),
    )
  return new Map(rows.map(({ id, userId }) => [userId, id]))
}
