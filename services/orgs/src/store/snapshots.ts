/** The whole state in batches, for readers that begin anew; the caller's transaction makes all batches one moment. */
import { asc, gt, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { memberships, organizations, type MembershipRow, type OrganizationRow } from './schema.ts'

const batchSize = 1000

/** Every organization, in order of id. */
export async function* eachOrganization(db: Queryable): AsyncGenerator<OrganizationRow> {
  let after: string | undefined
  for (;;) {
    const where = after === undefined ? undefined : gt(organizations.id, after)
    const rows = await db.select().from(organizations).where(where).orderBy(asc(organizations.id)).limit(batchSize)
    yield* rows
    if (rows.length < batchSize) return
    after = rows.at(-1)?.id
  }
}

/** Every membership, removed ones included: a reader must know that somebody is gone. */
export async function* eachMembership(db: Queryable): AsyncGenerator<MembershipRow> {
  let after: string | undefined
  for (;;) {
    const where = after === undefined ? undefined : gt(memberships.id, after)
    const rows = await db.select().from(memberships).where(where).orderBy(asc(memberships.id)).limit(batchSize)
    yield* rows
    if (rows.length < batchSize) return
    after = rows.at(-1)?.id
  }
}

/**
 * Floors raised within the last 10 minutes of database time: twice the life of an access token, so no live token is
 * missed.
 */
export async function listRecentFloors(
  db: Queryable,
): Promise<{ kind: 'organization' | 'membership'; id: string; minVersion: number }[]> {
  const recent = (column: typeof organizations.floorChangedAt | typeof memberships.floorChangedAt) =>
    sql`${column} > now() - interval '10 minutes'`
  const ofOrganizations = await db
    .select({ id: organizations.id, minVersion: organizations.minVersion })
    .from(organizations)
    .where(recent(organizations.floorChangedAt))
  const ofMemberships = await db
    .select({ id: memberships.id, minVersion: memberships.minVersion })
    .from(memberships)
    .where(recent(memberships.floorChangedAt))
  return [
    ...ofOrganizations.map((row) => ({ kind: 'organization' as const, ...row })),
    ...ofMemberships.map((row) => ({ kind: 'membership' as const, ...row })),
  ]
}
