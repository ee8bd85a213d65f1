/** Signing keys at rest. Written by whoever holds the lock, so two replicas that start together make one key. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { desc, sql } from 'drizzle-orm'
import type { StoredSigningKey } from '../crypto/key-ring.ts'
import { signingKeys } from './schema.ts'

/** Held until the transaction ends: one process at a time decides whether a key is due. */
export async function lockSigningKeys(tx: Queryable): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('signing_keys'), hashtext(current_schema()))`)
}

/** Every key that may still matter to a verifier, newest first, and the database's time. */
export async function listSigningKeys(db: Queryable): Promise<{ keys: StoredSigningKey[]; now: Date }> {
  const rows = await db
    .select()
    .from(signingKeys)
    .where(sql`${signingKeys.publishUntil} > now()`)
    .orderBy(desc(signingKeys.signFrom))
  return { keys: rows.map((row) => ({ ...row, voidedAt: row.voidedAt ?? undefined })), now: await databaseNow(db) }
}

export async function insertSigningKey(tx: Queryable, key: StoredSigningKey): Promise<void> {
  await tx.insert(signingKeys).values({ ...key, voidedAt: null })
}

/** Ids of keys voided in an emergency whose tokens a starting gateway must refuse. */
export async function listVoidedKeyIds(db: Queryable): Promise<string[]> {
  const rows = await db.select({ id: signingKeys.id }).from(signingKeys).where(sql`${signingKeys.voidedAt} is not null`)
  return rows.map((row) => row.id)
}

async function databaseNow(db: Queryable): Promise<Date> {
  const [row] = await db.execute(sql`select extract(epoch from clock_timestamp()) * 1000 as now_ms`)
  return new Date(Number(row?.['now_ms']))
}
