/** Observations that come at the same time: the last of them sees all, so a threshold is never passed unseen. */
import t from 'tap'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import { noteFindings } from '../../src/store/alert-findings.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 4)

t.test('the second of two at once waits for the first, and counts it', async (t) => {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const note = async (member: string, before: Promise<void>): Promise<boolean> =>
    inScope(system, {}, async (tx) => {
      const when = { kind: 'many_members', key: 'of a test', member, windowSeconds: 60, atLeast: 2 } as const
      const held = await noteFindings(tx, [{ eventId: newId('evt'), at: '2026-01-01T00:00:00.000Z', when }])
      await before
      return held.size > 0
    })
  const first = note('one', held)
  await waitUntil('the first holds its lock', async () => (await locks(true)) === 1)
  const second = note('two', Promise.resolve())
  await waitUntil('the second waits', async () => (await locks(false)) === 1)
  release()
  t.same(await Promise.all([first, second]), [false, true])
})

/** Advisory locks of this database that are held, or waited for. */
async function locks(isGranted: boolean): Promise<number> {
  const rows = rowsOf<{ count: string }>(
    await system.execute(sql`select count(*) from pg_locks
      where locktype = 'advisory' and granted = ${isGranted}
        and database = (select oid from pg_database where datname = current_database())`),
  )
  return Number(rows[0]?.count)
}
