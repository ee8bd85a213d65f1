/** What the platform asks of its PostgreSQL while nobody asks anything of it. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql } from 'drizzle-orm'
import type { Test } from 'tap'

/**
 * Transactions in ten seconds. Some hundred are usual; where processes get no turn they ask at moments of their own,
 * and still for no more than this.
 */
const mostAtRest = 170

/** @param file - the platform's file, beside which its settings are */
export async function atRest(t: Test, file: string): Promise<void> {
  const { passwords, ports } = JSON.parse(readFileSync(join(dirname(file), 'settings.json'), 'utf8')) as Record<
    'passwords' | 'ports',
    Record<'postgres', string | number>
  >
  const { db, close } = connectPostgres({
    url: `postgres://gatehouse_admin:${passwords.postgres}@127.0.0.1:${ports.postgres}/gatehouse`,
    schema: 'public',
    applicationName: 'rest',
  })
  t.teardown(close)
  const transactions = async (): Promise<number> => {
    const [row] = rowsOf<{ n: string }>(
      await db.execute(
        sql`select xact_commit + xact_rollback as n from pg_stat_database where datname = current_database()`,
      ),
    )
    return Number(row?.n)
  }
  // What begins with the start is over some windows later; a server writes its counts down when it finds time.
  let counted = Infinity
  for (let window = 0; window < 10 && counted > mostAtRest; window += 1) {
    const before = await transactions()
    await setTimeout(10_000)
    counted = (await transactions()) - before
    t.comment(`${counted} transactions in ten seconds`)
  }
  t.ok(counted <= mostAtRest, `${counted} of at most ${mostAtRest}`)
}
