/**
 * Two replicas of everything against a stock PostgreSQL: what the settings allow, what a pool really opens, and what a
 * wrong pooler is told.
 */
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { budgetsOf, connectionsOf, stockConnections } from '@gatehouse/deploy/connections'
import { allSettings } from '@gatehouse/deploy/settings'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { adminUrl, testDatabase } from '@gatehouse/test-kit/database'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const budgets = budgetsOf(await allSettings(fileURLToPath(new URL('../..', import.meta.url))))
const database = await testDatabase(t, {
  services: ['identity', 'tokens', 'orgs', 'authz', 'workers'],
  spineOnly: true,
})
const admin = connectPostgres({ url: adminUrl(), schema: 'public', applicationName: 'budget test', max: 1 })
t.teardown(admin.close)

t.test(
  'by default two replicas of every service and pipeline fit a stock server, with room for an upgrade',
  async (t) => {
    t.same(
      budgets.map(({ service }) => service),
      ['identity', 'tokens', 'orgs', 'authz', 'workers'],
    )
    t.ok(budgets.every(({ runtime, system, processes }) => runtime >= 2 && system >= 2 && processes >= 1))
    t.ok(connectionsOf(budgets, 2) <= stockConnections, `${connectionsOf(budgets, 2)} of ${stockConnections}`)
  },
)

t.test('two replicas of everything, all pools full: no more connections than the settings say', async (t) => {
  const pools = budgets.flatMap(({ service, processes, runtime, system }) =>
    Array.from({ length: 2 * processes }).flatMap(() =>
      (
        [
          ['runtime', runtime],
          ['system', system],
        ] as const
      ).map(([role, max]) =>
        connectPostgres({ url: database.url(service, role), schema: service, applicationName: 'budget', max }),
      ),
    ),
  )
  t.teardown(() => Promise.all(pools.map((pool) => pool.close())))
  // More at once than any pool holds: those that find no connection wait for one.
  const busy = pools.flatMap((pool) => Array.from({ length: 8 }, () => pool.db.execute('select pg_sleep(0.5)')))
  const settled = Promise.all(busy)
  let most = 0
  await waitUntil('all pools are full', async () => {
    const [found] = await admin.db.execute<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity where application_name = 'budget' and datname = ` +
        `'${database.name}'`,
    )
    most = Math.max(most, found?.count ?? 0)
    return most >= connectionsOf(budgets, 2)
  })
  await settled
  t.equal(most, connectionsOf(budgets, 2))
})

t.test('a session without our settings, as a pooler in transaction mode gives it, is refused with words', async (t) => {
  const open = (schema: string) =>
    connectPostgres({ url: database.url('orgs', 'runtime'), schema, applicationName: 'pooled', max: 1 })
  const whole = open('orgs')
  t.teardown(whole.close)
  await whole.ping()
  await whole.db.execute('set search_path = public')
  await t.rejects(whole.ping(), { message: /session mode/ })
  await whole.db.execute('set search_path = orgs')
  await whole.db.execute('set statement_timeout = 0')
  await t.rejects(whole.ping(), { message: /session mode/ })
})
