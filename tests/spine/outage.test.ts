// R5: NATS is down, then its store is wiped. No event is missing, none has two effects, each aggregate keeps its order,
// and the lag is below a second again soon after. The same rig finds a consumer that skips its inbox. Full size (5,000
// events, 60 s): GATEHOUSE_FULL=1
import t from 'tap'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { testDatabase, type Teardown } from '@gatehouse/test-kit/database'
import { eventKeysOf } from '@gatehouse/test-kit/service-keys'
import { quietLog } from '@gatehouse/test-kit/log'
import { startNatsServer } from '@gatehouse/test-kit/nats-server'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { countEffects, createEffectsTable, isFull, startEffects, tally, withoutInbox } from './rig.ts'

const size = isFull ? { events: 5000, outageMs: 60_000 } : { events: 500, outageMs: 3000 }
t.setTimeout(size.outageMs * 3 + 170_000)

async function runOutage(t: Teardown, o: { events: number; outageMs: number; consumerSees(system: Db): Db }) {
  const database = await testDatabase(t, { services: ['tokens', 'workers'], spineOnly: true })
  await createEffectsTable(database)
  const server = await startNatsServer(t)
  const nats = connectNats({ url: server.url, name: 'outage', log: quietLog, keys: eventKeysOf() })
  t.teardown(nats.close)
  const { spine, client, announce, system: producing } = createSampleProducer(database, { nats, maxConnections: 10 })
  const consuming = database.connect('workers', 'system', 10)
  const consumer = startEffects(t, { producer: { spine, client }, system: o.consumerSees(consuming), nats })

  // Ten writers with five aggregates each; a writer goes on when its write was acknowledged.
  const aggregates = Array.from({ length: 50 }, () => newId('thing'))
  const versions = new Map<string, number>()
  let written = 0
  const write = async (count: number, lastMs: number) => {
    const end = written + count
    const sinceMs = performance.now()
    const first = written
    const writer = async (lane: number) => {
      for (let turn = 0; written < end; turn += 1) {
        const n = written++
        const aggregateId = aggregates[lane * 5 + (turn % 5)] ?? ''
        const version = (versions.get(aggregateId) ?? 0) + 1
        versions.set(aggregateId, version)
        const dueMs = sinceMs + ((n - first) / count) * lastMs
        if (dueMs > performance.now()) await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()))
        await announce([{ n, aggregateId, version }])
      }
    }
    await Promise.all(Array.from({ length: 10 }, (_, lane) => writer(lane)))
  }
  const share = Math.floor(o.events / 10)
  await write(share, 0)
  await waitUntil('the first effects', async () => (await countEffects(consuming)) > 0)
  await server.kill()
  const downAtMs = performance.now()
  await write(o.events - 2 * share, o.outageMs * 0.9)
  await waitUntil('the outage has lasted', () => performance.now() - downAtMs >= o.outageMs, o.outageMs + 60_000)
  server.wipe()
  const upAtMs = performance.now()
  await server.start()
  await write(share, 0)
  await waitUntil('every event has had its effect', async () => (await countEffects(consuming)) >= o.events, 60_000)
  const healedMs = performance.now() - upAtMs
  const lagsMs: number[] = []
  for (let i = 0; i < 10; i += 1) {
    const sinceMs = performance.now()
    await write(1, 0)
    await waitUntil('it has had its effect', async () => (await countEffects(consuming)) >= written)
    lagsMs.push(performance.now() - sinceMs)
  }
  await waitUntil(
    'the relay is done',
    () =>
      nats
        .session()
        ?.manager.streams.info('GATEHOUSE_TOKENS')
        .then(
          (info) => info.state.messages > 0,
          () => false,
        ),
    20_000,
  )
  await consumer.catchUpNow()
  return { ...(await tally({ producing, consuming })), healedMs, worstLagMs: Math.max(...lagsMs) }
}

t.test(
  `${size.events} events with NATS down ${size.outageMs / 1000} s and its store wiped: ` +
    'none missing, none doubled, in order',
  async (t) => {
    const result = await runOutage(t, { ...size, consumerSees: (system) => system })
    t.comment(
      JSON.stringify({ ...result, healedMs: Math.round(result.healedMs), worstLagMs: Math.round(result.worstLagMs) }),
    )
    t.equal(result.announced, size.events + 10)
    t.ok(result.contiguous, 'positions are contiguous')
    t.equal(result.missing, 0)
    t.equal(result.doubled, 0)
    t.equal(result.disordered, 0)
    t.ok(result.healedMs < 30_000, 'healed within 30 s')
    t.ok(result.worstLagMs < 1000, 'the lag is below a second again')
  },
)

t.test('a consumer that skips its inbox is found', async (t) => {
  const result = await runOutage(t, { events: 200, outageMs: 1000, consumerSees: withoutInbox })
  t.ok(result.doubled > 0, `${result.doubled} events had two effects`)
})
