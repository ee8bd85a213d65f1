/**
 * One suite that any consumer can be put through: whatever is delivered, however often, in whatever order and by
 * whichever path, each event has its database effect once. A service passes the name, the subjects and the effect of
 * its consumer and says how to make events it wants and how to count their effects; the suite brings the producer,
 * NATS, the replicas and the faults.
 */
import type { Test } from 'tap'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createConsumer, type Consumer, type ConsumerOptions } from '@gatehouse/spine/consume/consumer'
import { createDeadLetters, type DeadLetters } from '@gatehouse/spine/dead-letters/dead-letters'
import { anonymous } from '@gatehouse/access/callers/caller'
import type { NatsLink } from '@gatehouse/spine/nats/connection'
import { appendEvent, type NewEvent } from '@gatehouse/spine/produce/outbox'
import { createLocalClient, createSpine, type Spine } from '@gatehouse/spine/produce/producer'
import type { EventContract, EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { testDatabase, type TestDatabase } from './database.ts'
import { publishForgeries } from './forgeries.ts'
import { quietLog } from './log.ts'
import { noNats, testNats, testNatsUrl } from './nats.ts'
import { waitUntil } from './wait-until.ts'

export type ConsumerUnderTest = {
  /** Whose schema and migrations the effects live in. */
  service: ServiceName
  /** Whose events it is given. */
  producer: ServiceName
  /** Only the spine of `service` is migrated: for consumers that bring their own tables in `prepare`. */
  spineOnly?: boolean
  prepare?(database: TestDatabase): Promise<void>
  consumer(
    system: Db,
  ): Pick<ConsumerOptions, 'name' | 'subjects' | 'handle'> & Pick<ConsumerOptions, 'concerns' | 'inOneStatement'>
  /** The i-th event of a kind it wants, of the given aggregate. */
  sample(i: number, aggregateId: string): Omit<NewEvent<EventContract>, 'aggregateId' | 'version'>
  /** Prefix of the aggregate's ids. */
  aggregatePrefix: string
  /** Effects in the database, one entry per effect: the ids of the events that had them, in the order they happened. */
  effects(system: Db): Promise<string[]>
}

type Stage = {
  database: TestDatabase
  spine: Spine
  client: SpineClient
  nats: NatsLink
  system: Db
  /** Announces events over three aggregates and returns them as the producer tells them. */
  announce(count: number): Promise<EventEnvelope[]>
  start(change?: Partial<ConsumerOptions>): Consumer
}

/** Adds the suite to `t` as sub-tests. */
export async function consumerSuite(t: Test, subject: ConsumerUnderTest): Promise<void> {
  await t.test('each event has one effect, by JetStream and by the poll', (t) => onceByEitherPath(t, subject))
  await t.test('without NATS every event has one effect', (t) => withoutNats(t, subject))
  await t.test('repeated and shuffled deliveries change nothing', (t) => repeatedAndShuffled(t, subject))
  await t.test('two replicas side by side handle each event once', (t) => twoReplicas(t, subject))
  await t.test('what its producer did not sign has no effect', (t) => forged(t, subject))
  await t.test('events of one aggregate take effect in order', (t) => inOrder(t, subject))
  await t.test('an effect that fails takes its claim back, is tried five times, set aside and replayed', (t) =>
    failing(t, subject),
  )
}

async function setStage(t: Test, subject: ConsumerUnderTest, withNats: boolean): Promise<Stage> {
  const services = subject.service === subject.producer ? [subject.service] : [subject.service, subject.producer]
  const database = await testDatabase(t, { services, spineOnly: subject.spineOnly ?? false })
  await subject.prepare?.(database)
  const nats = withNats ? await testNats(t, testNatsUrl(), subject.producer) : noNats()
  const producing = database.connect(subject.producer, 'system')
  const spine = createSpine({
    service: subject.producer,
    runtime: producing,
    system: producing,
    nats,
    log: quietLog,
    clock: systemClock,
  })
  spine.start()
  t.teardown(spine.stop)
  const client = createLocalClient({ spine, system: producing, snapshots: {} })
  const system = database.connect(subject.service, 'system', 10)
  const versions = new Map<string, number>()
  const aggregates = [0, 1, 2].map(() => newId(subject.aggregatePrefix))
  return {
    database,
    spine,
    client,
    nats,
    system,
    announce: async (count) => {
      const { head } = await spine.sequence()
      for (let i = 0; i < count; i += 1) {
        const aggregateId = aggregates[i % aggregates.length] ?? ''
        const version = (versions.get(aggregateId) ?? 0) + 1
        versions.set(aggregateId, version)
        await spine.write({}, (tx) => appendEvent(tx, { ...subject.sample(i, aggregateId), aggregateId, version }), {
          db: 'system',
        })
      }
      return (await spine.changes({ after: head, limit: 1000 })).events
    },
    start: (change = {}) => {
      const consumer = createConsumer({
        ...subject.consumer(system),
        producers: [{ name: subject.producer, client }],
        system,
        nats,
        log: quietLog,
        clock: systemClock,
        pollMs: 100,
        ...change,
      })
      consumer.start()
      t.teardown(consumer.stop)
      return consumer
    },
  }
}

const idsOf = (events: readonly EventEnvelope[]) => events.map((event) => event.id).sort()

/** Waits until every event has had an effect, gives repeats time to show, and compares. */
async function expectOnce(
  t: Test,
  o: { subject: ConsumerUnderTest; stage: Stage; events: readonly EventEnvelope[]; consumers: readonly Consumer[] },
): Promise<void> {
  const { subject, stage, events } = o
  await waitUntil(
    'every event has had its effect',
    async () => new Set(await subject.effects(stage.system)).size >= events.length,
    20_000,
  )
  for (const consumer of o.consumers) await consumer.catchUpNow()
  t.same((await subject.effects(stage.system)).sort(), idsOf(events), 'each event, and each once')
}

async function onceByEitherPath(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, true)
  const before = await stage.announce(20)
  const consumer = stage.start()
  const after = await stage.announce(40)
  await expectOnce(t, { subject, stage, events: [...before, ...after], consumers: [consumer] })
}

async function withoutNats(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, false)
  const consumer = stage.start()
  const events = await stage.announce(30)
  await expectOnce(t, { subject, stage, events, consumers: [consumer] })
}

async function repeatedAndShuffled(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, true)
  const events = await stage.announce(40)
  const consumer = stage.start()
  // Under message ids of their own JetStream takes them for new ones.
  const deliveries = events.flatMap((event, i) =>
    Array.from({ length: (i % 5) + 1 }, (_, copy) => ({ event, copy, weight: (i * 7919 + copy * 104_729) % 97 })),
  )
  for (const { event, copy } of deliveries.sort((a, b) => a.weight - b.weight)) {
    await stage.nats.publish([{ subject: event.type, id: `${event.id}-${copy}`, payload: JSON.stringify(event) }])[0]
  }
  await expectOnce(t, { subject, stage, events, consumers: [consumer] })
}

async function twoReplicas(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, true)
  const consumers = [stage.start(), stage.start()]
  const events = await stage.announce(60)
  await expectOnce(t, { subject, stage, events, consumers })
}

async function forged(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, true)
  const consumer = stage.start()
  const before = await stage.announce(3)
  const genuine = before.at(-1) as EventEnvelope
  await publishForgeries({
    link: stage.nats,
    producer: subject.producer,
    genuine,
    forged: (i) => ({ ...genuine, id: newId('evt'), position: genuine.position + 1 + i }),
  })
  const after = await stage.announce(3)
  await expectOnce(t, { subject, stage, events: [...before, ...after], consumers: [consumer] })
  t.same(await deadLettersOf(subject, stage).list({ limit: 10 }), [], 'nor is it kept')
}

async function inOrder(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, true)
  const consumer = stage.start()
  const events = await stage.announce(60)
  await expectOnce(t, { subject, stage, events, consumers: [consumer] })
  const byId = new Map(events.map((event) => [event.id, event]))
  const seen = new Map<string, number[]>()
  for (const id of await subject.effects(stage.system)) {
    const event = byId.get(id) as EventEnvelope
    seen.set(event.subject, [...(seen.get(event.subject) ?? []), event.version])
  }
  for (const versions of seen.values())
    t.same(
      versions,
      [...versions].sort((a, b) => a - b),
    )
}

async function failing(t: Test, subject: ConsumerUnderTest): Promise<void> {
  const stage = await setStage(t, subject, true)
  const { handle, inOneStatement, name } = subject.consumer(stage.system)
  let poison: string | undefined
  let isHealed = false
  let tries = 0
  const failingHandle: ConsumerOptions['handle'] = async (tx, event) => {
    await handle(tx, event)
    if (event.version === 2) poison ??= event.id
    if (event.id !== poison || isHealed) return
    tries += 1
    throw new Error('planted')
  }
  /** The statement of several fails with the one among them. */
  const failFor = (events: readonly EventEnvelope[]): void => {
    if (!isHealed && events.some(({ version }) => version === 2)) throw new Error('planted')
  }
  const consumer = stage.start({
    handle: failingHandle,
    ...(inOneStatement && { inOneStatement: async (...given) => (failFor(given[1]), inOneStatement(...given)) }),
  })
  const letters = deadLettersOf(subject, stage, failingHandle)
  const events = await stage.announce(12)
  const letter = await waitUntil(
    'it is set aside',
    async () => (await letters.list({ reader: name, limit: 10 }))[0],
    20_000,
  )
  await expectOnce(t, { subject, stage, events: events.filter((event) => event.id !== poison), consumers: [consumer] })
  t.same([tries, letter.attempts, letter.event_id, letter.reason], [5, 5, poison, 'Error: planted'])
  t.same(await letters.replay(anonymous, letter.id), { outcome: 'failed', reason: 'Error: planted' })
  t.match(await letters.list({ limit: 10 }), [{ id: letter.id, attempts: 6 }], 'it stays, with one try more')
  isHealed = true
  t.same(await letters.replay(anonymous, letter.id), { outcome: 'replayed' })
  await t.rejects(letters.replay(anonymous, letter.id), { code: 'not_found' })
  await expectOnce(t, { subject, stage, events, consumers: [consumer] })
}

/** What the service of the consumer set aside, as its own spine would tell of it. */
function deadLettersOf(
  subject: ConsumerUnderTest,
  { system, nats }: Stage,
  handle: ConsumerOptions['handle'] = subject.consumer(system).handle,
): DeadLetters {
  const { service } = subject
  const spine = createSpine({ service, runtime: system, system, nats, log: quietLog, clock: systemClock })
  return createDeadLetters({ spine, system, consumers: [{ name: subject.consumer(system).name, handle }] })
}
