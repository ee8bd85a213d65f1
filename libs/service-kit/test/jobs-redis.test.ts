/**
 * What Redis may do to jobs: be absent, be flushed, be killed. Each test has a Redis of its own. `GATEHOUSE_FULL=1` for
 * the full size (10,000 jobs).
 */
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
import { listDeadJobs } from '../src/jobs/dead-jobs.ts'
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

const isFull = process.env['GATEHOUSE_FULL'] === '1'
const manyJobs = isFull ? 10_000 : 300
t.setTimeout(isFull ? 1_200_000 : 300_000)

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

const allSettled = (system: Db) =>
  waitUntil('no job is open', async () => (await pending(system)) === 0, isFull ? 900_000 : 240_000)
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

t.test('a Redis that is flushed half-way, and killed soon after, loses no job and repeats none', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const { queue, effects, startWorker } = rig(t, { system, url: redis.url, prefix: 'flush', waitMs: 5 })
  await connected(queue)
  await hand(system, queue, manyJobs)
  startWorker()
  await waitUntil('half of them are done', () => effects.size > manyJobs / 2, 600_000)
  await redis.flush()
  const left = await pending(system)
  t.ok(left > 0, `${left} jobs were still open when Redis forgot everything`)
  const sweeper = createSweeper({ queue, everyMs: 100, log })
  t.teardown(() => sweeper.stop())
  sweeper.start()
  await waitUntil('it goes on', () => effects.size > manyJobs * 0.75, 600_000)
  await redis.kill()
  const lost = await pending(system)
  t.ok(lost > 0, `${lost} jobs were still open when Redis was killed`)
  await redis.start()
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

t.test('a poisoned job is given up after five tries, and holds up nobody meanwhile', async (t) => {
  const system = await openLedger(t)
  const redis = await ownRedisServer(t)
  await redis.start()
  const settings = { pipeline: 'mail', redisUrl: redis.url, prefix: 'poison', system, log } as const
  const queue = createJobQueue(settings)
  t.teardown(() => queue.close())
  const count = isFull ? 1000 : 200
  const ran: number[] = []
  const processor = defineProcessor(Greet, async ({ n }) => {
    ran.push(n)
    if (n === 0) throw new Error('planted')
    return { kind: 'done' }
  })
  await connected(queue)
  await hand(system, queue, count)
  // One job at a time: whatever waits for the poisoned one would be seen to wait.
  const worker = createJobWorker({ ...settings, processors: [processor], concurrency: 1, retryDelayMs: () => 50 })
  t.teardown(() => worker.stop())
  worker.start()
  await allSettled(system)
  const tries = ran.flatMap((n, place) => (n === 0 ? [place] : []))
  t.equal(tries.length, 5)
  t.ok((tries[1] ?? 0) - (tries[0] ?? 0) > 1, 'others ran before its second try')
  t.same([ran.length, new Set(ran).size], [count + 4, count], 'the others once')
  const dead = await listDeadJobs(system, { limit: 10 })
  t.match(dead, [{ attempts: 5, reason: 'planted' }])
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
