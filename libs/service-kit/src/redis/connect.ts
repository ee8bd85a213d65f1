/**
 * Connections to Redis for caches and counters. Nothing waits for Redis: a command fails at once while it is away,
 * and whoever asked goes on without it (slower, never wrong).
 */
import { Redis } from 'ioredis'
import type { Logger } from '../logging/logger.ts'

export type RedisConnection = {
  readonly redis: Redis
  isReady(): boolean
  /** Resolves when the server answers. */
  ping(): Promise<unknown>
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
  return {
    redis,
    isReady: () => redis.status === 'ready',
    ping: () => redis.ping(),
    async close() {
      redis.disconnect()
    },
  }
}
