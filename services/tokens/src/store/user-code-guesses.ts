/**
 * Wrong user codes, counted by who entered them. A guess is taken before it is looked at, in one statement, so that
 * many at once are not one.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { eq, sql } from 'drizzle-orm'
import { oauthUserCodeGuesses } from './schema.ts'

/** How many there were within the window, this one included, and the seconds until it is over. */
export async function takeGuess(
  system: Queryable,
  o: { hash: Buffer; windowSeconds: number },
): Promise<{ count: number; secondsLeft: number }> {
  const [row] = rowsOf<{ count: number; seconds_left: number }>(
    await system.execute(sql`insert into oauth_user_code_guesses as g (hash, count, over_at)
      values (${o.hash}::bytea, 1, now() + make_interval(secs => ${o.windowSeconds}))
      on conflict (hash) do update set
        count = case when g.over_at <= now() then 1 else g.count + 1 end,
        over_at = case when g.over_at <= now() then excluded.over_at else g.over_at end
      returning count, ceil(extract(epoch from over_at - now()))::integer as seconds_left`),
  )
  if (row === undefined) throw new Error('A guess was not counted')
  return { count: row.count, secondsLeft: Math.max(1, row.seconds_left) }
}

/** It was no guess: the code was right. */
export async function giveBackGuess(system: Queryable, hash: Buffer): Promise<void> {
  await system
    .update(oauthUserCodeGuesses)
    .set({ count: sql`greatest(${oauthUserCodeGuesses.count} - 1, 0)` })
    .where(eq(oauthUserCodeGuesses.hash, hash))
}

export async function deleteOldGuesses(system: Queryable, limit: number): Promise<number> {
  const gone = await system.execute(
    sql`delete from oauth_user_code_guesses where hash in (select hash from oauth_user_code_guesses
      where over_at < now() limit ${limit}) returning hash`,
  )
  return gone.length
}
