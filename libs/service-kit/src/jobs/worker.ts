/**
 * The working side of one pipeline: BullMQ hands over ledger ids, run-job.ts decides with the ledger what that means.
 * BullMQ's own retries are not used: tries are counted where a flush of Redis cannot forget them.
 */
import { DelayedError, Worker } from 'bullmq'
import type { PipelineName } from '@gatehouse/contracts/jobs/contract'
import type { Logger } from '../logging/logger.ts'
import type { Db } from '../postgres/connect.ts'
import type { JobProcessor } from './processor.ts'
import { connectWorker, queuePrefix } from './redis-connections.ts'
import { runJob } from './run-job.ts'

export type JobWorkerOptions = {
  pipeline: PipelineName
  redisUrl: string
  prefix: string
  system: Db
  processors: readonly JobProcessor[]
  log: Logger
  /** Jobs at once; 8 when absent. */
  concurrency?: number
  /** Longest run of one job; 20 s when absent. */
  runTimeoutMs?: number
  retryDelayMs?: (attempt: number) => number
}

export type JobWorker = { start(): void; stop(): Promise<void> }

export function createJobWorker(o: JobWorkerOptions): JobWorker {
  const runTimeoutMs = o.runTimeoutMs ?? 20_000
  const deps = { ...o, runTimeoutMs }
  const redis = connectWorker(o)
  const worker = new Worker(
    o.pipeline,
    async (job, token) => {
      const result = await runJob(deps, job.id ?? '')
      if (result.kind === 'settled') return
      await job.moveToDelayed(Date.now() + result.waitMs, token)
      throw new DelayedError()
    },
    {
      connection: redis,
      prefix: queuePrefix(o.prefix),
      autorun: false,
      concurrency: o.concurrency ?? 8,
      // Longer than any run: only a dead process loses its lock.
      lockDuration: 2 * runTimeoutMs,
      stalledInterval: 15_000,
      maxStalledCount: 10,
      // Seconds between two looks at a queue where nothing is announced; what is announced, or falls due, is not waited
      // for.
      drainDelay: 10,
    },
  )
  worker.on('error', (err) => o.log.debug({ err, pipeline: o.pipeline }, 'worker connection'))

  return {
    start() {
      worker.run().catch((err: unknown) => o.log.error({ err, pipeline: o.pipeline }, 'worker stopped'))
    },
    /** Lets running jobs finish; without Redis there is nobody to say goodbye to. */
    async stop() {
      await worker.close(redis.status !== 'ready').catch(() => undefined)
      redis.disconnect()
    },
  }
}
