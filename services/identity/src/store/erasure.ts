/**
 * The end of people. Who is erased goes with every row that refers to them; one statement leaves the tombstone, so of
 * two at once one does it.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Change } from './managed-users.ts'
import { users } from './schema.ts'

/**
 * Makes the erasure due, since the database deletes nobody else, and does it. The version that the tombstone has is the
 * floor of every token and session.
 */
export async function eraseUser(db: Queryable, userId: string): Promise<Change> {
  const id = uuidOf(userId, 'user')
  await db.execute(sql`update users set deletion_due_at = least(deletion_due_at, now()) where id = ${id}`)
  const [erased] = rowsOf<{ version: string }>(
    await db.execute(sql`
      with gone as (delete from users where id = ${id} returning id, version)
      insert into erased_users (id, version) select id, version + 1 from gone returning version`),
  )
  if (erased !== undefined) return { kind: 'changed', version: Number(erased.version) }
  const found = rowsOf(await db.execute(sql`select 1 from erased_users where id = ${id}`))
  return { kind: found.length === 1 ? 'unchanged' : 'unknown' }
}

/** Whose grace is over, at most `limit` of them; rows that somebody else is changing wait for the next time. */
export async function eraseDueUsers(
  db: Queryable,
  { limit }: { limit: number },
): Promise<{ userId: string; version: number }[]> {
  const rows = rowsOf<{ id: string; version: string }>(
    await db.execute(sql`
      with due as materialized (
        select id from users where deletion_due_at <= now() order by deletion_due_at limit ${limit}
          for update skip locked
      ), gone as (delete from users u using due where u.id = due.id returning u.id, u.version)
      insert into erased_users (id, version) select id, version + 1 from gone returning id, version`),
  )
  return rows.map(({ id, version }) => ({ userId: typeIdOf('user', id), version: Number(version) }))
}

/** The new version and when the erasure is due; undefined where one is due already, or there is nobody. */
export async function claimDeletion(
  db: Queryable,
  { userId, graceSeconds }: { userId: string; graceSeconds: number },
): Promise<{ version: number; dueAt: Date } | undefined> {
  const [row] = await db
    .update(users)
    .set({
      deletionDueAt: sql`now() + make_interval(secs => ${graceSeconds})`,
      version: sql`${users.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(users.id, userId), isNull(users.deletionDueAt)))
    .returning({ version: users.version, dueAt: users.deletionDueAt })
  return row?.dueAt ? { version: row.version, dueAt: row.dueAt } : undefined
}

/** The new version; undefined where nothing was due. */
export async function claimUndo(db: Queryable, userId: string): Promise<number | undefined> {
  const [row] = await db
    .update(users)
    .set({ deletionDueAt: null, version: sql`${users.version} + 1`, updatedAt: sql`now()` })
    .where(and(eq(users.id, userId), isNotNull(users.deletionDueAt)))
    .returning({ version: users.version })
  return row?.version
}

/** When the person is going to be erased; undefined when they are not. */
export async function findDeletionDue(db: Queryable, userId: string): Promise<Date | undefined> {
  const [row] = await db.select({ dueAt: users.deletionDueAt }).from(users).where(eq(users.id, userId))
  return row?.dueAt ?? undefined
}
