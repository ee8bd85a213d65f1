/**
 * Connections of the job queues. They come up lazily, return for ever and are never a reason not to start. The
 * enqueuing side fails fast (nobody waits for Redis); the working side waits for ever, as BullMQ demands
 * (`maxRetriesPerRequest: null`).
 */
import { Redis } from 'ioredis'
import type { Logger } from '../logging/logger.ts'

type Options = { redisUrl: string; pipeline: string; log: Logger }

/**
 * BullMQ's keys of one deployment: several of them may share a server. The braces keep a queue in one slot of Redis
 * Cluster.
 */
export const queuePrefix = (prefix: string): string => `{${prefix}}`

const reconnecting = {
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 6), 2_000),
  connectTimeout: 2_000,
}

export const connectEnqueuer = (o: Options): Redis =>
  quiet(
    new Redis(o.redisUrl, {
      ...reconnecting,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 2_000,
    }),
    o,
  )

export const connectWorker = (o: Options): Redis =>
  quiet(new Redis(o.redisUrl, { ...reconnecting, maxRetriesPerRequest: null }), o)

/** That Redis is lost is said once for the process (`health/dependency.ts`), not by each connection and attempt. */
const quiet = (redis: Redis, { pipeline, log }: Options): Redis =>
  redis.on('error', (err: Error) => log.debug({ err, pipeline }, 'connection to Redis'))
