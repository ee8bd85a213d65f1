/** Wrong passwords per person and source, with decay. Only failures count, so many right sign-ins at once never refuse each other. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { sql } from 'drizzle-orm'

type Guesser = { userId: string; source: string; halfLifeSeconds: number }

/** What is left of `attempts` now, by database time. */
const decayed = (halfLifeSeconds: number) =>
  sql`t.attempts * power(0.5, extract(epoch from now() - t.counted_at) / ${halfLifeSeconds}::float8)`

/** Counts one failure and gives the decayed sum including it; never above `ceiling`, so a long attack does not lock for days. */
export async function countFailure(
  db: Queryable,
  { userId, source, halfLifeSeconds, ceiling }: Guesser & { ceiling: number },
): Promise<number> {
  const counted = await db.execute(sql`
    insert into sign_in_throttles as t (user_id, source, attempts) values (${uuidOf(userId, 'user')}, ${source}, 1)
    on conflict (user_id, source) do update set attempts = least(${ceiling}::float8, ${decayed(halfLifeSeconds)} + 1), counted_at = now()
    returning attempts`)
  return Number(rowsOf<{ attempts: number }>(counted)[0]?.attempts ?? 1)
}

/** The decayed failures; 0 when there were none. */
export async function findFailures(db: Queryable, { userId, source, halfLifeSeconds }: Guesser): Promise<number> {
  const found = await db.execute(
    sql`select ${decayed(halfLifeSeconds)} as attempts from sign_in_throttles t where user_id = ${uuidOf(userId, 'user')} and source = ${source}`,
  )
  return Number(rowsOf<{ attempts: number }>(found)[0]?.attempts ?? 0)
}

/** The person got in from here: what was counted was theirs. */
export async function forgetFailures(
  db: Queryable,
  { userId, source }: { userId: string; source: string },
): Promise<void> {
  await db.execute(sql`delete from sign_in_throttles where user_id = ${uuidOf(userId, 'user')} and source = ${source}`)
}

/** Drops counts that have decayed to nothing, a bounded number at a time. */
export async function dropDecayedFailures(db: Queryable, olderThanSeconds: number): Promise<void> {
  await db.execute(sql`
    delete from sign_in_throttles where ctid = any (array(
      select ctid from sign_in_throttles where counted_at < now() - make_interval(secs => ${olderThanSeconds}) limit 100))`)
}
