/** Rows of organizations. The row is also the lock under which ownership is decided. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { memberships, organizations, type OrganizationRow } from './schema.ts'

/** The new organization, or undefined when the slug is taken. */
export async function insertOrganization(
  tx: Tx,
  o: { id: string; name: string; slug: string; createdBy: string },
): Promise<OrganizationRow | undefined> {
  const [row] = await tx.insert(organizations).values(o).onConflictDoNothing({ target: organizations.slug }).returning()
  return row
}

export async function findOrganization(db: Queryable, id: string): Promise<OrganizationRow | undefined> {
  const [row] = await db.select().from(organizations).where(eq(organizations.id, id))
  return row
}

/**
 * Holds the organization until the transaction ends. NO KEY UPDATE: people may join meanwhile (their foreign key takes a key share),
 * nobody may leave or change ownership.
 */
export async function lockOrganization(tx: Tx, id: string): Promise<OrganizationRow | undefined> {
  const [row] = await tx.select().from(organizations).where(eq(organizations.id, id)).for('no key update')
  return row
}

/** The organization under its new name, or undefined when it already had it (or is not there). */
export async function claimRename(tx: Tx, o: { id: string; name: string }): Promise<OrganizationRow | undefined> {
  const [row] = await tx
    .update(organizations)
    .set({ name: o.name, version: sql`${organizations.version} + 1` })
    .where(and(eq(organizations.id, o.id), sql`${organizations.name} <> ${o.name}`))
    .returning()
  return row
}

/** Active organizations a person belongs to, oldest first, after the one named by `afterId`. */
export async function listOrganizationsOf(
  db: Queryable,
  o: { userId: string; limit: number; afterId?: string | undefined },
): Promise<OrganizationRow[]> {
  const rows = await db
    .select({ organization: organizations })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.orgId))
    .where(
      and(
        eq(memberships.userId, o.userId),
        eq(memberships.status, 'active'),
        eq(organizations.status, 'active'),
        o.afterId === undefined ? undefined : gt(memberships.orgId, o.afterId),
      ),
    )
    .orderBy(asc(memberships.orgId))
    .limit(o.limit)
  return rows.map((row) => row.organization)
}

/** Fails while the tables this code needs are not there. */
export async function probeSchema(db: Queryable): Promise<void> {
  try {
    await db.select().from(organizations).limit(0)
  } catch (error) {
    throw new Error(describeFailure(error), { cause: error })
  }
}
