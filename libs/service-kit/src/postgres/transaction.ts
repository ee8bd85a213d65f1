/**
 * Transactions with a tenant. Row-level security reads `app.org_id` and `app.user_id`, which live exactly as long as the transaction,
 * so a pooled connection can never carry one tenant's scope into another's request.
 */
import { sql } from 'drizzle-orm'
import { currentContext } from '../context/request-context.ts'
import { uuidOf } from '../ids/type-id.ts'
import type { Db, Tx } from './connect.ts'
import { isRetryable } from './errors.ts'

/** Whose rows the transaction may touch, as TypeIDs. Neither: only rows that belong to nobody. */
export type Scope = { orgId?: string; userId?: string }

const maxTries = 4

/**
 * Runs `run` in a READ COMMITTED transaction under `scope`. A serialization failure or deadlock runs it again, up to three times more:
 * `run` must have no effect outside the transaction.
 */
export async function inScope<T>(db: Db, scope: Scope, run: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(async (tx) => {
        await setScope(tx, scope)
        const result = await run(tx)
        await currentContext()?.beforeCommit?.(tx)
        return result
      })
    } catch (error) {
      if (attempt >= maxTries || !isRetryable(error)) throw error
    }
  }
}

async function setScope(tx: Tx, scope: Scope): Promise<void> {
  if (scope.orgId === undefined && scope.userId === undefined) return
  const orgId = scope.orgId === undefined ? '' : uuidOf(scope.orgId, 'org')
  const userId = scope.userId === undefined ? '' : uuidOf(scope.userId, 'user')
  await tx.execute(sql`select set_config('app.org_id', ${orgId}, true), set_config('app.user_id', ${userId}, true)`)
}

/** The rows of `execute(sql...)` under the names PostgreSQL gave them. `timestamptz` and `bigint` arrive as strings. */
export function rowsOf<T>(result: ArrayLike<Record<string, unknown>>): T[] {
  return Array.from(result) as T[]
}
