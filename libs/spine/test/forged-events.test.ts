// What somebody publishes who is not the producer: refused by every kind of reader, logged and counted, and in nobody's
// way.
import t, { type Test } from 'tap'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { testDatabase } from '@gatehouse/test-kit/database'
import { forgeryKinds, publishForgeries } from '@gatehouse/test-kit/forgeries'
import { testNats } from '@gatehouse/test-kit/nats'
import { createSampleProducer, ThingChanged } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { createConsumer } from '../src/consume/consumer.ts'
import { createProjection } from '../src/follow/projection.ts'
import { createReader } from '../src/follow/reader.ts'

type Line = { message: string; reason?: string; refused?: number }

/**
 * A producer on the bus, and everything a reader of its events is made of. Polls never come: only the bus brings
 * events.
 */
async function openBus(t: Test) {
  const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
  const nats = await testNats(t)
  const { client, spine, announce } = createSampleProducer(database, { nats, snapshots: { state: async () => {} } })
  spine.start()
  t.teardown(spine.stop)
  const lines: Line[] = []
  const log = createLogger({
    name: 'test',
    level: 'warn',
    destination: { write: (line) => void lines.push(JSON.parse(line) as Line) },
  })
  const seen: EventEnvelope[] = []
  const announceOne = (n: number) => announce([{ n }], { announce: 'await' })
  /** Announces until the bus, and not the poll, brings events to the reader. */
  const untilOpen = () =>
    waitUntil('the bus brings events', async () => {
      await announceOne(0)
      return seen.length > 0
    })
  const forgeAll = async () => {
    const genuine = seen.at(-1) as EventEnvelope
    await publishForgeries({
      link: nats,
      producer: 'tokens',
      genuine,
      // What comes next, and what is far ahead: neither may be taken, nor wait for its turn.
      forged: (i) => ({
        ...genuine,
        id: newId('evt'),
        subject: newId('thing'),
        position: genuine.position + 1 + (i % 2) * 50,
        data: { n: 666 },
      }),
    })
  }
  /** None of the forgeries, and every true event, once. */
  const expectTrueOnes = async (t: Test) => {
    for (let n = 1; n <= 5; n += 1) await announceOne(n)
    const told = () => seen.map(({ data }) => Number(data['n'])).filter((n) => n !== 0)
    await waitUntil('the true events have come', () => told().length >= 5)
    t.same(
      told().sort((one, other) => one - other),
      [1, 2, 3, 4, 5],
    )
    const refusals = lines.filter(({ reason }) => reason !== undefined)
    t.ok(refusals.length > 0, 'it was logged')
    t.ok(refusals.length < forgeryKinds.length, 'and not once per message')
  }
  return { database, nats, client, log, seen, untilOpen, forgeAll, expectTrueOnes }
}

const rarely = 3_600_000

t.test('a reader in memory takes none of them', async (t) => {
  const bus = await openBus(t)
  const reader = createReader({
    ...bus,
    name: 'test--memory',
    producer: 'tokens',
    clock: systemClock,
    pollMs: rarely,
    apply: (events) => void bus.seen.push(...events),
  })
  reader.start()
  t.teardown(reader.stop)
  await bus.untilOpen()
  await bus.forgeAll()
  await bus.expectTrueOnes(t)
})

t.test('a projection takes none of them, and parks none', async (t) => {
  const bus = await openBus(t)
  const system = bus.database.connect('workers', 'system')
  const projection = createProjection({
    ...bus,
    name: 'workers--things',
    producer: 'tokens',
    system,
    clock: systemClock,
    pollMs: rarely,
    apply: async () => {},
    reset: async () => {},
    onApplied: (events) => void bus.seen.push(...events),
  })
  projection.start()
  t.teardown(projection.stop)
  await bus.untilOpen()
  await bus.forgeAll()
  await bus.expectTrueOnes(t)
  t.equal((await system.execute('select from parked_events')).length, 0)
})

t.test('a consumer takes none of them, and keeps no dead letter', async (t) => {
  const bus = await openBus(t)
  const system = bus.database.connect('workers', 'system')
  const consumer = createConsumer({
    ...bus,
    name: 'workers--things',
    producers: [{ name: 'tokens', client: bus.client }],
    subjects: [ThingChanged.type],
    system,
    clock: systemClock,
    pollMs: rarely,
    handle: async (_tx, event) => void bus.seen.push(event),
  })
  consumer.start()
  t.teardown(consumer.stop)
  await bus.untilOpen()
  await bus.forgeAll()
  await bus.expectTrueOnes(t)
  t.equal((await system.execute('select from dead_letters')).length, 0)
})
