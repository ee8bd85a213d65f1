/**
 * Rate limits that survive everything but their own time: one row per key in the table `budgets` of the service's
 * schema. A budget is a bucket that refills evenly (the generic cell rate algorithm, ITU-T I.371): a row keeps only the
 * instant at which the bucket is full again, so no row means a full bucket and a row whose instant has passed may be
 * deleted. All keys of one charge are locked in one order and charged together or not at all.
 */
import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { createUpkeep, type Part } from '../concurrency/background.ts'
import type { Logger } from '../logging/logger.ts'
import type { Db, Tx } from './connect.ts'
import { rowsOf } from './transaction.ts'

/** `count` at once, and as many again over each period. */
export type Budget = { count: number; periodSeconds: number }

/** One key's share of a charge; keys are hashed before they are stored. `amount` is 1 when absent. */
export type Charge = { key: string; budget: Budget; amount?: number }

export type ChargeDecision =
  { kind: 'granted'; fullInSeconds: number[] } | { kind: 'limited'; retryAfterSeconds: number }

/**
 * Decides a whole charge. Pure.
 * @param fullInSeconds until each bucket is full again, in the order of `charges`; 0 for a full one
 */
export function decideCharges(charges: readonly Charge[], fullInSeconds: readonly number[]): ChargeDecision {
  const after = charges.map(({ budget, amount = 1 }, n) => {
    const perUnit = budget.periodSeconds / budget.count
    return Math.max(0, fullInSeconds[n] ?? 0) + amount * perUnit
  })
  const waits = charges.map(({ budget }, n) => (after[n] ?? 0) - budget.periodSeconds)
  // A thousandth of a second is nothing anybody waits for, and more than sums of fractions go astray by.
  const longest = Math.max(0, ...waits)
  return longest > 0.001
    ? { kind: 'limited', retryAfterSeconds: Math.ceil(longest) }
    : { kind: 'granted', fullInSeconds: after }
}

/** Charges all keys inside the caller's transaction; when one of them is limited nothing is charged. */
export async function chargeBudgets(
  tx: Tx,
  charges: readonly Charge[],
): Promise<{ kind: 'granted' } | { kind: 'limited'; retryAfterSeconds: number }> {
  if (charges.length === 0) return { kind: 'granted' }
  const keys = charges.map(({ key }) => hashOf(key))
  if (new Set(keys).size !== keys.length) throw new Error('a charge names one key twice')
  const list = sql`(select distinct decode(k,
    'hex') as key from jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb) k order by 1)`
  await tx.execute(
    sql`insert into budgets (key, full_at) select key, now() from ${list} l on conflict (key) do nothing`,
  )
  const rows = rowsOf<{ key: string; full_in: string }>(
    await tx.execute(sql`
      select encode(key, 'hex') as key, extract(epoch from full_at - clock_timestamp()) as full_in
      from budgets where key in (select key from ${list} l) order by budgets.key for update`),
  )
  const fullIn = new Map(rows.map((row) => [row.key, Number(row.full_in)]))
  const decision = decideCharges(
    charges,
    keys.map((key) => fullIn.get(key) ?? 0),
  )
  if (decision.kind === 'limited') return decision
  const levels = JSON.stringify(keys.map((key, n) => ({ key, seconds: decision.fullInSeconds[n] })))
  await tx.execute(sql`
    update budgets set full_at = clock_timestamp() + make_interval(secs => l.seconds)
    from jsonb_to_recordset(${levels}::jsonb) as l(key text, seconds float8) where budgets.key = decode(l.key, 'hex')`)
  return { kind: 'granted' }
}

const upkeepMs = 600_000
const upkeepPage = 1000

/** Removes the rows of full buckets now and every ten minutes, page by page. A failed round is left to the next. */
export const createBudgetUpkeep = (o: { db: Db; log: Logger }): Part =>
  createUpkeep({
    name: 'budgets',
    run: async () => {
      for (let removed = upkeepPage; removed === upkeepPage;) removed = await deleteFullBudgets(o.db, upkeepPage)
    },
    everyMs: upkeepMs,
    log: o.log,
  })

/** Removes the rows of full buckets. @returns how many, at most `limit`. */
export async function deleteFullBudgets(db: Db, limit: number): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from budgets where key in (
        select key from budgets where full_at < now() order by key limit ${limit} for update skip locked)
      returning key`),
  )
  return rows.length
}

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')
