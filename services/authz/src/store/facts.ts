/**
 * Reads what is known of the principals to a decision, or was known `at` a moment, under the scope of the person and
 * organization it is about.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { MemberFacts, OrganizationFacts, ServiceAccountFacts, UserFacts } from '../domain/facts.ts'
import { listMemberRoles } from './assignments.ts'
import { memberships, organizations, serviceAccounts, users, type MembershipRow } from './schema.ts'
import { listServiceAccountRoles } from './service-account-roles.ts'
import { validAt } from './validity.ts'

export async function findUserFacts(db: Queryable, userId: string, at?: Date): Promise<UserFacts | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, userId), validAt(users, at)))
  return row && { version: row.version, status: row.status, emailVerified: row.emailVerified }
}

export async function findOrganizationFacts(
  db: Queryable,
  orgId: string,
  at?: Date,
): Promise<OrganizationFacts | undefined> {
  const [row] = await db
    .select()
    .from(organizations)
    .where(and(eq(organizations.id, orgId), validAt(organizations, at)))
  return row && { version: row.version, status: row.status }
}

/** The person's membership of the organization; an active one goes before a removed one. */
export async function findMembership(
  db: Queryable,
  o: { orgId: string; userId: string; at?: Date | undefined },
): Promise<MembershipRow | undefined> {
  const [row] = await db
    .select()
    .from(memberships)
    .where(and(eq(memberships.orgId, o.orgId), eq(memberships.userId, o.userId), validAt(memberships, o.at)))
    .orderBy(sql`${memberships.status} = 'active' desc`, sql`${memberships.version} desc`)
    .limit(1)
  return row
}

export async function findMemberFacts(
  db: Queryable,
  o: { orgId: string; userId: string; at?: Date | undefined },
): Promise<MemberFacts | undefined> {
  const row = await findMembership(db, o)
  if (!row) return undefined
  const { id, version, status, isOwner, attributes } = row
  return { id, version, status, isOwner, attributes, roles: await listMemberRoles(db, { membershipId: id, at: o.at }) }
}

/** A service account of the scope's organization, or without one the platform's; deleted ones included. */
export async function findServiceAccountFacts(
  db: Queryable,
  id: string,
  at?: Date,
): Promise<ServiceAccountFacts | undefined> {
  const [row] = await db
    .select()
    .from(serviceAccounts)
    .where(and(eq(serviceAccounts.id, id), validAt(serviceAccounts, at)))
  return row && { version: row.version, status: row.status, roles: await listServiceAccountRoles(db, id, at) }
}

/** Whether the schema is there: what a replica needs before it is ready. */
export async function probeSchema(db: Queryable): Promise<void> {
  await db.select({ id: serviceAccounts.id }).from(serviceAccounts).limit(1)
}
