// What the spine asks of PostgreSQL, counted on the wire: nearly nothing while nothing happens, and few transactions
// for many events.
import t from 'tap'
import { sql, type SQL } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { connectPostgres, type Db, type Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { adminUrl, testDatabase, type Teardown, type TestDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { noNats, testNats } from '@gatehouse/test-kit/nats'
import { createSampleProducer, ThingChanged } from '@gatehouse/test-kit/sample-producer'
import { startStatementCounter, type StatementCounter } from '@gatehouse/test-kit/statement-counter'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { createConsumer, type ConsumerOptions } from '../src/consume/consumer.ts'
import { createProjection } from '../src/follow/projection.ts'
import { untilNext } from '../src/follow/beat.ts'
import { watchHead } from '../src/follow/head-watch.ts'
import { createReader } from '../src/follow/reader.ts'
import { afterEverything, type SpineClient } from '../src/follow/spine-client.ts'

const patienceMs = 30_000
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)

/** The database as the system role of a service sees it, through the counter. */
function counted(t: Teardown, counter: StatementCounter, { url }: TestDatabase, service: 'tokens' | 'workers'): Db {
  const connection = connectPostgres({
    url: counter.through(url(service, 'system')),
    schema: service,
    applicationName: 'counted',
  })
  t.teardown(connection.close)
  return connection.db
}

t.test(
  'a quiet producer is asked for its head, once for all that follow it in a process, and nobody asks for more',
  async (t) => {
    const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
    const counter = await startStatementCounter(t, adminUrl())
    const nats = await testNats(t)
    const { client, spine, announce } = createSampleProducer(
      { connect: () => counted(t, counter, database, 'tokens') },
      { nats, snapshots: { state: async () => {} } },
    )
    spine.start()
    t.teardown(spine.stop)
    let questions = 0
    const asked: SpineClient = {
      ...client,
      changes: (query) => {
        questions += 1
        return client.changes(query)
      },
    }
    const system = counted(t, counter, database, 'workers')
    const shared = { producer: 'tokens', client: asked, nats, log: quietLog, clock: systemClock, pollMs: 20 } as const
    const apply = async () => {}
    const followers = [
      createReader({ ...shared, name: 'workers--memory', apply }),
      createProjection({ ...shared, name: 'workers--copy', system, apply, reset: apply }),
      createProjection({
        ...shared,
        name: 'workers--some',
        system,
        apply,
        reset: apply,
        subjects: [ThingChanged.type],
      }),
    ]
    const consumers = ['workers--one', 'workers--other'].map((name) =>
      createConsumer({
        ...{ ...shared, name, system, handle: apply },
        ...{ producers: [{ name: 'tokens', client: asked }], subjects: ['gatehouse.tokens.>'] },
      }),
    )
    for (const part of [...followers, ...consumers]) {
      part.start()
      t.teardown(part.stop)
    }
    await announce(numbers(5).map((n) => ({ n })))
    await waitUntil(
      'everybody is there',
      async () =>
        followers.every((follower) => follower.isCurrent() && follower.position() === 5) &&
        rowsOf(await system.execute(sql`select 1 from consumer_cursors where position = 5`)).length === 2 &&
        rowsOf(await system.execute(sql`select 1 from projection_cursors where position = 5`)).length === 2,
      patienceMs,
    )
    /** A subscription that was opened anew asks for what it may have missed: that is no rest. */
    const rest = async () => {
      const before = questions
      const counts = await counter.during(() =>
        waitUntil('thirty questions', () => questions >= before + 30, patienceMs),
      )
      return { ...counts, questions: questions - before }
    }
    const quiet = await waitUntil(
      'nothing but the head is asked for',
      async () => {
        const { texts, statements, questions: heads } = await rest()
        const others = texts.filter((text) => !text.includes('from sequence_outbox'))
        return others.length === 0 && statements <= heads + 2 ? { statements, heads } : undefined
      },
      patienceMs,
    )
    t.comment(`${quiet.statements} statements for ${quiet.heads} questions`)
    t.ok(
      followers.every((follower) => follower.isCurrent(1000)),
      'and each is current by it',
    )
  },
)

t.test('each question is for everybody who listens through that client', async (t) => {
  const answered = numbers(3).map(() => 0)
  let questions = 0
  const client: SpineClient = {
    changes: async ({ after }) => {
      questions += 1
      return { epoch: 'one', head: 5, after, events: [], scanned_to: 5 }
    },
    snapshot: () => Promise.reject(new Error('nobody asks')),
  }
  const stops = answered.map((_, n) =>
    watchHead(client, 5, {
      asking: () => {},
      answered: () => (answered[n] = (answered[n] ?? 0) + 1),
      failed: () => {},
    }),
  )
  await waitUntil('ten questions', () => questions >= 10, patienceMs)
  for (const stop of stops) stop()
  t.same(
    answered,
    numbers(3).map(() => answered[0]),
  )
  t.ok(questions - (answered[0] ?? 0) <= 1, 'but for one under way')
})

t.test('what is asked at one interval is asked in one turn, whichever producer it is asked of', async (t) => {
  let turn = ''
  const turns: string[] = []
  const clientOf = (name: string): SpineClient => ({
    changes: async ({ after }) => {
      if (turn === '') setImmediate(() => (turns.push(turn), (turn = '')))
      turn += name
      return { epoch: 'one', head: 5, after, events: [], scanned_to: 5 }
    },
    snapshot: () => Promise.reject(new Error('nobody asks')),
  })
  const listener = { asking: () => {}, answered: () => {}, failed: () => {} }
  /** Of whole turns: the first may have been under way. */
  const nextTurns = async (count: number): Promise<string[]> => {
    turns.length = 0
    await waitUntil(`${count} turns`, () => turns.length > count, patienceMs)
    return turns.slice(1)
  }
  const stops: (() => void)[] = []
  for (const name of ['a', 'b', 'c']) {
    stops.push(watchHead(clientOf(name), 7, listener))
    await nextTurns(1)
  }
  const together = await nextTurns(5)
  // A loop that was held up for long may strike twice before it comes round.
  t.ok(
    together.every((one) => /^(?:abc)+$/.test(one)),
    together.join(),
  )
  stops[1]?.()
  const left = await nextTurns(3)
  for (const stop of stops) stop()
  t.ok(
    left.every((one) => /^(?:ac)+$/.test(one)),
    `who has left is not asked for, and the others go on: ${left.join()}`,
  )
})

t.test('a head that several ask for at the same moment is one statement', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const counter = await startStatementCounter(t, adminUrl())
  const { client, announce } = createSampleProducer(
    { connect: () => counted(t, counter, database, 'tokens') },
    { nats: noNats(), snapshots: { state: async () => {} } },
  )
  await announce([{ n: 1 }])
  const ask = () => client.changes({ after: afterEverything })
  let heads: { head: number; events: readonly unknown[] }[] = []
  const { statements } = await counter.during(async () => {
    heads = await Promise.all(numbers(5).map(ask))
  })
  t.equal(statements, 1)
  t.same(
    heads.map(({ head, events }) => [head, events.length]),
    numbers(5).map(() => [1, 0]),
  )
  await announce([{ n: 2 }])
  t.equal((await ask()).head, 2, 'an answer is never older than its question')
})

t.test('everybody asks at the same moment by the clock, and never twice for one beat', async (t) => {
  for (const [nowMs, expected] of [
    [0, 1000],
    [1, 999],
    [500, 500],
    [501, 1499],
    [999, 1001],
    [1_796_000_000_250, 750],
  ] as const)
    t.equal(untilNext(1000, nowMs), expected, `${nowMs}`)
})

const prepare = async (database: TestDatabase) => {
  const owner = database.connect('workers', 'owner', 1)
  await owner.execute(sql`create table effects (at bigserial, event_id text)`)
  await owner.execute(sql`grant select, insert on effects to workers_system`)
  await owner.execute(sql`grant usage on sequence effects_at_seq to workers_system`)
}
const handle = async (tx: Tx, event: EventEnvelope) =>
  void (await tx.execute(sql`insert into effects (event_id) values (${event.id})`))
const handleAll = async (tx: Tx, events: readonly EventEnvelope[]) =>
  void (await tx.execute(sql`
    insert into effects (event_id) select id
      from jsonb_array_elements_text(${JSON.stringify(events.map(({ id }) => id))}::jsonb) id`))
const effectsOf = async (db: Db) =>
  rowsOf<{ event_id: string }>(await db.execute(sql`select event_id from effects order by at`)).map(
    (row) => row.event_id,
  )

/** A hundred events of ten things wait for a consumer that begins. */
async function burst(t: Teardown, change: Partial<ConsumerOptions>) {
  const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
  await prepare(database)
  const { client, announce } = createSampleProducer(database, { nats: noNats() })
  const things = numbers(10).map(() => newId('thing'))
  await announce(numbers(100).map((n) => ({ n, aggregateId: things[n % 10] ?? '', version: 1 + Math.floor(n / 10) })))
  const { events } = await client.changes({ after: 0 })
  const counter = await startStatementCounter(t, adminUrl())
  const consumer = createConsumer({
    ...{ name: 'workers--test', producers: [{ name: 'tokens', client }], subjects: ['gatehouse.tokens.>'] },
    ...{ system: counted(t, counter, database, 'workers'), nats: noNats(), log: quietLog, clock: systemClock, handle },
    ...change,
  })
  t.teardown(consumer.stop)
  const counts = await counter.during(() => waitUntil('it has caught up', () => consumer.catchUpNow(), patienceMs))
  const system = database.connect('workers', 'system')
  // The driver asks once for the types of a server.
  const texts = counts.texts.filter((text) => !text.includes('pg_catalog.pg_type'))
  return { texts, events, things, system, effects: await effectsOf(system) }
}

t.test('a hundred events that wait are two transactions', async (t) => {
  const { texts, events, effects } = await burst(t, {})
  t.same([...effects].sort(), events.map(({ id }) => id).sort())
  t.equal(texts.filter((text) => text.startsWith('begin')).length, 2)
  t.equal(
    texts.length,
    100 + 2 * 3 + 4,
    'effects; begin, claim, commit; who walks, since when, what is claimed, how far',
  )
})

t.test('where their effects are one statement, so is the batch', async (t) => {
  const { texts, events, effects } = await burst(t, { handleAll })
  t.same([...effects].sort(), events.map(({ id }) => id).sort())
  t.equal(texts.length, 2 * 4 + 4, 'begin, claim, effects, commit; who walks, since when, what is claimed, how far')
})

/** `n` of each event goes into `written`, which may fail for one. */
const writing = (written: SQL): NonNullable<ConsumerOptions['inOneStatement']> => {
  return async (_, events) => ({
    effects: sql`written as (
      insert into effects (event_id) select g.id from jsonb_to_recordset(${JSON.stringify(
        events.map(({ id, data }, at) => ({ at, event_id: uuidOf(id), id, n: data['n'] })),
      )}::jsonb) as g (at int, event_id uuid, id text, n int)
      join claimed using (event_id) where ${written} order by g.at)`,
  })
}

t.test('where claim and effects are one statement, so is the batch with its commit', async (t) => {
  const { texts, events, effects } = await burst(t, { inOneStatement: writing(sql`true`) })
  t.same([...effects].sort(), events.map(({ id }) => id).sort())
  t.equal(texts.length, 2 + 4, 'claim and effects; who walks, since when, what is claimed, how far')
})

t.test(
  'what the statement leaves is handled in a transaction, and what is nobody’s concern is not claimed',
  async (t) => {
    const { texts, events, effects, system } = await burst(t, {
      concerns: ({ data }) => Number(data['n']) >= 10,
      inOneStatement: async (...given) => ({
        ...(await writing(sql`true`)(...given)),
        only: sql`d.position % 2 = 0`,
      }),
    })
    const wanted = events.filter(({ data }) => Number(data['n']) >= 10).map(({ id }) => id)
    t.same([...effects].sort(), wanted.sort())
    t.equal(rowsOf(await system.execute(sql`select 1 from inbox`)).length, 90)
    t.equal(texts.filter((text) => text.startsWith('begin')).length, 2)
  },
)

for (const [how, together] of [
  ['one after another', {}],
  ['in one statement', { handleAll }],
  ['in the statement that claims them', { inOneStatement: writing(sql`1 / (n - 42) is not null`) }],
] as const)
  t.test(`one that fails among a hundred, ${how}: the others once and in order, it five times`, async (t) => {
    const tries: string[] = []
    let poison: string | undefined
    const isPoison = (event: EventEnvelope) => event.data['n'] === 42 && Boolean((poison = event.id))
    const { events, effects, system } = await burst(t, {
      handle: async (tx, event) => {
        await handle(tx, event)
        if (!isPoison(event)) return
        tries.push(event.id)
        throw new Error('planted')
      },
      ...('inOneStatement' in together && together),
      ...('handleAll' in together && {
        handleAll: async (tx, batch) => {
          await handleAll(tx, batch)
          if (!batch.some(isPoison)) return
          tries.push('with others')
          throw new Error('planted')
        },
      }),
    })
    t.equal(tries.length, 5)
    t.same(
      [...effects].sort(),
      events
        .map(({ id }) => id)
        .filter((id) => id !== poison)
        .sort(),
    )
    const places = new Map(events.map((event) => [event.id, event]))
    const seen = new Map<string, number>()
    for (const id of effects) {
      const { subject, version } = places.get(id) as EventEnvelope
      if (version <= (seen.get(subject) ?? 0)) t.fail(`version ${version} of ${subject} came late`)
      seen.set(subject, version)
    }
    t.match(rowsOf(await system.execute(sql`select attempts, state, reason from dead_letters`)), [
      { attempts: 5, state: 'dead', reason: 'Error: planted' },
    ])
  })
