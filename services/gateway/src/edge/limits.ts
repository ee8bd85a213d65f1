/**
 * Counts per minute in Redis (rate-limiter-flexible), so that all replicas share one budget; while Redis is away each
 * process counts for itself. A limit therefore never becomes "unlimited" and never becomes "refused because we cannot
 * count".
 */
import { createHash, randomBytes } from 'node:crypto'
import type { RedisConnection } from '@gatehouse/service-kit/redis/connect'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type IRateLimiterOptions } from 'rate-limiter-flexible'

export type Allowance = { limit: number; remaining: number; resetSeconds: number; isUsedUp: boolean }

export type Limit = {
  /** Takes one; `isUsedUp` when there was none left to take. */
  take(key: string): Promise<Allowance>
  /** What is left, without taking any. */
  peek(key: string): Promise<Allowance>
}

const seconds = 60
/**
 * @param o.name - separates this count from every other in the same Redis
 * @param o.buckets - counts a process keeps while Redis is away; with more keys than that, some share a count
 */
export function createLimit(o: {
  redis: RedisConnection['redis']
  name: string
  perMinute: number
  buckets?: number
}): Limit {
  const options = { keyPrefix: `gateway:limit:${o.name}`, points: o.perMinute, duration: seconds }
  const limiter = new RateLimiterRedis({
    ...options,
    storeClient: o.redis,
    rejectIfRedisNotReady: true,
    // Who has used up a budget costs Redis nothing until the minute is over.
    inMemoryBlockOnConsumed: o.perMinute + 1,
    insuranceLimiter: boundedMemory(options, o.buckets ?? 65_536),
  })
  const allowance = (at: RateLimiterRes | null, isUsedUp: boolean): Allowance => ({
    limit: o.perMinute,
    remaining: at === null ? o.perMinute : Math.max(0, at.remainingPoints),
    resetSeconds: Math.max(1, Math.ceil((at?.msBeforeNext ?? seconds * 1000) / 1000)),
    isUsedUp,
  })
  return {
    async take(key) {
      try {
        return allowance(await limiter.consume(key), false)
      } catch (err) {
        if (err instanceof RateLimiterRes) return allowance(err, true)
        throw err
      }
    },
    async peek(key) {
      const at = await limiter.get(key)
      return allowance(at, at !== null && at.remainingPoints <= 0)
    },
  }
}

/**
 * The library keeps every key until its minute is over; strangers choose the keys, so they are hashed into a fixed
 * number of them.
 */
function boundedMemory(options: IRateLimiterOptions, buckets: number): RateLimiterMemory {
  const salt = randomBytes(16)
  const memory = new RateLimiterMemory(options)
  memory.getKey = (key) =>
    String(createHash('sha256').update(salt).update(String(key)).digest().readUInt32LE() % buckets)
  return memory
}
