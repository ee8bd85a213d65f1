/** People who were erased: nothing that comes later brings them back. */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { sql } from 'drizzle-orm'

/** What is locked, hashed with the seed 0. */
export const personLock = (userId: string): string => `person ${uuidOf(userId, 'user')}`

/** Until the transaction ends: what is kept about a person and their erasure never pass each other. */
export async function lockPerson(tx: Queryable, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${personLock(userId)}, 0))`)
}

/** Takes the lock of the person. What is kept of them is the caller's to delete. */
export async function markErased(tx: Queryable, userId: string): Promise<void> {
  await lockPerson(tx, userId)
  await tx.execute(sql`insert into erased_people (user_id) values (${uuidOf(userId, 'user')}) on conflict do nothing`)
}
