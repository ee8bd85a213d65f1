/**
 * Which roles service accounts hold. Changing them happens under the lock of the account's row in
 * `service_account_role_sets`.
 */
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { HeldRole } from '../domain/facts.ts'
import { toHeldRole } from './assignments.ts'
import { assignments, serviceAccountRoleSets } from './schema.ts'
import { endingNow, validAt } from './validity.ts'

const ofAccount = (id: string) => and(eq(assignments.principalType, 'service_account'), eq(assignments.principalId, id))

/** Now, or as of `at`. Expired ones included: a decision knows its own time. */
export async function listServiceAccountRoles(db: Queryable, id: string, at?: Date): Promise<HeldRole[]> {
  const { roleId, expiresAt, resourceType, resourceId } = assignments
  const rows = await db
    .select({ roleId, expiresAt, resourceType, resourceId })
    .from(assignments)
    .where(and(ofAccount(id), validAt(assignments, at)))
  return rows.map(toHeldRole)
}

/** Locks the set and gives it its next version. */
export async function lockServiceAccountRoles(
  db: Queryable,
  o: { serviceAccountId: string; orgId: string },
): Promise<{ version: number }> {
  const [row] = await db
    .insert(serviceAccountRoleSets)
    .values(o)
    .onConflictDoUpdate({
      target: serviceAccountRoleSets.serviceAccountId,
      set: { version: sql`${serviceAccountRoleSets.version} + 1` },
    })
    .returning({ version: serviceAccountRoleSets.version })
  if (row === undefined) throw new Error('The lock of a set of roles returned no row')
  return row
}

/** Gives roles for every resource; those held already stay as they are. */
export async function insertServiceAccountRoles(
  db: Queryable,
  o: { serviceAccountId: string; orgId: string; roleIds: readonly string[]; givenBy: string },
): Promise<void> {
  if (o.roleIds.length === 0) return
  const { serviceAccountId: principalId, orgId, givenBy } = o
  const rows = o.roleIds.map((roleId) => ({
    id: newId('asg'),
    scope: 'organization' as const,
    orgId,
    principalType: 'service_account' as const,
    principalId,
    roleId,
    givenBy,
  }))
  await db.insert(assignments).values(rows).onConflictDoNothing()
}

/** Takes roles that are held for every resource; without `roleIds` everything that is held. */
export async function endServiceAccountRoles(
  db: Queryable,
  o: { serviceAccountId: string; roleIds?: readonly string[] },
): Promise<void> {
  const only =
    o.roleIds === undefined
      ? undefined
      : and(inArray(assignments.roleId, [...o.roleIds]), isNull(assignments.resourceType))
  await db
    .update(assignments)
    .set({ validTo: endingNow(assignments.validFrom) })
    .where(and(ofAccount(o.serviceAccountId), isNull(assignments.validTo), only))
}
