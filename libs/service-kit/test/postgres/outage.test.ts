// Connections that the server ends in mid-transaction cost their transactions and nothing else: not the process, not a
// place in the pool.
import t from 'tap'
import { sql } from 'drizzle-orm'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import { outliveDriverFault } from '../../src/postgres/driver-faults.ts'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { isUnavailable } from '@gatehouse/service-kit/postgres/errors'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'

const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
const db = database.connect('tokens', 'runtime')
const killer = database.connect('tokens', 'runtime')

let faults = 0
const onFault = (err: unknown): void => {
  if (!outliveDriverFault(err)) throw err
  faults += 1
}
// Until the process ends, as in a service: closing the pools can bring the last of them.
process.on('uncaughtException', onFault).on('unhandledRejection', onFault)

/** A transaction that keeps asking after something else has been waited for, as a use case does. */
const work = (database: Db): Promise<unknown> =>
  inScope(database, {}, async (tx) => {
    for (let step = 0; step < 5; step += 1) {
      await tx.execute(sql`select 1`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

/** As a request has a deadline, so that one mute connection is a failure and not a hang. */
const within = <T>(timeoutMs: number, asked: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout
  const late = new Promise<never>(
    (_resolve, reject) => (timer = setTimeout(() => reject(problem('deadline_exceeded')), timeoutMs)),
  )
  return Promise.race([asked, late]).finally(() => clearTimeout(timer))
}

t.test('after any number of lost servers every place of the pool works', async (t) => {
  const failures: unknown[] = []
  for (let round = 0; round < 6; round += 1) {
    const running = Array.from({ length: 20 }, () =>
      within(3000, work(db)).catch((error: unknown) => failures.push(error)),
    )
    await new Promise((resolve) => setTimeout(resolve, round % 7))
    await killer.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user
        and pid <> pg_backend_pid() and datname = current_database()`,
    )
    await Promise.all(running)
  }
  t.ok(failures.length > 0, 'transactions were lost')
  t.same(
    failures.filter((error) => !isUnavailable(error) && !isAppError(error, 'deadline_exceeded')),
    [],
    'each as unavailable, which is 503',
  )
  t.comment(`${failures.length} transactions lost, ${faults} faults of the driver outlived`)
  const answers = await Promise.all(Array.from({ length: 60 }, () => within(3000, work(db))))
  t.equal(answers.length, 60)
})
