/**
 * Connections of the job queues. They come up lazily, return for ever and are never a reason not to start.
 * The enqueuing side fails fast (nobody waits for Redis); the working side waits for ever, as BullMQ demands (`maxRetriesPerRequest: null`).
 */
import { Redis } from 'ioredis'
import type { Logger } from '../logging/logger.ts'

type Options = { redisUrl: string; pipeline: string; log: Logger }

/** BullMQ's keys of one deployment: several of them may share a server. The braces keep a queue in one slot of Redis Cluster. */
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

/** One line when the connection is lost and one when it is back, not one per attempt. */
function quiet(redis: Redis, { pipeline, log }: Options): Redis {
  let lost = false
  redis.on('error', (err: Error) => {
    if (!lost) log.warn({ err, pipeline }, 'redis is unreachable, jobs wait in the ledger')
    lost = true
  })
  redis.on('ready', () => {
    if (lost) log.info({ pipeline }, 'redis is back')
    lost = false
  })
  return redis
}
