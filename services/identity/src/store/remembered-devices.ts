/**
 * Devices that are spared the second factor. A person has a bounded number of them; whatever changes their factors or
 * password deletes all in the same transaction, under the lock of the person that a new one is stored under.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, desc, eq, gt, sql } from 'drizzle-orm'
import { rememberedDevices } from './schema.ts'

export type RememberedDevice = typeof rememberedDevices.$inferSelect

/** The one that was used longest ago makes room. */
const mostPerPerson = 20

type NewDevice = {
  id: string
  userId: string
  secretHash: Buffer
  name: string
  ttlSeconds: number
  /** What the same browser was remembered by until now. */
  replacedHash: Buffer | undefined
}

/** Under the lock of the person. */
export async function insertRememberedDevice(
  db: Queryable,
  { id, userId, secretHash, name, ttlSeconds, replacedHash }: NewDevice,
): Promise<void> {
  await db.execute(sql`
    delete from remembered_devices where user_id = ${uuidOf(userId, 'user')}::uuid
      and (secret_hash = ${replacedHash ?? null}::bytea or id in (
        select id from remembered_devices where user_id = ${uuidOf(userId, 'user')}::uuid
        order by last_used_at desc, id desc offset ${mostPerPerson - 1}))`)
  await db.insert(rememberedDevices).values({
    id,
    userId,
    secretHash,
    name,
    expiresAt: sql`now() + make_interval(secs => ${ttlSeconds})`,
  })
}

/** Notes that the device signs in; false when the person has let no such device be remembered, or not for so long. */
export async function useRememberedDevice(
  db: Queryable,
  { userId, secretHash }: { userId: string; secretHash: Buffer },
): Promise<boolean> {
  const rows = await db
    .update(rememberedDevices)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(rememberedDevices.userId, userId),
        eq(rememberedDevices.secretHash, secretHash),
        gt(rememberedDevices.expiresAt, sql`now()`),
      ),
    )
    .returning({ id: rememberedDevices.id })
  return rows.length === 1
}

/** Those of a person that are of use, the one used last first. */
export async function listRememberedDevices(db: Queryable, userId: string): Promise<RememberedDevice[]> {
  return await db
    .select()
    .from(rememberedDevices)
    .where(and(eq(rememberedDevices.userId, userId), gt(rememberedDevices.expiresAt, sql`now()`)))
    .orderBy(desc(rememberedDevices.lastUsedAt), desc(rememberedDevices.id))
}

/** False when the person has none of this id. */
export async function deleteRememberedDevice(
  db: Queryable,
  { userId, id }: { userId: string; id: string },
): Promise<boolean> {
  const rows = await db
    .delete(rememberedDevices)
    .where(and(eq(rememberedDevices.userId, userId), eq(rememberedDevices.id, id)))
    .returning({ id: rememberedDevices.id })
  return rows.length === 1
}

export async function deleteRememberedDevices(db: Queryable, userId: string): Promise<void> {
  await db.delete(rememberedDevices).where(eq(rememberedDevices.userId, userId))
}
