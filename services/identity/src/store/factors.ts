/**
 * Second factors of people. A code's step and a recovery code are each spent by one conditional statement; whoever
 * changes a set gets its new version to announce.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { SealedRow } from '@gatehouse/service-kit/secrets/reseal'
import { and, asc, count, eq, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import { factorSets, passkeys, recoveryCodes, totpFactors } from './schema.ts'

/** Takes the lock of the person, as every attempt to sign in with a factor does. Database time. */
export async function lockPerson(tx: Queryable, userId: string): Promise<Date | undefined> {
  const [row] = rowsOf<{ now_ms: string }>(
    await tx.execute(sql`
      select floor(extract(epoch from clock_timestamp()) * 1000) as now_ms from users
      where id = ${uuidOf(userId, 'user')} and status = 'active' for no key update`),
  )
  return row && new Date(Number(row.now_ms))
}

/** The new version of the person's factors. */
export async function nextFactorsVersion(tx: Queryable, userId: string): Promise<number> {
  const [row] = await tx
    .insert(factorSets)
    .values({ userId })
    .onConflictDoUpdate({ target: factorSets.userId, set: { version: sql`${factorSets.version} + 1` } })
    .returning({ version: factorSets.version })
  if (row === undefined) throw new Error('The factors of a person have no version')
  return row.version
}

export type FactorList = {
  totp: { enrolledAt: Date; lastUsedAt: Date | null } | undefined
  passkeys: number
  recoveryCodesLeft: number
}

/** In one statement: each sign-in asks. */
export async function listFactors(db: Queryable, userId: string): Promise<FactorList> {
  const id = sql`${uuidOf(userId, 'user')}::uuid`
  const [row] = await db
    .select({
      enrolledAt: totpFactors.confirmedAt,
      lastUsedAt: totpFactors.lastUsedAt,
      passkeys: sql<number>`(select count(*)::int from ${passkeys} p where p.user_id = ${id})`,
      recoveryCodesLeft: sql<number>`(
        select count(*)::int from ${recoveryCodes} c where c.user_id = ${id} and c.used_at is null)`,
    })
    .from(sql`(select ${id} as id) person`)
    .leftJoin(totpFactors, and(sql`${totpFactors.userId} = person.id`, isNotNull(totpFactors.confirmedAt)))
  return {
    totp: row?.enrolledAt ? { enrolledAt: row.enrolledAt, lastUsedAt: row.lastUsedAt } : undefined,
    passkeys: row?.passkeys ?? 0,
    recoveryCodesLeft: row?.recoveryCodesLeft ?? 0,
  }
}

/** Of these people, those who have an app for codes or a passkey. */
export async function listPeopleWithFactor(db: Queryable, userIds: readonly string[]): Promise<Set<string>> {
  if (userIds.length === 0) return new Set()
  const confirmed = and(inArray(totpFactors.userId, [...userIds]), isNotNull(totpFactors.confirmedAt))
  const rows = await db
    .select({ userId: totpFactors.userId })
    .from(totpFactors)
    .where(confirmed)
    .union(
      db
        .select({ userId: passkeys.userId })
        .from(passkeys)
        .where(inArray(passkeys.userId, [...userIds])),
    )
  return new Set(rows.map(({ userId }) => userId))
}

/** An enrollment takes the place of one that was not confirmed. False when there is a confirmed one. */
export async function insertTotp(
  db: Queryable,
  { userId, sealed }: { userId: string; sealed: string },
): Promise<boolean> {
  const rows = await db
    .insert(totpFactors)
    .values({ userId, secretEncrypted: sealed })
    .onConflictDoUpdate({
      target: totpFactors.userId,
      set: { secretEncrypted: sealed, createdAt: sql`now()` },
      setWhere: isNull(totpFactors.confirmedAt),
    })
    .returning({ userId: totpFactors.userId })
  return rows.length === 1
}

/** How long an enrollment waits for its first code. */
const confirmWithin = sql`interval '1 hour'`

export type StoredTotp = { sealed: string; isConfirmed: boolean }

/** The authenticator app of a person, also one that still waits for its first code. */
export async function findTotp(db: Queryable, userId: string): Promise<StoredTotp | undefined> {
  const [row] = await db
    .select({ sealed: totpFactors.secretEncrypted, confirmedAt: totpFactors.confirmedAt })
    .from(totpFactors)
    .where(
      and(
        eq(totpFactors.userId, userId),
        sql`(${totpFactors.confirmedAt} is not null or ${totpFactors.createdAt} > now() - ${confirmWithin})`,
      ),
    )
  return row && { sealed: row.sealed, isConfirmed: row.confirmedAt !== null }
}

type Step = { userId: string; sealed: string; step: number }

/** Confirms the enrollment of this secret; its code is spent with it. */
export async function claimTotpEnrollment(db: Queryable, { userId, sealed, step }: Step): Promise<boolean> {
  const rows = await db
    .update(totpFactors)
    .set({ confirmedAt: sql`now()`, lastStep: step })
    .where(
      and(eq(totpFactors.userId, userId), eq(totpFactors.secretEncrypted, sealed), isNull(totpFactors.confirmedAt)),
    )
    .returning({ userId: totpFactors.userId })
  return rows.length === 1
}

/** Spends a time step; false when it or a later one was spent before. */
export async function claimTotpStep(db: Queryable, { userId, sealed, step }: Step): Promise<boolean> {
  const rows = await db
    .update(totpFactors)
    .set({ lastStep: step, lastUsedAt: sql`now()` })
    .where(
      and(
        eq(totpFactors.userId, userId),
        eq(totpFactors.secretEncrypted, sealed),
        isNotNull(totpFactors.confirmedAt),
        sql`${totpFactors.lastStep} < ${step}`,
      ),
    )
    .returning({ userId: totpFactors.userId })
  return rows.length === 1
}

/** Secrets of authenticator apps, of people after `afterId`, that another key-encryption key seals. */
export async function listTotpSealedOtherwise(
  db: Queryable,
  o: { keyId: string; afterId: string | undefined; limit: number },
): Promise<SealedRow[]> {
  return await db
    .select({ id: totpFactors.userId, sealed: totpFactors.secretEncrypted })
    .from(totpFactors)
    .where(
      and(
        sql`split_part(${totpFactors.secretEncrypted}, '.', 2) <> ${o.keyId}`,
        o.afterId === undefined ? undefined : gt(totpFactors.userId, o.afterId),
      ),
    )
    .orderBy(asc(totpFactors.userId))
    .limit(o.limit)
}

/** Takes the lock of the person first: an attempt that has read the secret finds it again when it spends its step. */
export async function replaceSealedTotp(db: Queryable, { id, sealed }: SealedRow, to: string): Promise<void> {
  await db.execute(sql`
    with person as materialized (select id from users where id = ${uuidOf(id, 'user')} for no key update)
    update totp_factors set secret_encrypted = ${to}
    where user_id in (select id from person) and secret_encrypted = ${sealed}`)
}

/** False when there was no confirmed one. */
export async function deleteTotp(db: Queryable, userId: string): Promise<boolean> {
  const rows = await db
    .delete(totpFactors)
    .where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)))
    .returning({ userId: totpFactors.userId })
  return rows.length === 1
}

/** Takes away every second factor, with the recovery codes. */
export async function deleteFactors(db: Queryable, userId: string): Promise<void> {
  await db.delete(totpFactors).where(eq(totpFactors.userId, userId))
  await db.delete(passkeys).where(eq(passkeys.userId, userId))
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
}

/** Spends a recovery code; false when it is none of the person's or was spent before. */
export async function claimRecoveryCode(
  db: Queryable,
  { userId, codeHash }: { userId: string; codeHash: Buffer },
): Promise<boolean> {
  const rows = await db
    .update(recoveryCodes)
    .set({ usedAt: sql`now()` })
    .where(and(eq(recoveryCodes.userId, userId), eq(recoveryCodes.codeHash, codeHash), isNull(recoveryCodes.usedAt)))
    .returning({ userId: recoveryCodes.userId })
  return rows.length === 1
}

/** How many are left to use. */
export async function countRecoveryCodes(db: Queryable, userId: string): Promise<number> {
  const [row] = await db
    .select({ left: count() })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)))
  return row?.left ?? 0
}

/** Whether there is a set, used up or not. */
export async function hadRecoveryCodes(db: Queryable, userId: string): Promise<boolean> {
  const rows = await db
    .select({ at: recoveryCodes.createdAt })
    .from(recoveryCodes)
    .where(eq(recoveryCodes.userId, userId))
    .limit(1)
  return rows.length > 0
}

/** The new set takes the place of every earlier code; an empty one leaves none. */
export async function replaceRecoveryCodes(
  db: Queryable,
  { userId, hashes }: { userId: string; hashes: readonly Buffer[] },
): Promise<void> {
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId))
  if (hashes.length > 0) await db.insert(recoveryCodes).values(hashes.map((codeHash) => ({ userId, codeHash })))
}
