/** What Redis may do to jobs: be absent, be flushed, be killed. Each test has a Redis of its own. */
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t from 'tap'
import Type from 'typebox'
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { JobContract } from '@gatehouse/contracts/jobs/contract'
import { testDatabase, type Teardown } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { ownRedisServer } from '@gatehouse/test-kit/redis-server'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { newId } from '../src/ids/type-id.ts'
import { defineProcessor } from '../src/jobs/processor.ts'
import { createJobQueue, type JobQueue } from '../src/jobs/queue.ts'
import { createSweeper } from '../src/jobs/sweeper.ts'
import { createJobWorker } from '../src/jobs/worker.ts'
import type { Db } from '../src/postgres/connect.ts'
import { inScope, rowsOf } from '../src/postgres/transaction.ts'

const Greet = {
  name: 'greet.v1',
  data: Type.Object({ n: Type.Integer() }),
} as const satisfies JobContract

const openLedger = async (t: Teardown): Promise<Db> =>
  (await testDatabase(t, { services: ['workers'], spineOnly: true })).connect('workers', 'system', 8)

const eventOf = (id = newId('evt')): EventEnvelope => ({
  specversion: '1.0',
  id,
  source: '/gatehouse/identity',
  type: 'gatehouse.identity.x.y.v1',
  subject: newId('user'),
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  data: {},
  position: 1,
  version: 1,
  epoch: 'e',
  correlationid: 'req_1',
})

/** 10,000 for the full rehearsal (R4). */
const manyJobs = Number(process.env['GATEHOUSE_JOBS'] ?? 300)

/** As a consumer does: rows in the transaction, announcement after it. */
async function hand(system: Db, queue: JobQueue, count: number): Promise<void> {
  const one = async (n: number) => {
    const event = eventOf()
    await inScope(system, {}, (tx) => queue.record(tx, { job: Greet, event, recipientKey: 'one', data: { n } }))
    queue.announce(event.id)
  }
  for (let from = 0; from < count; from += 8)
    await Promise.all(Array.from({ length: Math.min(8, count - from) }, (_, i) => one(from + i)))
}

const pending = async (system: Db): Promise<number> =>
  rowsOf<{ n: number }>(await system.execute(sql`select count(*)::int as n from job_ledger where state = 'pending'`))[0]
    ?.n ?? -1

const allSettled = (system: Db) => waitUntil('no job is open', async () => (await pending(system)) === 0, 240_000)
/** The enqueuing connection is up. */
const connected = (queue: JobQueue) =>
  waitUntil('Redis answers', () =>
    queue.sweep().then(
      () => true,
      () => false,
    ),
  )

type Rig = { queue: JobQueue; effects: Map<number, number>; startWorker(): void }

function rig(t: Teardown, o: { system: Db; url: string; prefix: string; waitMs?: number }): Rig {
  const effects = new Map<number, number>()
  const settings = { pipeline: 'mail', redisUrl: o.url, prefix: o.prefix, system: o.system, log } as const
  const queue = createJobQueue(settings)
  t.teardown(() => queue.close())
  const greet = defineProcessor(Greet, async ({ n }) => {
    if (o.waitMs !== undefined) await pause(o.waitMs)
    effects.set(n, (effects.get(n) ?? 0) + 1)
    return { kind: 'done' }
  })
  return {
    queue,
    effects,
    startWorker() {
      const worker = createJobWorker({ ...settings, processors: [greet] })
      worker.start()
      t.teardown(() => worker.stop())
    },
  }
}

const each = (effects: Map<number, number>, count: number): boolean =>
  effects.size === count && [...effects.values()].every((times) => times === 1)

t.test('a job announced after the commit runs at once', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const { queue, effects, startWorker } = rig(t, { system, url: redis.url, prefix: 'a' })
  startWorker()
  await connected(queue)
  const event = eventOf()
  const begun = performance.now()
  await waitUntil('the job is done', async () => {
    await inScope(system, {}, (tx) => queue.record(tx, { job: Greet, event, recipientKey: 'one', data: { n: 1 } }))
    queue.announce(event.id)
    return (await pending(system)) === 0
  })
  t.ok(performance.now() - begun < 5_000)
  t.equal(effects.get(1), 1, 'once, although it was recorded and announced many times')
})

t.test('two deployments on one Redis do not see each other', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const blue = rig(t, { system, url: redis.url, prefix: 'blue' })
  const green = rig(t, { system, url: redis.url, prefix: 'green' })
  await connected(blue.queue)
  await hand(system, blue.queue, 1)
  await blue.queue.sweep()
  green.startWorker()
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  t.equal(await client.llen('{blue}:mail:wait'), 1)
  blue.startWorker()
  await allSettled(system)
  t.equal(green.effects.size, 0)
  t.equal(blue.effects.size, 1)
})

t.test('jobs that a flushed Redis forgot are swept in again and done once', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const { queue, effects, startWorker } = rig(t, { system, url: redis.url, prefix: 'flush', waitMs: 5 })
  await connected(queue)
  await hand(system, queue, manyJobs)
  startWorker()
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  await waitUntil('some are done', () => effects.size > manyJobs / 10, 60_000)
  await client.flushall()
  const left = await pending(system)
  t.ok(left > 0, `${left} jobs were still open when Redis forgot everything`)
  const sweeper = createSweeper({ queue, everyMs: 100, log })
  t.teardown(() => sweeper.stop())
  sweeper.start()
  await allSettled(system)
  t.ok(each(effects, manyJobs), `each of ${manyJobs} effects once`)
})

t.test('without Redis the consumer goes on and the sweeper brings the jobs when it comes', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  const { queue, effects, startWorker } = rig(t, { system, url: redis.url, prefix: 'down' })
  startWorker()
  const begun = performance.now()
  await hand(system, queue, 20)
  t.ok(performance.now() - begun < 3_000, 'recording 20 jobs does not wait for Redis')
  await t.rejects(queue.sweep(), { code: 'unavailable' })
  const sweeper = createSweeper({ queue, everyMs: 100, log })
  t.teardown(() => sweeper.stop())
  sweeper.start()
  await redis.start()
  await allSettled(system)
  t.ok(each(effects, 20))
})

t.test('a Redis killed in the middle loses no job', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const { queue, effects, startWorker } = rig(t, { system, url: redis.url, prefix: 'kill', waitMs: 5 })
  await connected(queue)
  const sweeper = createSweeper({ queue, everyMs: 100, log })
  t.teardown(() => sweeper.stop())
  sweeper.start()
  await hand(system, queue, 150)
  startWorker()
  await waitUntil('some are done', () => effects.size > 20)
  await redis.kill()
  await redis.start()
  await allSettled(system)
  t.ok(each(effects, 150), 'each of 150 effects once')
})

t.test('a failed job comes back after its delay, and a worker stops whether Redis is there or not', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const settings = { pipeline: 'mail', redisUrl: redis.url, prefix: 'retry', system, log } as const
  const queue = createJobQueue(settings)
  t.teardown(() => queue.close())
  const attempts: number[] = []
  const flaky = defineProcessor(Greet, async (_data, { attempt }) => {
    attempts.push(attempt)
    if (attempt < 3) throw new Error('not yet')
    return { kind: 'done' }
  })
  const worker = createJobWorker({ ...settings, processors: [flaky], retryDelayMs: () => 40 })
  worker.start()
  await connected(queue)
  await hand(system, queue, 1)
  await allSettled(system)
  t.same(attempts, [1, 2, 3])
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  await waitUntil(
    'Redis has forgotten the finished job',
    async () => (await client.keys('{retry}:mail:job_*')).length === 0,
  )
  await worker.stop()
  const orphan = createJobWorker({ ...settings, processors: [flaky] })
  orphan.start()
  await redis.kill()
  await orphan.stop()
  t.pass('both stopped')
})
