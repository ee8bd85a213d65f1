/** Signing keys at rest. Written by whoever holds the lock, so two replicas that start together make one key. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { SealedRow } from '@gatehouse/service-kit/secrets/reseal'
import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { StoredSigningKey } from '../crypto/key-ring.ts'
import type { KeySpan, SigningAlg } from '../domain/signing-key-plan.ts'
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

/** Those of the algorithm that would sign or stay published for longer end with `before`. */
export async function retireSigningKeys(
  tx: Queryable,
  o: { alg: SigningAlg; before: Pick<KeySpan, 'signUntil' | 'publishUntil'> },
): Promise<void> {
  await tx
    .update(signingKeys)
    .set(o.before)
    .where(and(eq(signingKeys.alg, o.alg), isNull(signingKeys.voidedAt), gt(signingKeys.signUntil, o.before.signUntil)))
}

/** `same`: voided before. */
export async function voidSigningKey(tx: Queryable, id: string): Promise<'voided' | 'same' | 'unknown'> {
  const rows = await tx
    .update(signingKeys)
    .set({ voidedAt: sql`clock_timestamp()` })
    .where(and(eq(signingKeys.id, id), isNull(signingKeys.voidedAt)))
    .returning({ id: signingKeys.id })
  if (rows.length === 1) return 'voided'
  const known = await tx.select({ id: signingKeys.id }).from(signingKeys).where(eq(signingKeys.id, id))
  return known.length === 1 ? 'same' : 'unknown'
}

/** Private keys, retired ones too, that another key-encryption key seals. */
export async function listKeysSealedOtherwise(
  db: Queryable,
  o: { keyId: string; afterId: string | undefined; limit: number },
): Promise<SealedRow[]> {
  return await db
    .select({ id: signingKeys.id, sealed: signingKeys.privateJwkEncrypted })
    .from(signingKeys)
    .where(
      and(
        sql`split_part(${signingKeys.privateJwkEncrypted}, '.', 2) <> ${o.keyId}`,
        o.afterId === undefined ? undefined : gt(signingKeys.id, o.afterId),
      ),
    )
    .orderBy(asc(signingKeys.id))
    .limit(o.limit)
}

export async function replaceSealedKey(db: Queryable, { id, sealed }: SealedRow, to: string): Promise<void> {
  await db
    .update(signingKeys)
    .set({ privateJwkEncrypted: to })
    .where(and(eq(signingKeys.id, id), eq(signingKeys.privateJwkEncrypted, sealed)))
}

/** Ids of keys voided in an emergency whose tokens a starting gateway must refuse. */
export async function listVoidedKeyIds(db: Queryable): Promise<string[]> {
  const rows = await db
    .select({ id: signingKeys.id })
    .from(signingKeys)
    .where(sql`${signingKeys.voidedAt} is not null`)
  return rows.map((row) => row.id)
}

/** Voids every key that was not voided yet; their ids. */
export async function claimAllKeyVoids(tx: Queryable): Promise<string[]> {
  const rows = await tx
    .update(signingKeys)
    .set({ voidedAt: sql`clock_timestamp()` })
    .where(isNull(signingKeys.voidedAt))
    .returning({ id: signingKeys.id })
  return rows.map((row) => row.id)
}

/** Takes note of the spine's epoch; false when it is the one already known. */
export async function claimNewEpoch(tx: Queryable): Promise<boolean> {
  const changed = await tx.execute(
    sql`update known_epoch k set epoch = h.epoch from spine_head h where k.epoch <> h.epoch returning k.epoch`,
  )
  return changed.length > 0
}

async function databaseNow(db: Queryable): Promise<Date> {
  const [row] = await db.execute(sql`select extract(epoch from clock_timestamp()) * 1000 as now_ms`)
  return new Date(Number(row?.['now_ms']))
}
