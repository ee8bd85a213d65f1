/**
 * Whether a pooler stands in between that gives each transaction another session. Ours keep prepared statements and
 * settings in theirs, so such a pooler would let requests stand still instead of failing them.
 */
import type postgres from 'postgres'

const pid = 'select pg_backend_pid() as pid'

/**
 * Two connections of their own, by simple queries alone: a session that has been let go of is given to a transaction of
 * the other, or is not the same any more while that one holds it. PgBouncer hands out the session that was used last.
 *
 * @param open - a new client with one connection
 */
export async function isPooledByTransaction(open: () => postgres.Sql): Promise<boolean> {
  const [first, second] = [open(), open()]
  try {
    const before = await pidOf(first)
    await second.unsafe('begin').simple()
    const other = await pidOf(second)
    if (other === before) return true
    const after = await pidOf(first)
    await second.unsafe('rollback').simple()
    return after !== before
  } finally {
    await Promise.all([first.end({ timeout: 1 }), second.end({ timeout: 1 })])
  }
}

async function pidOf(client: postgres.Sql): Promise<number | undefined> {
  const [row] = await client.unsafe<{ pid: number }[]>(pid).simple()
  return row?.pid
}
