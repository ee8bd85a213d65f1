/** Rows of domains. That one organization has a domain at a time is settled by a unique index. */
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, count, desc, eq, exists, lt, ne, sql } from 'drizzle-orm'
import type { DomainCheck, DomainStatus } from '../domain/domain.ts'
import { domains, organizations, type DomainRow, type OrganizationRow } from './schema.ts'

/** The new claim, or undefined when the organization has it already. */
export async function insertDomain(
  tx: Tx,
  o: { id: string; orgId: string; name: string; proof: string },
): Promise<DomainRow | undefined> {
  const [row] = await tx
    .insert(domains)
    .values(o)
    .onConflictDoNothing({ target: [domains.orgId, domains.name] })
    .returning()
  return row
}

/** How many there are; stable only under the lock on the organization. */
export async function countDomains(tx: Tx, orgId: string): Promise<number> {
  const [row] = await tx.select({ n: count() }).from(domains).where(eq(domains.orgId, orgId))
  return row?.n ?? 0
}

export async function findDomain(db: Queryable, o: { id: string; orgId: string }): Promise<DomainRow | undefined> {
  const [row] = await db
    .select()
    .from(domains)
    .where(and(eq(domains.id, o.id), eq(domains.orgId, o.orgId)))
  return row
}

/** Newest first, before the one named by `beforeId`. */
export const listDomains = (
  db: Queryable,
  o: { orgId: string; limit: number; beforeId?: string | undefined },
): Promise<DomainRow[]> =>
  db
    .select()
    .from(domains)
    .where(and(eq(domains.orgId, o.orgId), o.beforeId === undefined ? undefined : lt(domains.id, o.beforeId)))
    .orderBy(desc(domains.id))
    .limit(o.limit)

/** The domain with another capture; undefined when it had it already. */
export async function claimCapture(
  tx: Tx,
  o: { id: string; orgId: string; capture: DomainRow['capture'] },
): Promise<DomainRow | undefined> {
  const [row] = await tx
    .update(domains)
    .set({ capture: o.capture, version: sql`${domains.version} + 1` })
    .where(and(eq(domains.id, o.id), eq(domains.orgId, o.orgId), sql`${domains.capture} <> ${o.capture}`))
    .returning()
  return row
}

export async function deleteDomain(tx: Tx, o: { id: string; orgId: string }): Promise<DomainRow | undefined> {
  const [row] = await tx
    .delete(domains)
    .where(and(eq(domains.id, o.id), eq(domains.orgId, o.orgId)))
    .returning()
  return row
}

/** The domain, held until the transaction ends, so that checks of it take turns. */
export async function lockDomain(tx: Tx, id: string): Promise<DomainRow | undefined> {
  const [row] = await tx.select().from(domains).where(eq(domains.id, id)).for('no key update')
  return row
}

/** Whether another organization has proven the name. */
export async function isTaken(tx: Tx, { id, name }: Pick<DomainRow, 'id' | 'name'>): Promise<boolean> {
  const rows = await tx
    .select({ id: domains.id })
    .from(domains)
    .where(and(eq(domains.name, name), eq(domains.status, 'verified'), ne(domains.id, id)))
  return rows.length > 0
}

/**
 * Stores what a check found; the version rises where the status changes. Fails on the unique index when another
 * organization proved it just now.
 */
export async function storeCheck(
  tx: Tx,
  o: { id: string; status: DomainStatus; missedChecks: number; lastCheck: DomainCheck; nextHours: number },
): Promise<DomainRow | undefined> {
  const [row] = await tx
    .update(domains)
    .set({
      status: o.status,
      version: sql`${domains.version} + case when ${domains.status} <> ${o.status} then 1 else 0 end`,
      lastCheck: o.lastCheck,
      missedChecks: o.missedChecks,
      checkedAt: sql`clock_timestamp()`,
      nextCheckAt: sql`clock_timestamp() + make_interval(hours => ${o.nextHours})`,
    })
    .where(eq(domains.id, o.id))
    .returning()
  return row
}

/**
 * Takes domains whose check is due, for ten minutes: no other replica checks them meanwhile. Claims nobody proved
 * within a week are left alone.
 */
export async function leaseDueDomains(system: Queryable, { limit }: { limit: number }): Promise<string[]> {
  const rows = rowsOf<{ id: string }>(
    await system.execute(sql`
      update domains set next_check_at = now() + interval '10 minutes' where id in (
        select id from domains
        where next_check_at <= now() and (status = 'verified' or created_at > now() - interval '7 days')
        order by next_check_at limit ${limit} for no key update skip locked)
      returning id`),
  )
  return rows.map(({ id }) => typeIdOf('dom', id))
}

/** The domain, while its organization is active and makes members of its people; held until the transaction ends. */
export async function holdJoiningDomain(
  tx: Tx,
  { orgId, name }: { orgId: string; name: string },
): Promise<DomainRow | undefined> {
  const isActive = exists(
    tx
      .select({ id: organizations.id })
      .from(organizations)
      .where(and(eq(organizations.id, domains.orgId), eq(organizations.status, 'active'))),
  )
  const isRule = and(eq(domains.status, 'verified'), eq(domains.capture, 'join'), isActive)
  const [row] = await tx
    .select()
    .from(domains)
    .where(and(eq(domains.orgId, orgId), eq(domains.name, name), isRule))
    .for('share')
  return row
}

/** The active organization that has proven the domain; on the system role. */
export async function findOrganizationOfDomain(
  system: Queryable,
  name: string,
): Promise<{ organization: OrganizationRow; capture: DomainRow['capture'] } | undefined> {
  const [row] = await system
    .select({ organization: organizations, capture: domains.capture })
    .from(domains)
    .innerJoin(organizations, eq(organizations.id, domains.orgId))
    .where(and(eq(domains.name, name), eq(domains.status, 'verified'), eq(organizations.status, 'active')))
  return row
}
