/**
 * Transactions with a tenant. Row-level security reads `app.org_id` and `app.user_id`, which live exactly as long as
 * the transaction, so a pooled connection can never carry one tenant's scope into another's request.
 */
import type postgres from 'postgres'
import { currentContext } from '../context/request-context.ts'
import { uuidOf } from '../ids/type-id.ts'
import type { Db, Queryable, Tx } from './connect.ts'
import { isRetryable } from './errors.ts'

/** Whose rows the transaction may touch, as TypeIDs. Neither: only rows that belong to nobody. */
export type Scope = { orgId?: string; userId?: string }

const maxTries = 4

/**
 * Runs `run` in a READ COMMITTED transaction under `scope`. A serialization failure or deadlock runs it again, up to
 * three times more: `run` must have no effect outside the transaction.
 */
export async function inScope<T>(db: Db, scope: Scope, run: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(async (tx) => {
        const scoping = setScope(tx, scope)
        try {
          const result = await run(tx)
          await currentContext()?.beforeCommit?.(tx)
          return result
        } finally {
          // Where the scope could not be set, that is the reason and what failed after it is not.
          await scoping
        }
      })
    } catch (error) {
      if (attempt >= maxTries || !isRetryable(error)) throw error
    }
  }
}

/** drizzle keeps the client of a database, and of a transaction, inside its session. */
const clientOf = (db: Queryable): Pick<postgres.TransactionSql, 'unsafe'> =>
  (db as unknown as { session: { client: postgres.TransactionSql } }).session.client

/**
 * Sends the scope without waiting for the answer: the first statement of `run` follows in the same packet. The driver
 * sends a connection's statements in the order in which they were executed, and `execute` is called here before `run`
 * is.
 */
function setScope(tx: Tx, { orgId, userId }: Scope): PromiseLike<unknown> | undefined {
  if (orgId === undefined && userId === undefined) return undefined
  const scoping = clientOf(tx)
    .unsafe(`select set_config('app.org_id', $1, true), set_config('app.user_id', $2, true)`, [
      orgId === undefined ? '' : uuidOf(orgId, 'org'),
      userId === undefined ? '' : uuidOf(userId, 'user'),
    ])
    .execute()
  scoping.catch(() => undefined)
  return scoping
}

/** The rows of `execute(sql...)` under the names PostgreSQL gave them. `timestamptz` and `bigint` arrive as strings. */
export function rowsOf<T>(result: ArrayLike<Record<string, unknown>>): T[] {
  return Array.from(result) as T[]
}

/**
 * The rows of a statement that is a constant text, for what is read so often that to build its text would be felt.
 * Parameters are `$1` and so on; types arrive as `rowsOf` says.
 */
export async function rowsOfText<T>(db: Queryable, text: string, values: readonly (string | number)[]): Promise<T[]> {
  return rowsOf(await clientOf(db).unsafe(text, [...values]))
}
