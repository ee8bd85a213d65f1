/** Sign-in attempts per person and source, with decay. Counted before the password is looked at, so attempts made at once all count. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { sql } from 'drizzle-orm'

type Attempt = { userId: string; source: string; halfLifeSeconds: number; ceiling: number }

/** Counts one attempt and gives the decayed sum including it; never above `ceiling`, so a long attack does not lock for days. */
export async function countAttempt(db: Queryable, { userId, source, halfLifeSeconds, ceiling }: Attempt): Promise<number> {
  const counted = await db.execute(sql`
    insert into sign_in_throttles as t (user_id, source, attempts) values (${uuidOf(userId, 'user')}, ${source}, 1)
    on conflict (user_id, source) do update set
      attempts = least(${ceiling}::float8, t.attempts * power(0.5, extract(epoch from now() - t.counted_at) / ${halfLifeSeconds}::float8) + 1),
      counted_at = now()
    returning attempts`)
  return Number(rowsOf<{ attempts: number }>(counted)[0]?.attempts ?? 1)
}

/** The person got in from here: what was counted was theirs. */
export async function forgetAttempts(db: Queryable, { userId, source }: { userId: string; source: string }): Promise<void> {
  await db.execute(sql`delete from sign_in_throttles where user_id = ${uuidOf(userId, 'user')} and source = ${source}`)
}

/** Drops counts that have decayed to nothing, a bounded number at a time. */
export async function dropDecayedAttempts(db: Queryable, olderThanSeconds: number): Promise<void> {
  await db.execute(sql`
    delete from sign_in_throttles where ctid = any (array(
      select ctid from sign_in_throttles where counted_at < now() - make_interval(secs => ${olderThanSeconds}) limit 100))`)
}
