// Consumers: the suite every consumer is put through, on the smallest one there is; then what only the kit itself can
// show.
import t from 'tap'
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createConsumer } from '../src/consume/consumer.ts'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { consumerSuite, type ConsumerUnderTest } from '@gatehouse/test-kit/consumer-suite'
import { testDatabase, type TestDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { ThingChanged, createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

const prepare = async (database: TestDatabase) => {
  const owner = database.connect('workers', 'owner', 1)
  await owner.execute(sql`create table effects (at bigserial, event_id text)`)
  await owner.execute(sql`grant select, insert on effects to workers_system`)
  await owner.execute(sql`grant usage on sequence effects_at_seq to workers_system`)
}
const handle = async (tx: Tx, event: EventEnvelope) =>
  void (await tx.execute(sql`insert into effects (event_id) values (${event.id})`))
const effects = async (system: Db) =>
  rowsOf<{ event_id: string }>(await system.execute(sql`select event_id from effects order by at`)).map(
    (row) => row.event_id,
  )

const smallest: ConsumerUnderTest = {
  service: 'workers',
  producer: 'tokens',
  spineOnly: true,
  prepare,
  consumer: () => ({ name: 'workers--test', subjects: [ThingChanged.type], handle }),
  sample: (i) => ({ contract: ThingChanged, aggregateType: 'thing', actor: 'system', data: { n: i } }),
  aggregatePrefix: 'thing',
  effects,
}

t.test('the smallest consumer', (t) => consumerSuite(t, smallest))

t.test(
  'only the wanted subjects are handled, with the context of the event, and the cursor passes the others',
  async (t) => {
    const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
    await prepare(database)
    const { client, announce } = createSampleProducer(database, { nats: noNats() })
    const system = database.connect('workers', 'system')
    const contexts: unknown[] = []
    const consumer = createConsumer({
      name: 'workers--test',
      producers: [{ name: 'tokens', client }],
      subjects: [ThingChanged.type],
      system,
      nats: noNats(),
      log: quietLog,
      clock: systemClock,
      pollMs: 20,
      handle: async (tx, event) => {
        contexts.push([
          currentContext()?.causationId === event.id,
          currentContext()?.correlationId === event.correlationid,
        ])
        await handle(tx, event)
      },
    })
    consumer.start()
    t.teardown(consumer.stop)
    await announce([{ n: 1 }, { n: 2, ignored: true }, { n: 3, ignored: true }])
    await waitUntil(
      'the cursor passed',
      async () =>
        rowsOf<{ position: string }>(await system.execute(sql`select position from consumer_cursors`))[0]?.position ===
        '3',
    )
    t.equal((await effects(system)).length, 1)
    t.same(contexts, [[true, true]])
  },
)

t.test('a database that is away costs no try', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
  await prepare(database)
  const { client, announce } = createSampleProducer(database, { nats: noNats() })
  const system = database.connect('workers', 'system')
  let failures = 8
  const consumer = createConsumer({
    name: 'workers--test',
    producers: [{ name: 'tokens', client }],
    subjects: [ThingChanged.type],
    system,
    nats: noNats(),
    log: quietLog,
    clock: systemClock,
    pollMs: 20,
    handle: (tx, event) =>
      failures-- > 0 ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })) : handle(tx, event),
  })
  consumer.start()
  t.teardown(consumer.stop)
  await announce([{ n: 1 }])
  await waitUntil('it is handled', async () => (await effects(system)).length === 1)
  t.same(rowsOf(await system.execute(sql`select 1 from dead_letters`)), [])
})

t.test('a restored producer is walked from its start: nothing twice, nothing missed', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
  await prepare(database)
  const { client, announce, system: producing } = createSampleProducer(database, { nats: noNats() })
  const system = database.connect('workers', 'system')
  const consumer = createConsumer({
    name: 'workers--test',
    producers: [{ name: 'tokens', client }],
    subjects: ['gatehouse.tokens.>'],
    system,
    nats: noNats(),
    log: quietLog,
    clock: systemClock,
    pollMs: 20,
    handle,
  })
  consumer.start()
  t.teardown(consumer.stop)
  await announce(numbers(10).map((n) => ({ n })))
  await waitUntil('all are handled', async () => (await effects(system)).length === 10)
  await database.connect('tokens', 'owner', 1).execute(sql`update spine_head set epoch = gen_random_uuid()`)
  await announce(numbers(5).map((n) => ({ n })))
  await waitUntil('the new ones are handled', async () => (await effects(system)).length === 15)
  t.equal(new Set(await effects(system)).size, 15)
  t.equal(
    rowsOf<{ position: string }>(await producing.execute(sql`select position from spine_head`))[0]?.position,
    '15',
  )
})
