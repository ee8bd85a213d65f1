/** Counting: shared through Redis, alone without it, in bounded memory. */
import { randomUUID } from 'node:crypto'
import { connectRedis } from '@gatehouse/service-kit/redis/connect'
import { quietLog } from '@gatehouse/test-kit/log'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { createLimit } from '../../src/edge/limits.ts'

const away = connectRedis({ url: 'redis://127.0.0.1:9', name: 'limits', log: quietLog })
t.teardown(() => away.close())

t.test('without Redis a process counts for itself, each key and each name apart', async (t) => {
  const limit = createLimit({ redis: away.redis, name: 'a', perMinute: 2 })
  t.match(await limit.peek('x'), { limit: 2, remaining: 2, isUsedUp: false })
  t.match(await limit.take('x'), { limit: 2, remaining: 1, isUsedUp: false })
  t.match(await limit.take('x'), { remaining: 0, isUsedUp: false })
  t.match(await limit.peek('x'), { remaining: 0, isUsedUp: true })
  const over = await limit.take('x')
  t.match(over, { remaining: 0, isUsedUp: true })
  t.ok(over.resetSeconds >= 1 && over.resetSeconds <= 60)
  t.match(await limit.take('y'), { isUsedUp: false })
  t.match(await createLimit({ redis: away.redis, name: 'b', perMinute: 2 }).take('x'), { remaining: 1 })
})

t.test('however many keys strangers make up, a process keeps a fixed number of counts', async (t) => {
  const limit = createLimit({ redis: away.redis, name: 'c', perMinute: 1000, buckets: 8 })
  const left = new Set<number>()
  for (let n = 0; n < 400; n++) left.add((await limit.take(`key ${n}`)).remaining)
  t.ok(Math.min(...left) <= 1000 - 400 / 8, 'keys share a count once there are more of them than counts')
})

t.test(
  'with Redis two processes count together, and what they count is forgotten by itself',
  { skip: process.env['REDIS_URL'] ? false : 'REDIS_URL is not set' },
  async (t) => {
    const link = connectRedis({ url: process.env['REDIS_URL'] ?? '', name: 'limits', log: quietLog })
    t.teardown(() => link.close())
    await waitUntil('Redis is there', () => link.isReady())
    const name = `test-${randomUUID()}`
    const [one, other] = [1, 2].map(() => createLimit({ redis: link.redis, name, perMinute: 3 }))
    if (!one || !other) return t.fail('two limits')
    await one.take('x')
    await other.take('x')
    t.match(await one.peek('x'), { remaining: 1 })
    t.match(await one.take('x'), { remaining: 0, isUsedUp: false })
    t.match(await other.take('x'), { isUsedUp: true })
    t.same(await link.redis.keys(`gateway:limit:${name}:*`), [`gateway:limit:${name}:x`])
    t.ok((await link.redis.pttl(`gateway:limit:${name}:x`)) > 0)
  },
)
