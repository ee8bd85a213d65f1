/**
 * Connections to Redis for caches and counters. Nothing waits for Redis: a command fails at once while it is away,
 * and whoever asked goes on without it (slower, never wrong).
 */
import { Redis } from 'ioredis'
import { watchDependency } from '../health/dependency.ts'
import type { ReadyCheck } from '../health/checks.ts'
import type { Logger } from '../logging/logger.ts'

export type RedisConnection = {
  readonly redis: Redis
  isReady(): boolean
  /** Degraded while Redis does not answer. */
  check(): ReadyCheck
  close(): Promise<void>
}

/** Connects in the background and reconnects for ever, at most 1 s apart. */
export function connectRedis(options: { url: string; name: string; log: Logger }): RedisConnection {
  const { url, name, log } = options
  const redis = new Redis(url, {
    connectionName: name,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    commandTimeout: 500,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1000),
  })
  redis.on('error', (err: Error) => log.debug({ err }, 'connection to Redis'))
  redis.connect().catch(() => undefined)
  const dependency = watchDependency({ name: 'redis', probe: () => redis.ping(), log })
  return {
    redis,
    isReady: () => redis.status === 'ready',
    check: dependency.check,
    async close() {
      dependency.stop()
      redis.disconnect()
    },
  }
}
