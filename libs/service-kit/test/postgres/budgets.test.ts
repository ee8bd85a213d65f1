/** Rate limits in PostgreSQL: exact under races, all keys or none, refilling evenly. */
import t from 'tap'
import { sql } from 'drizzle-orm'
import {
  chargeBudgets,
  createBudgetUpkeep,
  decideCharges,
  deleteFullBudgets,
  type Charge,
} from '../../src/postgres/budgets.ts'
import { inScope, rowsOf } from '../../src/postgres/transaction.ts'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const database = await testDatabase(t, { services: ['orgs'] })
const replicas = [database.connect('orgs', 'runtime', 8), database.connect('orgs', 'runtime', 8)] as const
const system = database.connect('orgs', 'system')
const hour = 3600
const charge = (charges: Charge[], replica = replicas[0]) => inScope(replica, {}, (tx) => chargeBudgets(tx, charges))

t.test('a full bucket gives its count at once; then it says how long to wait', async (t) => {
  const budget = { count: 4, periodSeconds: hour }
  t.same(decideCharges([{ key: 'a', budget }], [0]), { kind: 'granted', fullInSeconds: [900] })
  t.same(decideCharges([{ key: 'a', budget }], [2700]), { kind: 'granted', fullInSeconds: [3600] })
  t.same(decideCharges([{ key: 'a', budget }], [3600]), { kind: 'limited', retryAfterSeconds: 900 })
  t.same(decideCharges([{ key: 'a', budget, amount: 4 }], [-5]), { kind: 'granted', fullInSeconds: [3600] })
  t.same(decideCharges([{ key: 'a', budget, amount: 5 }], [0]), { kind: 'limited', retryAfterSeconds: 900 })
})

t.test('of several keys the one that waits longest decides', async (t) => {
  const charges = [
    { key: 'a', budget: { count: 1, periodSeconds: 60 } },
    { key: 'b', budget: { count: 1, periodSeconds: hour } },
  ]
  t.same(decideCharges(charges, [60, hour]), { kind: 'limited', retryAfterSeconds: hour })
})

t.test('100 charges at once over two replicas: as many are granted as the budget has', async (t) => {
  const charges = (n: number) => [
    { key: 'shared', budget: { count: 10, periodSeconds: 24 * hour } },
    { key: `own ${n % 3}`, budget: { count: 1000, periodSeconds: hour } },
  ]
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      charge(n % 2 ? charges(n) : charges(n).reverse(), replicas[n % 2 === 0 ? 0 : 1]),
    ),
  )
  t.equal(answers.filter(({ kind }) => kind === 'granted').length, 10)
})

t.test('nothing is charged when one key is limited', async (t) => {
  const [open, empty] = [
    { key: 'open', budget: { count: 1, periodSeconds: hour } },
    { key: 'empty', budget: { count: 1, periodSeconds: hour } },
  ]
  t.match(await charge([empty]), { kind: 'granted' })
  t.match(await charge([open, empty]), { kind: 'limited', retryAfterSeconds: hour })
  t.match(await charge([open]), { kind: 'granted' }, 'the other key was left alone')
})

t.test('no key is stored as it was given, and full buckets leave', async (t) => {
  await charge([{ key: 'ann@example.com', budget: { count: 1, periodSeconds: 1 } }])
  t.notMatch(JSON.stringify(rowsOf(await system.execute(sql`select encode(key, 'escape') from budgets`))), /ann/)
  const owner = database.connect('orgs', 'owner')
  await owner.execute(sql`update budgets set full_at = now() - interval '1 second'`)
  t.ok((await deleteFullBudgets(system, 2)) === 2)
  t.ok((await deleteFullBudgets(system, 100)) > 0)
  t.equal(await deleteFullBudgets(system, 100), 0)
  await charge([{ key: 'done', budget: { count: 1, periodSeconds: 1 } }])
  await owner.execute(sql`update budgets set full_at = now() - interval '1 second'`)
  const upkeep = createBudgetUpkeep({ db: system, log: quietLog })
  upkeep.start()
  t.teardown(() => upkeep.stop())
  const rows = () => system.execute(sql`select from budgets`)
  await waitUntil('upkeep has removed the row', async () => (await rows()).length === 0)
})
