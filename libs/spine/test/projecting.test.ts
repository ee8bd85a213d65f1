// Projections: each event is applied once whichever replica sees it first, nothing is skipped, and a poison event costs
// only its aggregate.
import t from 'tap'
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createProjection, type ProjectionOptions } from '../src/follow/projection.ts'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase, type Teardown, type TestDatabase } from '@gatehouse/test-kit/database'
import { seed } from '@gatehouse/test-kit/fixed-seed'
import { quietLog } from '@gatehouse/test-kit/log'
import { noNats, testNats } from '@gatehouse/test-kit/nats'
import { createSampleProducer, ThingChanged } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

/** The copy: one row per applied event. It lives in the schema of authz, as a service's table would. */
async function withCopy(database: TestDatabase): Promise<Db> {
  const owner = database.connect('authz', 'owner', 1)
  await owner.execute(sql`create table copies (event_id text, aggregate text, version int, n int, position bigint)`)
  await owner.execute(sql`grant select, insert, delete on copies to authz_system`)
  return database.connect('authz', 'system', 6)
}
const copyOf = async (system: Db) =>
  rowsOf<{ aggregate: string; version: number; n: number; position: string }>(
    await system.execute(sql`select aggregate, version, n, position from copies order by position`),
  )

const applyCopy = async (tx: Tx, event: EventEnvelope) => {
  if (event.data['n'] === 666) await tx.execute(sql`select 1 / (${event.version}::int - ${event.version}::int)`)
  await tx.execute(
    sql`insert into copies values (${event.id}, ${event.subject}, ${event.version}, ${event.data['n']},
      ${event.position})`,
  )
}

function startProjection(t: Teardown, o: Partial<ProjectionOptions> & Pick<ProjectionOptions, 'client' | 'system'>) {
  const projection = createProjection({
    name: 'authz--things',
    producer: 'tokens',
    nats: noNats(),
    log: quietLog,
    clock: systemClock,
    apply: applyCopy,
    pollMs: 20,
    ...o,
  })
  projection.start()
  t.teardown(projection.stop)
  return projection
}

t.test('two replicas apply every event once, and both tell their caches', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
  const nats = await testNats(t)
  const { client, announce, spine } = createSampleProducer(database, { nats })
  const system = await withCopy(database)
  spine.start()
  t.teardown(spine.stop)
  const told = [new Set<number>(), new Set<number>()]
  const replicas = told.map((set) =>
    startProjection(t, {
      client,
      system,
      nats,
      onApplied: (events) => events.forEach((event) => set.add(event.position)),
    }),
  )
  // Whoever begins later is not told what the other has applied by then.
  await waitUntil('both have begun', async () => replicas.every((replica) => replica.isCurrent()))
  for (const n of numbers(60)) await announce([{ n }, { n }])
  for (const replica of replicas) t.ok(await replica.waitFor(120, 5000))
  await Promise.all(replicas.map((replica) => replica.pollNow()))
  t.same(
    (await copyOf(system)).map((row) => Number(row.position)),
    numbers(120, 1),
  )
  t.same(
    told.map((set) => set.size),
    [120, 120],
  )
  t.ok(replicas.every((replica) => replica.isCurrent()))
})

t.test('a replica that was away continues from the database, without applying twice', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats() })
  const system = await withCopy(database)
  await announce(numbers(30).map((n) => ({ n })))
  const first = startProjection(t, { client, system })
  t.ok(await first.waitFor(30, 5000))
  await first.stop()
  let resets = 0
  const late = startProjection(t, { client, system, onReset: () => (resets += 1) })
  t.ok(await late.waitFor(30, 5000))
  t.equal(resets, 1, 'what it may have cached before it began goes')
  await late.stop()
  await announce(numbers(30).map((n) => ({ n })))
  const second = startProjection(t, { client, system })
  t.ok(await second.waitFor(60, 5000))
  t.same(
    (await copyOf(system)).map((row) => Number(row.position)),
    numbers(60, 1),
  )
})

t.test('a poison event parks its aggregate alone, the rest goes on, and a replay heals it in order', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats() })
  const system = await withCopy(database)
  let isFixed = false
  const apply = (tx: Tx, event: EventEnvelope) =>
    isFixed ? applyCopy(tx, { ...event, data: { n: 1 } }) : applyCopy(tx, event)
  let resets = 0
  const projection = startProjection(t, { client, system, apply })
  const other = startProjection(t, { client, system, apply, onReset: () => (resets += 1) })
  const [sick, well] = [newId('thing'), newId('thing')]
  await announce([
    { n: 1, aggregateId: sick, version: 1 },
    { n: 1, aggregateId: well, version: 1 },
  ])
  await announce([
    { n: 666, aggregateId: sick, version: 2 },
    { n: 2, aggregateId: well, version: 2 },
  ])
  await announce([
    { n: 3, aggregateId: sick, version: 3 },
    { n: 3, aggregateId: well, version: 3 },
  ])
  t.ok(await projection.waitFor(6, 5000))
  await Promise.all([projection.pollNow(), other.pollNow()])
  t.ok(projection.isCurrent(), 'the others stay current')
  t.same(
    (await copyOf(system)).filter((row) => row.aggregate === well).map((row) => row.version),
    [1, 2, 3],
  )
  t.same(
    (await copyOf(system)).filter((row) => row.aggregate === sick).map((row) => row.version),
    [1],
  )
  t.same([projection.isParked(sick), projection.isParked(well), other.isParked(sick)], [true, false, true])
  t.match(rowsOf<{ reason: string }>(await system.execute(sql`select reason from parked_events order by position`)), [
    { reason: 'PostgreSQL 22012' },
    { reason: /earlier event/ },
  ])

  t.equal(await projection.replayParked(), 0, 'as long as it is poison it stays')
  isFixed = true
  const resetsBefore = resets
  t.equal(await projection.replayParked(sick), 2)
  t.same(
    (await copyOf(system)).filter((row) => row.aggregate === sick).map((row) => row.version),
    [1, 2, 3],
  )
  await other.pollNow()
  t.same([projection.isParked(sick), other.isParked(sick)], [false, false])
  t.ok(resets > resetsBefore, 'the other replica dropped what it had cached of the sick one')
})

t.test('a database that is away parks nothing', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats() })
  const system = await withCopy(database)
  let isAway = true
  const projection = startProjection(t, {
    client,
    system,
    apply: (tx, event) =>
      isAway ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })) : applyCopy(tx, event),
  })
  await announce([{ n: 1 }])
  await t.rejects(projection.pollNow(), { code: 'not_current' })
  t.notOk(projection.ready())
  isAway = false
  t.ok(await projection.waitFor(1, 5000))
  t.same(rowsOf(await system.execute(sql`select 1 from parked_events`)), [])
})

t.test('another epoch replaces the copy by a snapshot, in one transaction and by one replica', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, {
    nats: noNats(),
    snapshots: {
      state: async (emit, tx) => {
        for (const row of rowsOf<{ n: number }>(
          await tx.execute(sql`select (payload->>'n')::int as n from outbox where position is not null`),
        ))
          await emit(row)
      },
    },
  })
  const system = await withCopy(database)
  let loads = 0
  const reset = async (tx: Tx, records: AsyncIterable<object>) => {
    loads += 1
    await tx.execute(sql`delete from copies`)
    for await (const record of records)
      await tx.execute(sql`insert into copies values ('', 'loaded', 0, ${(record as { n: number }).n}, 0)`)
  }
  await announce([{ n: 1 }, { n: 2 }])
  const replicas = numbers(2).map(() => startProjection(t, { client, system, reset }))
  for (const replica of replicas) await waitUntil('it is ready', () => replica.ready())
  t.equal(loads, 1)
  await announce([{ n: 3 }])
  for (const replica of replicas) t.ok(await replica.waitFor(3, 5000))
  // A restore: another epoch, and a history in which the third event never happened.
  const before = replicas[0]!.epoch()
  await (await restoredOwner(database)).execute(sql`update spine_head set epoch = gen_random_uuid(), position = 2`)
  for (const replica of replicas)
    await waitUntil('it follows the other epoch', () => replica.epoch() !== before && replica.isCurrent())
  t.same([loads, replicas.map((replica) => replica.position())], [2, [2, 2]])
  t.same(
    (await copyOf(system)).map((row) => row.aggregate),
    ['loaded', 'loaded'],
  )
})

const restoredOwner = async (database: TestDatabase) => {
  const owner = database.connect('tokens', 'owner', 1)
  // What the restored backup does not know is taken out as the restore would: the owner may switch the row-level
  // security off.
  await owner.execute(sql`alter table outbox no force row level security`)
  await owner.execute(sql`delete from outbox where position > 2`)
  return owner
}

/** mulberry32: what a red run was given can be given again. */
function createRandom(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const storedPlace = async (system: Db) =>
  Number(rowsOf<{ position: string }>(await system.execute(sql`select position from projection_cursors`))[0]?.position)

t.test('a filtered projection stands at the head, and its row moves for what it wants', async (t) => {
  const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats(), snapshots: { state: async () => {} } })
  const system = await withCopy(database)
  let resets = 0
  const reset = async () => void (resets += 1)
  const start = () => startProjection(t, { client, system, reset, subjects: [ThingChanged.type] })
  const first = start()
  await waitUntil('it has loaded', () => first.isCurrent())
  await announce([{ n: 1 }, { n: 2, ignored: true }, { n: 3 }, ...numbers(40).map((n) => ({ n, ignored: true }))])
  t.ok(await first.waitFor(43, 5000), 'complete up to the head')
  t.ok(first.isCurrent())
  const wanted = async () => (await copyOf(system)).map((row) => row.n)
  t.same(
    [await wanted(), await storedPlace(system)],
    [[1, 3], 43],
    'the page that brought the last of them was complete up to the head',
  )
  await announce(numbers(50).map((n) => ({ n, ignored: true })))
  t.ok(await first.waitFor(93, 5000))
  t.equal(await storedPlace(system), 43, 'nothing that is wanted came: not one write')
  await announce([{ n: 4 }])
  t.ok(await first.waitFor(94, 5000))
  t.same([await wanted(), await storedPlace(system)], [[1, 3, 4], 94])
  await announce(numbers(1000).map((n) => ({ n, ignored: true })))
  t.ok(await first.waitFor(1094, 5000))
  t.equal(await storedPlace(system), 1094, 'it does not stay behind for good')
  await announce(numbers(30).map((n) => ({ n, ignored: true })))
  t.ok(await first.waitFor(1124, 5000))
  await first.stop()
  t.equal(resets, 1)
  // Its row is behind the retention of its producer now: the copy is made anew.
  const owner = database.connect('tokens', 'owner', 1)
  await owner.execute(sql`alter table outbox no force row level security`)
  await owner.execute(sql`delete from outbox where position <= 1120`)
  const second = start()
  await waitUntil('it has loaded anew', () => second.isCurrent())
  t.same([resets, second.position(), await storedPlace(system)], [2, 1124, 1124])
})

t.test(
  'filtered: delivered one to five times and late, by two replicas, each event is applied once and in order (R14)',
  async (t) => {
    const database = await testDatabase(t, { services: ['tokens', 'authz'], spineOnly: true })
    const nats = await testNats(t)
    // Without a relay: what arrives on the bus, when and how often, is said below.
    const { client, announce, spine } = createSampleProducer(database, { nats })
    const system = await withCopy(database)
    const rarely = 3_600_000
    const shared = { client, system, nats, subjects: [ThingChanged.type], pollMs: rarely }
    const replicas = numbers(2).map(() => startProjection(t, shared))
    const random = createRandom(seed)
    const aggregates = numbers(5).map(() => newId('thing'))
    const versions = new Map<string, number>()
    const late: { event: EventEnvelope; copy: number; due: number }[] = []
    for (let step = 0; step < 20; step += 1) {
      const { head } = await spine.sequence()
      await announce(
        numbers(10).map((n) => {
          const aggregateId = aggregates[Math.floor(random() * aggregates.length)] ?? ''
          const version = (versions.get(aggregateId) ?? 0) + 1
          versions.set(aggregateId, version)
          return { n, aggregateId, version, ignored: random() < 0.6 }
        }),
      )
      const { events } = await client.changes({ after: head })
      for (const event of events)
        for (let copy = 0; copy < 1 + Math.floor(random() * 5); copy += 1)
          late.push({ event, copy, due: event.position + random() * 100 })
      const due = late.filter((delivery) => delivery.due <= head + 10 || step === 19).sort((a, b) => a.due - b.due)
      for (const { event, copy } of due)
        await nats.publish([{ subject: event.type, id: `${event.id}-${copy}`, payload: JSON.stringify(event) }])[0]
      late.splice(0, late.length, ...late.filter((delivery) => !due.includes(delivery)))
    }
    await Promise.all(replicas.map((replica) => replica.pollNow()))
    const { events } = await client.changes({ after: 0, limit: 1000 })
    t.same(
      (await copyOf(system)).map(({ aggregate, version, position }) => [aggregate, version, Number(position)]),
      events
        .filter(({ type }) => type === ThingChanged.type)
        .map(({ subject, version, position }) => [subject, version, position]),
    )
    t.same(
      replicas.map((replica) => replica.position()),
      [200, 200],
    )
  },
)
