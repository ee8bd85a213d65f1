/**
 * API keys, stored by hash. They only ever go from active to revoked, by one conditional UPDATE that raises the floor
 * of their access tokens.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, count, desc, eq, isNull, lt, sql } from 'drizzle-orm'
import { apiKeys, organizationStates, serviceAccounts } from './schema.ts'
import type { ServiceAccount } from './service-accounts.ts'

export type ApiKey = typeof apiKeys.$inferSelect
/** As listed: whether it has expired is the database's to say. */
export type ListedApiKey = ApiKey & { isExpired: boolean }

const isExpired = sql<boolean>`${apiKeys.expiresAt} <= now()`

export async function insertApiKey(
  tx: Queryable,
  key: Pick<
    ApiKey,
    'id' | 'orgId' | 'serviceAccountId' | 'name' | 'hash' | 'prefix' | 'last4' | 'permissions' | 'createdBy'
  > & { lifetimeDays: number },
): Promise<ApiKey> {
  const { lifetimeDays, ...given } = key
  const [row] = await tx
    .insert(apiKeys)
    .values({
      ...given,
      status: 'active',
      version: 1,
      minVersion: 0,
      createdAt: sql`now()`,
      expiresAt: sql`now() + make_interval(days => ${lifetimeDays})`,
    })
    .returning()
  return row as ApiKey
}

/** How many keys of the account still open something. */
export async function countLiveApiKeys(tx: Queryable, serviceAccountId: string): Promise<number> {
  const [row] = await tx
    .select({ n: count() })
    .from(apiKeys)
    .where(and(eq(apiKeys.serviceAccountId, serviceAccountId), eq(apiKeys.status, 'active'), sql`not ${isExpired}`))
  return row?.n ?? 0
}

/** Newest first; ids grow with creation time. */
export async function listApiKeys(
  tx: Queryable,
  o: { serviceAccountId: string; createdBy: string | undefined; limit: number; beforeId: string | undefined },
): Promise<ListedApiKey[]> {
  const rows = await tx
    .select({ key: apiKeys, isExpired })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.serviceAccountId, o.serviceAccountId),
        o.beforeId === undefined ? undefined : lt(apiKeys.id, o.beforeId),
        o.createdBy === undefined ? undefined : eq(apiKeys.createdBy, o.createdBy),
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(o.limit)
  return rows.map((row) => ({ ...row.key, isExpired: row.isExpired }))
}

export async function findApiKey(
  tx: Queryable,
  o: { id: string; serviceAccountId: string },
): Promise<ApiKey | undefined> {
  const [row] = await tx
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.id, o.id), eq(apiKeys.serviceAccountId, o.serviceAccountId)))
  return row
}

/** Revokes the key if it is still active; undefined when somebody was faster or it is not there. */
export async function claimApiKeyRevocation(
  tx: Queryable,
  o: { id: string; serviceAccountId: string },
): Promise<ApiKey | undefined> {
  const next = sql`${apiKeys.version} + 1`
  const [row] = await tx
    .update(apiKeys)
    .set({ status: 'revoked', version: next, minVersion: next, floorChangedAt: sql`clock_timestamp()` })
    .where(and(eq(apiKeys.id, o.id), eq(apiKeys.serviceAccountId, o.serviceAccountId), eq(apiKeys.status, 'active')))
    .returning()
  return row
}

/**
 * Says which key the live key `id` is rotated to and ends its life with the overlap; undefined when it opens nothing
 * any more or was rotated before. An overlap never makes its life longer.
 */
export async function claimApiKeyReplacement(
  tx: Queryable,
  o: { id: string; serviceAccountId: string; replacedBy: string; overlapHours: number },
): Promise<ApiKey | undefined> {
  const [row] = await tx
    .update(apiKeys)
    .set({
      replacedBy: o.replacedBy,
      expiresAt: sql`least(${apiKeys.expiresAt}, now() + make_interval(hours => ${o.overlapHours}))`,
      version: sql`${apiKeys.version} + 1`,
    })
    .where(
      and(
        eq(apiKeys.id, o.id),
        eq(apiKeys.serviceAccountId, o.serviceAccountId),
        eq(apiKeys.status, 'active'),
        isNull(apiKeys.replacedBy),
        sql`not ${isExpired}`,
      ),
    )
    .returning()
  return row
}

/** A key with everything that decides whether it opens anything, and the database's time. */
export type KeyOnOffer = {
  key: Pick<ApiKey, 'id' | 'version' | 'status' | 'permissions' | 'createdAt' | 'expiresAt' | 'lastUsedAt'>
  account: Pick<ServiceAccount, 'id' | 'orgId' | 'version' | 'status'>
  organization: { version: number; status: string } | null
  now: Date
}

/**
 * Asked by the system role: before this nobody knows whose key it is. Key and account stay as they are until the
 * transaction ends. A key of the platform comes with the organization that is asked for.
 */
export async function lockApiKeyByHash(
  tx: Queryable,
  { hash, organizationId }: { hash: Buffer; organizationId: string | undefined },
): Promise<KeyOnOffer | undefined> {
  const asked = organizationId === undefined ? null : uuidOf(organizationId, 'org')
  const [row] = await tx
    .select({
      key: {
        id: apiKeys.id,
        version: apiKeys.version,
        status: apiKeys.status,
        permissions: apiKeys.permissions,
        createdAt: apiKeys.createdAt,
        expiresAt: apiKeys.expiresAt,
        lastUsedAt: apiKeys.lastUsedAt,
      },
      account: {
        id: serviceAccounts.id,
        orgId: serviceAccounts.orgId,
        version: serviceAccounts.version,
        status: serviceAccounts.status,
      },
      organization: { version: organizationStates.version, status: organizationStates.status },
      nowMs: sql<string>`extract(epoch from clock_timestamp()) * 1000`,
    })
    .from(apiKeys)
    .innerJoin(serviceAccounts, eq(serviceAccounts.id, apiKeys.serviceAccountId))
    .leftJoin(organizationStates, sql`${organizationStates.id} = coalesce(${apiKeys.orgId}, ${asked}::uuid)`)
    .where(eq(apiKeys.hash, hash))
    .for('share', { of: [apiKeys, serviceAccounts] })
  if (row === undefined) return undefined
  const { nowMs, ...rest } = row
  return { ...rest, now: new Date(Number(nowMs)) }
}

/**
 * Notes a use, at most once in `everySeconds`: it tells people which keys are still needed and decides nothing. A key
 * another use holds is left alone.
 */
export async function noteApiKeyUse(db: Queryable, o: { id: string; everySeconds: number }): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(apiKeys.id, o.id),
        sql`coalesce(${apiKeys.lastUsedAt}, '-infinity') < now() - make_interval(secs => ${o.everySeconds})`,
      ),
    )
}

/** Keys revoked within the last `seconds`: what a starting gateway must know. */
export async function listRecentKeyFloors(
  db: Queryable,
  seconds: number,
): Promise<Pick<ApiKey, 'id' | 'minVersion'>[]> {
  return await db
    .select({ id: apiKeys.id, minVersion: apiKeys.minVersion })
    .from(apiKeys)
    .where(sql`${apiKeys.floorChangedAt} > now() - make_interval(secs => ${seconds})`)
}
