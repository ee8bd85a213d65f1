/**
 * P9: the relay, from committed events in PostgreSQL to acknowledged messages in JetStream, beside a program that
 * publishes the same texts to the same stream and knows no database. Both are this process, have as many in flight, and
 * name each message for the server's check of repeats; the relay also signs its events, as it always does. One more
 * pass counts what the relay asks of PostgreSQL: a count above its bound is wrong, a slow one is not.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { streamOf } from '@gatehouse/contracts/events/streams'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import type { NatsLink } from '@gatehouse/spine/nats/connection'
import { adminUrl, testDatabase, type TestDatabase } from '@gatehouse/test-kit/database'
import { testNats, testNatsUrl } from '@gatehouse/test-kit/nats'
import { createSampleProducer, type SampleProducer } from '@gatehouse/test-kit/sample-producer'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { atLeast, ratioOf, type PartResult } from '../report/result.ts'
import { medianOf, rounded } from '../report/statistics.ts'
import type { Cleanup } from '../servers/cleanup.ts'
import type { Effort } from './part.ts'

/** As many as the relay has. */
const mostInFlight = 2000
const perWrite = 100
const counted = 1000
/**
 * A page of 500 events is one statement. The place of the cursor is stored one update at a time, so its statements
 * depend on how fast the server answers; a relay that asks for each event is far above this.
 */
const mostStatementsPerEvent = 0.5

type Round = { relayed: number; bare: number }

export async function measureRelay(effort: Effort, cleanup: Cleanup): Promise<PartResult> {
  const database = await testDatabase(cleanup, { services: ['tokens'], spineOnly: true })
  const nats = await testNats(cleanup, testNatsUrl(), 'tokens')
  const count = effort.quick ? 500 : 20_000
  const rounds: Round[] = []
  // The first one makes the stream and warms up; it is not counted.
  for (let round = 0; round <= effort.rounds; round += 1) {
    const producer = createSampleProducer(database, { nats })
    const texts = await announce(producer, count)
    const one = { relayed: await relay(producer, nats, count), bare: await publishBare(nats, texts) }
    if (round === 0) continue
    rounds.push(one)
    effort.note(`P9 round ${round}: relay ${rounded(one.relayed)}/s, bare ${rounded(one.bare)}/s`)
  }
  return resultOf({ rounds, count, statements: await countStatements(cleanup, database, nats) })
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Commits events with their positions, while the relay is not running; their texts as they are published. */
async function announce(producer: SampleProducer, count: number): Promise<string[]> {
  const { head: after } = await producer.spine.sequence()
  for (let n = 0; n < count; n += perWrite) await producer.announce(numbers(perWrite).map((n) => ({ n })))
  return (await eventsAfter(producer.client, after)).map((event) => JSON.stringify(event))
}

async function eventsAfter(client: SpineClient, start: number): Promise<EventEnvelope[]> {
  const events: EventEnvelope[] = []
  for (let after = start; ;) {
    const page = await client.changes({ after, limit: 1000 })
    events.push(...page.events)
    after = page.scanned_to
    if (after >= page.head) return events
  }
}

/** Events a second until the stream has all of them. */
async function relay(producer: SampleProducer, nats: NatsLink, count: number): Promise<number> {
  const before = await storedIn(nats)
  const beganMs = performance.now()
  producer.spine.start()
  await waitUntil('every event is in the stream', async () => (await storedIn(nats)) >= before + count, 60_000)
  const elapsedMs = performance.now() - beganMs
  await producer.spine.stop()
  if ((await storedIn(nats)) !== before + count) throw new Error('the stream has more than was announced')
  return count / (elapsedMs / 1000)
}

async function storedIn(nats: NatsLink): Promise<number> {
  const name = nats.scoped.stream(streamOf('tokens'))
  const found = await nats
    .session()
    ?.manager.streams.info(name)
    .catch(() => undefined)
  return found?.state.messages ?? 0
}

async function publishBare(nats: NatsLink, texts: readonly string[]): Promise<number> {
  const client = nats.session()?.client
  if (client === undefined) throw new Error('NATS is not connected')
  const subject = nats.scoped.subject('gatehouse.tokens.thing.bare.v1')
  const beganMs = performance.now()
  let next = 0
  const one = async (): Promise<void> => {
    for (let at = next++; at < texts.length; at = next++)
      await client.publish(subject, texts[at] ?? '', { msgID: `bare-${beganMs}-${at}` })
  }
  await Promise.all(Array.from({ length: mostInFlight }, one))
  return texts.length / ((performance.now() - beganMs) / 1000)
}

/** Statements of the relay for each event. */
async function countStatements(cleanup: Cleanup, database: TestDatabase, nats: NatsLink): Promise<number> {
  const counter = await startStatementCounter(cleanup, adminUrl())
  const connect: TestDatabase['connect'] = (service, role) => {
    const url = counter.through(database.url(service, role))
    const connection = connectPostgres({ url, schema: service, applicationName: 'counted relay', max: 4 })
    cleanup.teardown(connection.close)
    return connection.db
  }
  const producer = createSampleProducer({ connect }, { nats })
  await announce(producer, counted)
  const { statements } = await counter.during(() => relay(producer, nats, counted))
  return statements / counted
}

function resultOf(o: { rounds: readonly Round[]; count: number; statements: number }): PartResult {
  const [relayed, bare] = [o.rounds.map((one) => one.relayed), o.rounds.map((one) => one.bare)]
  const [own, peer] = [medianOf(relayed), medianOf(bare)]
  return {
    part: 'P9',
    title: `${rounded(o.count)} committed events to JetStream`,
    notes: [`Beside: the same texts, published with as many in flight. The relay also reads and signs them.`],
    table: {
      columns: ['', 'events/s', 'µs for each', 'statements for each'],
      rows: [
        ['relay', rounded(own), rounded(1e6 / own), rounded(o.statements)],
        ['bare publish', rounded(peer), rounded(1e6 / peer), '0'],
      ],
    },
    targets: [atLeast('P9, relay to bare publish', ratioOf(relayed, bare), 0.65)],
    disagreements: o.statements > mostStatementsPerEvent ? 1 : 0,
    compared: counted,
    measured: o,
  }
}
