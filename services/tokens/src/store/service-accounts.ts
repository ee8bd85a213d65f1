/**
 * Service accounts of an organization. A change is one conditional UPDATE that gives the next version; disabling and
 * deleting raise the floor to it, so every access token of before is void. What was deleted is found by nobody but the
 * snapshot of floors.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, asc, desc, eq, gt, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import { serviceAccounts } from './schema.ts'

export type ServiceAccount = typeof serviceAccounts.$inferSelect

const exists = ne(serviceAccounts.status, 'deleted')
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

export async function findServiceAccount(tx: Queryable, id: string): Promise<ServiceAccount | undefined> {
  const [row] = await tx
    .select()
    .from(serviceAccounts)
    .where(and(eq(serviceAccounts.id, id), exists))
  return row
}

/** The account, locked until the transaction ends: its keys are counted and made by one at a time. */
export async function lockServiceAccount(tx: Queryable, id: string): Promise<ServiceAccount | undefined> {
  const [row] = await tx
    .select()
    .from(serviceAccounts)
    .where(and(eq(serviceAccounts.id, id), exists))
    .for('update')
  return row
}

/** Newest first; ids grow with creation time. */
export async function listServiceAccounts(
  tx: Queryable,
  o: { orgId: string; limit: number; beforeId: string | undefined },
): Promise<ServiceAccount[]> {
  const rest = o.beforeId === undefined ? undefined : lt(serviceAccounts.id, o.beforeId)
  return await tx
    .select()
    .from(serviceAccounts)
    .where(and(eq(serviceAccounts.orgId, o.orgId), exists, rest))
    .orderBy(desc(serviceAccounts.id))
    .limit(o.limit)
}

/** The next version, or undefined when nothing of this would change or the account is not there. */
export async function claimServiceAccountUpdate(
  tx: Queryable,
  o: { id: string; name: string | undefined; status: 'active' | 'disabled' | undefined },
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
        minVersion: sql`case when ${serviceAccounts.status} = 'disabled' then ${serviceAccounts.minVersion} else ${next} end`,
        floorChangedAt: sql`case when ${serviceAccounts.status} = 'disabled' then ${serviceAccounts.floorChangedAt} else clock_timestamp() end`,
      }),
    })
    .where(and(eq(serviceAccounts.id, o.id), exists, or(...differs)))
    .returning()
  return row
}

/** The tombstone; undefined when somebody was faster or it is not there. */
export async function claimServiceAccountDeletion(tx: Queryable, id: string): Promise<ServiceAccount | undefined> {
  const [row] = await tx
    .update(serviceAccounts)
    .set({ ...changed, ...voiding, status: 'deleted' })
    .where(and(eq(serviceAccounts.id, id), exists))
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
