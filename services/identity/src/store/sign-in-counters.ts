/**
 * Wrong passwords and asked-for mails by what they are counted by, halving with time. They live in PostgreSQL, so
 * losing Redis forgets no attack.
 */
import { createHash } from 'node:crypto'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'

/** `parts` are hashed as JSON, so that no two lists make one key. */
export type CounterKey = { scope: 'device' | 'pair' | 'account' | 'source' | 'mail'; parts: readonly string[] }

const keyOf = ({ scope, parts }: CounterKey): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([scope, ...parts]))
    .digest()

/** What is left of the failures of `c` now, by database time. */
const decayed = (halfLifeSeconds: number): SQL =>
  sql`c.failures * power(0.5, extract(epoch from now() - c.counted_at) / ${halfLifeSeconds}::float8)`

/** The same counters with their decayed failures; 0 where nothing was counted. */
export async function readCounters<C extends CounterKey>(
  db: Queryable,
  { counters, halfLifeSeconds }: { counters: readonly C[]; halfLifeSeconds: number },
): Promise<(C & { failures: number })[]> {
  const keys = counters.map((one) => sql`(${one.scope}, ${keyOf(one)}::bytea)`)
  const rows = rowsOf<{ id: string; failures: number }>(
    await db.execute(sql`
      select c.scope || ':' || encode(c.key, 'hex') as id, ${decayed(halfLifeSeconds)} as failures
      from sign_in_counters c where (c.scope, c.key) in (${sql.join(keys, sql`, `)})`),
  )
  const found = new Map(rows.map(({ id, failures }) => [id, Number(failures)]))
  return counters.map((one) => ({
    ...one,
    failures: found.get(`${one.scope}:${keyOf(one).toString('hex')}`) ?? 0,
  }))
}

type Counting<C> = { counters: readonly C[]; by: number; halfLifeSeconds: number }

/** A counter at its limit says so at most this often, however long an attack keeps it there. */
const alarmEverySeconds = 3600

/**
 * Adds `by` to each counter, up to its ceiling. Returns those that stand at their limit and say so now: of several
 * callers at once each is given to one. The rows are taken in one order, so that two callers wait for each other in
 * turn and never in a circle.
 */
export async function countFailures<C extends CounterKey & { limit: number; ceiling: number }>(
  db: Queryable,
  { counters, by, halfLifeSeconds }: Counting<C>,
): Promise<C[]> {
  const ordered = counters
    .map((one) => ({ one, key: keyOf(one) }))
    .sort((a, b) => a.one.scope.localeCompare(b.one.scope) || Buffer.compare(a.key, b.key))
  const values = ordered.map(
    ({ one, key }) => sql`(${one.scope}::text, ${key}::bytea, ${one.limit}::float8, ${one.ceiling}::float8)`,
  )
  const given = (column: SQL): SQL => sql`(select ${column} from given g where g.scope = c.scope and g.key = c.key)`
  const left = decayed(halfLifeSeconds)
  const counted = sql`greatest(${left}, least(${given(sql`ceiling`)}, ${left} + ${by}::float8))`
  const isDue = sql`c.alarmed_at is null or c.alarmed_at < now() - make_interval(secs => ${alarmEverySeconds})`
  const rows = rowsOf<{ id: string; says_so: boolean }>(
    await db.execute(sql`
      with given (scope, key, full_at, ceiling) as (values ${sql.join(values, sql`, `)})
      insert into sign_in_counters as c (scope, key, failures, alarmed_at)
      select scope, key, ${by}::float8, case when ${by}::float8 >= full_at then now() end from given
      on conflict (scope, key) do update set
        failures = ${counted}, counted_at = now(),
        alarmed_at = case when ${by}::float8 > 0 and round(${counted}) >= ${given(sql`full_at`)} and (${isDue})
          then now() else c.alarmed_at end
      returning c.scope || ':' || encode(c.key, 'hex') as id, coalesce(c.alarmed_at = now(), false) as says_so`),
  )
  const saying = new Set(rows.filter(({ says_so }) => says_so).map(({ id }) => id))
  return ordered.filter(({ one, key }) => saying.has(`${one.scope}:${key.toString('hex')}`)).map(({ one }) => one)
}

/**
 * Counts one request for a mail by `parts`, such as the address it goes to, whoever has it; the decayed sum. At
 * `ceiling` it stands still.
 */
export async function countMailRequest(
  db: Queryable,
  { parts, ceiling, halfLifeSeconds }: { parts: readonly string[]; ceiling: number; halfLifeSeconds: number },
): Promise<number> {
  const key = keyOf({ scope: 'mail', parts })
  const [row] = rowsOf<{ failures: number }>(
    await db.execute(sql`
      insert into sign_in_counters as c (scope, key, failures) values ('mail', ${key}, 1)
      on conflict (scope, key) do update set failures = least(${ceiling}::float8, ${decayed(halfLifeSeconds)} + 1),
        counted_at = now()
      returning failures`),
  )
  return Number(row?.failures ?? 1)
}

/** The person got in: what was counted here was theirs. */
export async function forgetFailures(db: Queryable, counters: readonly CounterKey[]): Promise<void> {
  if (counters.length === 0) return
  const keys = counters.map((one) => sql`(${one.scope}, ${keyOf(one)}::bytea)`)
  await db.execute(sql`delete from sign_in_counters where (scope, key) in (${sql.join(keys, sql`, `)})`)
}

/** Drops counters that have decayed to nothing; how many, at most `limit`. */
export async function deleteDecayedCounters(
  db: Queryable,
  { olderThanSeconds, limit }: { olderThanSeconds: number; limit: number },
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from sign_in_counters where ctid = any (array(
        select ctid from sign_in_counters where counted_at < now() - make_interval(secs => ${olderThanSeconds})
          limit ${limit}))
      returning 1`),
  )
  return rows.length
}
