// Readers: everything arrives, once and in order, by whichever path is left; and nobody calls itself current without
// proof.
import t from 'tap'
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '../src/nats/connection.ts'
import { createReader, type ReaderOptions } from '../src/follow/reader.ts'
import type { SnapshotView } from '../src/produce/snapshot.ts'
import type { SpineClient } from '../src/follow/spine-client.ts'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase, type Teardown } from '@gatehouse/test-kit/database'
import { eventKeysOf } from '@gatehouse/test-kit/service-keys'
import { quietLog } from '@gatehouse/test-kit/log'
import { noNats, testNats } from '@gatehouse/test-kit/nats'
import { startNatsServer } from '@gatehouse/test-kit/nats-server'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)
const stateView: { state: SnapshotView } = {
  state: async (emit, tx) => {
    for (const row of rowsOf<{ position: string }>(
      await tx.execute(sql`select position from outbox where position is not null order by position`),
    ))
      await emit({ position: Number(row.position) })
  },
}

/** A reader that writes down the positions it was given, beginning with those of the snapshot. */
function recordingReader(t: Teardown, o: Partial<ReaderOptions> & Pick<ReaderOptions, 'client'>) {
  const applied: number[] = []
  const reader = createReader({
    name: 'test',
    producer: 'tokens',
    nats: noNats(),
    log: quietLog,
    clock: systemClock,
    load: async (records) => {
      const loaded: number[] = []
      for await (const record of records) loaded.push((record as { position: number }).position)
      applied.splice(0, applied.length, ...loaded)
    },
    apply: (events: EventEnvelope[]) => void applied.push(...events.map((event) => event.position)),
    ...o,
  })
  reader.start()
  t.teardown(reader.stop)
  return { reader, applied }
}

t.test('without NATS a reader loads the snapshot, then gets everything by the poll', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats(), snapshots: stateView })
  await announce(numbers(5).map((n) => ({ n })))
  const { reader, applied } = recordingReader(t, { client, pollMs: 50 })
  t.notOk(reader.ready())
  t.throws(() => reader.requireFresh(), { code: 'not_current' })
  await waitUntil('it is ready', () => reader.ready())
  t.doesNotThrow(() => reader.requireFresh())
  await announce(numbers(700).map((n) => ({ n })))
  t.ok(await reader.waitFor(705, 5000))
  t.same(applied, numbers(705, 1))
})

t.test('the tail brings an event long before the next poll', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const nats = await testNats(t)
  const { client, announce, spine } = createSampleProducer(database, { nats, snapshots: stateView })
  spine.start()
  t.teardown(spine.stop)
  const { reader, applied } = recordingReader(t, { client, nats, pollMs: 3_600_000 })
  await waitUntil('it is ready', () => reader.ready())
  // Until the tail is open only the poll would bring an event; several may be announced before the first arrives.
  let announced = 0
  const announceOne = async () => {
    await announce([{ n: announced }])
    announced += 1
  }
  await waitUntil('the tail is open', async () => {
    await announceOne()
    return applied.length > 0
  })
  for (let more = 0; more < 50; more += 1) await announceOne()
  await waitUntil('all have come', () => applied.length === announced)
  t.same(applied, numbers(announced, 1))
})

t.test('a message lost between two others is fetched by the poll before anything after it is applied', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const nats = await testNats(t)
  // The relay's third publication is acknowledged without being sent.
  let published = 0
  const lossy = {
    ...nats,
    publish: (messages: Parameters<typeof nats.publish>[0]) =>
      messages.flatMap((message) => (++published === 3 ? Promise.resolve() : nats.publish([message]))),
  }
  const { client, announce, spine } = createSampleProducer(database, { nats: lossy, snapshots: stateView })
  const { reader, applied } = recordingReader(t, { client, nats, pollMs: 3_600_000 })
  await waitUntil('it is ready', () => reader.ready() && reader.position() === 0)
  await new Promise<void>((resolve) => nats.onConnect(resolve))
  spine.start()
  t.teardown(spine.stop)
  await waitUntil(
    'the tail is open',
    async () =>
      (
        await nats
          .session()!
          .manager.streams.info(nats.scoped.stream('GATEHOUSE_TOKENS'))
          .catch(() => undefined)
      )?.state.consumer_count === 1,
  )
  for (const n of numbers(6)) await announce([{ n }], { announce: 'await' })
  await waitUntil('all have come', () => applied.length === 6)
  t.same(applied, numbers(6, 1))
  t.ok(published >= 6)
})

t.test('a reader stays current while NATS hangs and dies, and its tail is back after NATS is', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const server = await startNatsServer(t)
  const nats = connectNats({ url: server.url, name: 'test', log: quietLog, keys: eventKeysOf() })
  t.teardown(nats.close)
  const { client, announce, spine } = createSampleProducer(database, { nats, snapshots: stateView })
  spine.start()
  t.teardown(spine.stop)
  const { reader, applied } = recordingReader(t, { client, nats, pollMs: 100 })
  await waitUntil('it is ready', () => reader.ready())
  server.hang()
  await announce(numbers(10).map((n) => ({ n })))
  t.ok(await reader.waitFor(10, 2000), 'the poll delivers while NATS hangs')
  t.ok(reader.isCurrent(1000))
  server.resume()
  await server.kill()
  server.wipe()
  await announce(numbers(10).map((n) => ({ n })))
  t.ok(await reader.waitFor(20, 2000), 'the poll delivers while NATS is away')
  await server.start()
  await waitUntil(
    'the relay has caught up',
    async () =>
      (
        await nats
          .session()
          ?.manager.streams.info('GATEHOUSE_TOKENS')
          .catch(() => undefined)
      )?.state.consumer_count === 1,
    20_000,
  )
  await announce(numbers(10).map((n) => ({ n })))
  t.ok(await reader.waitFor(30, 2000))
  t.same(applied, numbers(30, 1), 'each position once, in order')
})

t.test('without an answer of the producer a reader is no longer current, and says so', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats(), snapshots: stateView })
  let cut = false
  let nowMs = 0
  const unsteady: SpineClient = {
    ...client,
    changes: (query) => (cut ? Promise.reject(new Error('unreachable')) : client.changes(query)),
  }
  const { reader } = recordingReader(t, {
    client: unsteady,
    pollMs: 20,
    clock: { now: () => new Date(), monotonicMs: () => nowMs },
  })
  await waitUntil('it is current', () => reader.isCurrent())
  cut = true
  nowMs += 4000
  await t.rejects(reader.pollNow(), { code: 'not_current' })
  t.ok(reader.isCurrent(), 'four seconds old is current enough')
  nowMs += 1500
  t.notOk(reader.isCurrent())
  t.throws(() => reader.requireFresh(), { code: 'not_current' })
  t.notOk(await reader.waitFor(1, 50))
  cut = false
  await announce([{ n: 1 }])
  await reader.pollNow()
  t.equal(reader.position(), 1)
  t.ok(reader.isCurrent())
})

t.test('freshness is counted from the moment of asking, not of the answer', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { client } = createSampleProducer(database, { nats: noNats(), snapshots: stateView })
  let nowMs = 0
  const slow: SpineClient = {
    ...client,
    changes: async (query) => {
      const page = await client.changes(query)
      nowMs += 3000
      return page
    },
  }
  const { reader } = recordingReader(t, {
    client: slow,
    pollMs: 3_600_000,
    clock: { now: () => new Date(), monotonicMs: () => nowMs },
  })
  await waitUntil('it is ready', () => reader.ready())
  t.ok(reader.isCurrent(3000))
  t.notOk(reader.isCurrent(2999))
})

t.test('a restored database (another epoch, or a head below) makes a reader load anew', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { client, announce } = createSampleProducer(database, { nats: noNats(), snapshots: stateView })
  await announce(numbers(5).map((n) => ({ n })))
  const { reader, applied } = recordingReader(t, { client, pollMs: 20 })
  await waitUntil('it has read', () => reader.position() === 5)
  // A backup in which the last two events never happened; the tables belong to the owner of the test.
  const system = database.connect('tokens', 'system')
  await system.execute(sql`update outbox set position = position + 1000 where position > 3`)
  await system.execute(sql`update spine_head set position = 3`)
  await waitUntil('it has loaded anew', () => reader.position() === 3)
  t.same(
    applied.filter((position) => position <= 3),
    [1, 2, 3],
  )
})

t.test('a snapshot that is cut short is never taken for the whole', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  let isBroken = true
  const { client, announce } = createSampleProducer(database, {
    nats: noNats(),
    snapshots: {
      state: async (emit, tx) => {
        await stateView.state(emit, tx)
        if (isBroken) throw new Error('the connection is gone')
      },
    },
  })
  await announce(numbers(3).map((n) => ({ n })))
  const { reader, applied } = recordingReader(t, { client, pollMs: 20 })
  await t.rejects(reader.pollNow(), { code: 'not_current' })
  t.same(applied, [])
  t.notOk(reader.ready())
  isBroken = false
  await waitUntil('it is ready', () => reader.ready())
  t.same(applied, [1, 2, 3])
})
