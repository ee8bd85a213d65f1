/**
 * Service accounts of an organization, or of the platform. A change is one conditional UPDATE that gives the next
 * version; disabling and deleting raise the floor to it, so every access token of before is void. What was deleted is
 * found by nobody but the snapshot of floors.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, asc, desc, eq, gt, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Owner } from './oauth-clients.ts'
import { platformAccountUses, serviceAccounts } from './schema.ts'

export type ServiceAccount = typeof serviceAccounts.$inferSelect

const exists = ne(serviceAccounts.status, 'deleted')
const ofOwner = ({ orgId }: Owner) =>
  orgId === null ? isNull(serviceAccounts.orgId) : eq(serviceAccounts.orgId, orgId)
const isWanted = (o: Owner & { id: string }) => and(eq(serviceAccounts.id, o.id), ofOwner(o), exists)
const next = sql`${serviceAccounts.version} + 1`
const changed = { version: next, updatedAt: sql`clock_timestamp()` }
const voiding = { minVersion: next, floorChangedAt: sql`clock_timestamp()` }

export async function insertServiceAccount(
  tx: Queryable,
  account: Pick<ServiceAccount, 'id' | 'orgId' | 'name' | 'createdBy'>,
): Promise<ServiceAccount> {
  const [row] = await tx
    .insert(serviceAccounts)
    .values({ ...account, status: 'active', version: 1, minVersion: 0, createdAt: sql`now()`, updatedAt: sql`now()` })
    .returning()
  return row as ServiceAccount
}

export async function findServiceAccount(
  tx: Queryable,
  wanted: Owner & { id: string },
): Promise<ServiceAccount | undefined> {
  const [row] = await tx.select().from(serviceAccounts).where(isWanted(wanted))
  return row
}

/** The account, locked until the transaction ends: its keys are counted and made by one at a time. */
export async function lockServiceAccount(
  tx: Queryable,
  wanted: Owner & { id: string },
): Promise<ServiceAccount | undefined> {
  const [row] = await tx.select().from(serviceAccounts).where(isWanted(wanted)).for('update')
  return row
}

/** Newest first; ids grow with creation time. */
export async function listServiceAccounts(
  tx: Queryable,
  o: Owner & { limit: number; beforeId: string | undefined },
): Promise<ServiceAccount[]> {
  const rest = o.beforeId === undefined ? undefined : lt(serviceAccounts.id, o.beforeId)
  return await tx
    .select()
    .from(serviceAccounts)
    .where(and(ofOwner(o), exists, rest))
    .orderBy(desc(serviceAccounts.id))
    .limit(o.limit)
}

/** The next version, or undefined when nothing of this would change or the account is not there. */
export async function claimServiceAccountUpdate(
  tx: Queryable,
  o: Owner & { id: string; name: string | undefined; status: 'active' | 'disabled' | undefined },
): Promise<ServiceAccount | undefined> {
  const differs: SQL[] = []
  if (o.name !== undefined) differs.push(ne(serviceAccounts.name, o.name))
  if (o.status !== undefined) differs.push(ne(serviceAccounts.status, o.status))
  const [row] = await tx
    .update(serviceAccounts)
    .set({
      ...changed,
      ...(o.name !== undefined && { name: o.name }),
      ...(o.status !== undefined && { status: o.status }),
      ...(o.status === 'disabled' && {
        minVersion: sql`case when ${serviceAccounts.status} = 'disabled' then ${serviceAccounts.minVersion}
          else ${next} end`,
        floorChangedAt: sql`case when ${serviceAccounts.status} = 'disabled' then ${serviceAccounts.floorChangedAt}
          else clock_timestamp() end`,
      }),
    })
    .where(and(isWanted(o), or(...differs)))
    .returning()
  return row
}

/** The tombstone; undefined when somebody was faster or it is not there. */
export async function claimServiceAccountDeletion(
  tx: Queryable,
  wanted: Owner & { id: string },
): Promise<ServiceAccount | undefined> {
  const [row] = await tx
    .update(serviceAccounts)
    .set({ ...changed, ...voiding, status: 'deleted' })
    .where(isWanted(wanted))
    .returning()
  return row
}

/** In pages by id, for a snapshot. */
export async function listAllServiceAccounts(
  db: Queryable,
  o: { afterId: string | undefined; limit: number },
): Promise<ServiceAccount[]> {
  return await db
    .select()
    .from(serviceAccounts)
    .where(and(exists, o.afterId === undefined ? undefined : gt(serviceAccounts.id, o.afterId)))
    .orderBy(asc(serviceAccounts.id))
    .limit(o.limit)
}

/** Accounts whose floor moved within the last `seconds`: what a starting gateway must know. */
export async function listRecentAccountFloors(
  db: Queryable,
  seconds: number,
): Promise<Pick<ServiceAccount, 'id' | 'minVersion'>[]> {
  return await db
    .select({ id: serviceAccounts.id, minVersion: serviceAccounts.minVersion })
    .from(serviceAccounts)
    .where(sql`${serviceAccounts.floorChangedAt} > now() - make_interval(secs => ${seconds})`)
}

/** Whether this is the first use for the organization today, by the database's day in UTC. */
export async function claimFirstUseToday(
  system: Queryable,
  o: { serviceAccountId: string; orgId: string },
): Promise<boolean> {
  const usedOn = sql<string>`(now() at time zone 'utc')::date`
  const claimed = await system
    .insert(platformAccountUses)
    .values({ ...o, usedOn })
    .onConflictDoUpdate({
      target: [platformAccountUses.serviceAccountId, platformAccountUses.orgId],
      set: { usedOn },
      setWhere: sql`${platformAccountUses.usedOn} < excluded.used_on`,
    })
    .returning({ orgId: platformAccountUses.orgId })
  return claimed.length > 0
}

/** With the account itself. */
export async function deleteUsesOf(system: Queryable, serviceAccountId: string): Promise<void> {
  await system.delete(platformAccountUses).where(eq(platformAccountUses.serviceAccountId, serviceAccountId))
}
