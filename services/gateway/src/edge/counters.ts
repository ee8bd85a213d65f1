/**
 * Counting requests per minute in Redis, so that all replicas share one budget; while Redis is away each process counts for itself.
 * A limit therefore never becomes "unlimited" and never becomes "refused because we cannot count".
 */
import type { RedisConnection } from '@gatehouse/service-kit/redis/connect'

export type Counted = { current: number; ttl: number }

export type Counter = { count(key: string, windowMs: number): Promise<Counted> }

/** One round trip: count, and begin the window with the first. */
const script = `local n = redis.call('INCR', KEYS[1])
local ttl = redis.call('PTTL', KEYS[1])
if ttl < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) ttl = tonumber(ARGV[1]) end
return { n, ttl }`

export function createRedisCounter(connection: RedisConnection, fallback: Counter): Counter {
  return {
    async count(key, windowMs) {
      if (!connection.isReady()) return fallback.count(key, windowMs)
      try {
        const [current, ttl] = (await connection.redis.eval(script, 1, `gateway:limit:${key}`, windowMs)) as [
          number,
          number,
        ]
        return { current, ttl }
      } catch {
        return fallback.count(key, windowMs)
      }
    },
  }
}

/** @param maxKeys - the oldest windows go first when more clients than this are counted */
export function createLocalCounter(nowMs: () => number, maxKeys = 50_000): Counter {
  const windows = new Map<string, { current: number; endsAtMs: number }>()
  return {
    async count(key, windowMs) {
      const now = nowMs()
      const known = windows.get(key)
      const window = known !== undefined && known.endsAtMs > now ? known : { current: 0, endsAtMs: now + windowMs }
      window.current++
      if (window !== known) {
        windows.delete(key)
        for (const oldest of windows.size >= maxKeys ? windows.keys() : []) if (windows.delete(oldest)) break
        windows.set(key, window)
      }
      return { current: window.current, ttl: window.endsAtMs - now }
    },
  }
}
