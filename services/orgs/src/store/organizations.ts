/** Rows of organizations. The row is also the lock under which ownership is decided. */
import { and, asc, eq, gt, ne, sql } from 'drizzle-orm'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import type { OrganizationColors } from '@gatehouse/contracts/http/orgs/organizations'
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
  const [row] = await db
    .select()
    .from(organizations)
    .where(and(eq(organizations.id, id), ne(organizations.status, 'deleted')))
  return row
}

/** An active organization by its slug, for somebody who does not belong to it; on the system role. */
export async function findOrganizationBySlug(db: Queryable, slug: string): Promise<OrganizationRow | undefined> {
  const [row] = await db
    .select()
    .from(organizations)
    .where(and(eq(organizations.slug, slug), eq(organizations.status, 'active')))
  return row
}

/**
 * Holds the organization until the transaction ends. NO KEY UPDATE: people may join meanwhile (their foreign key takes
 * a key share), nobody may leave or change ownership.
 */
export async function lockOrganization(tx: Tx, id: string): Promise<OrganizationRow | undefined> {
  const [row] = await tx.select().from(organizations).where(eq(organizations.id, id)).for('no key update')
  return row
}

export type Profile = { name: string; slug: string; logoUrl: string | null; colors: OrganizationColors | null }

/**
 * Stores the profile under the lock on the organization. Fails on the unique constraint when another organization has
 * the slug.
 */
export async function updateProfile(tx: Tx, o: { id: string } & Profile): Promise<OrganizationRow | undefined> {
  const { id, ...profile } = o
  const [row] = await tx
    .update(organizations)
    .set({ ...profile, version: sql`${organizations.version} + 1` })
    .where(eq(organizations.id, id))
    .returning()
  return row
}

/**
 * Organizations a person belongs to, oldest first, after the one named by `afterId`: active ones, or those they own
 * that wait for their deletion.
 */
export async function listOrganizationsOf(
  db: Queryable,
  o: { userId: string; limit: number; afterId?: string | undefined; status?: 'active' | 'deleting' | undefined },
): Promise<OrganizationRow[]> {
  const rows = await db
    .select({ organization: organizations })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.orgId))
    .where(
      and(
        eq(memberships.userId, o.userId),
        eq(memberships.status, 'active'),
        eq(organizations.status, o.status ?? 'active'),
        o.status === 'deleting' ? eq(memberships.isOwner, true) : undefined,
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
