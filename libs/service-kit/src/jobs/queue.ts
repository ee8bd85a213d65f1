/**
 * The producing side of one pipeline: ledger row inside the caller's transaction, Redis told after it. Redis is never
 * waited for by whoever records a job: an enqueuing that fails is logged and the sweeper repeats it from the ledger.
 */
import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Static } from 'typebox'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { JobContract, PipelineName } from '@gatehouse/contracts/jobs/contract'
import { problem } from '../errors/app-error.ts'
import type { Logger } from '../logging/logger.ts'
import type { Db, Queryable } from '../postgres/connect.ts'
import { deleteDone, insertLedgerEntry, listDue, listPendingOfEvent, type DueEntry } from './ledger.ts'
import { connectEnqueuer, queuePrefix } from './redis-connections.ts'

export type JobQueue = {
  readonly pipeline: PipelineName
  /** Inside the inbox transaction: one row per event and recipient, whatever is delivered twice. */
  record<C extends JobContract>(
    tx: Queryable,
    o: { job: C; event: EventEnvelope; recipientKey: string; data: Static<C['data']> },
  ): Promise<void>
  /** After the commit: tells Redis what this event made due. Returns at once and never fails. */
  announce(eventId: string): void
  /**
   * Tells Redis about everything that is due; known jobs are left alone. @returns how many were told; throws when Redis
   * or PostgreSQL is down.
   */
  sweep(): Promise<number>
  /** Removes from the ledger what was done more than 30 days ago: longer than any event can be delivered again. */
  forget(now: Date): Promise<number>
  close(): Promise<void>
}

const sweepPage = 500
const keepDoneMs = 30 * 86_400_000

export function createJobQueue(o: {
  pipeline: PipelineName
  redisUrl: string
  prefix: string
  system: Db
  log: Logger
}): JobQueue {
  const redis = connectEnqueuer(o)
  let queue: Queue | undefined

  /** BullMQ keeps for ever the first failure of its connection, so it gets none before there is one. */
  const readyQueue = (): Queue => {
    if (redis.status !== 'ready') throw problem('unavailable', { internal: `redis is ${redis.status}` })
    queue ??= openQueue(redis, o)
    return queue
  }

  const enqueue = async (entries: { id: string; name: string }[]) => {
    if (entries.length === 0) return
    // A finished job leaves Redis, so that its id is free again should the ledger still call it due.
    const opts = { removeOnComplete: true, removeOnFail: true }
    await readyQueue().addBulk(entries.map(({ id, name }) => ({ name, data: {}, opts: { ...opts, jobId: id } })))
  }

  return {
    pipeline: o.pipeline,
    record: (tx, due) => recordJob(tx, { ...due, pipeline: o.pipeline }),
    announce(eventId) {
      listPendingOfEvent(o.system, { pipeline: o.pipeline, eventId })
        .then(enqueue)
        .catch((err: unknown) => o.log.warn({ err, pipeline: o.pipeline }, 'job not announced, the sweeper will'))
    },
    sweep: () => enqueueDue(o, enqueue),
    forget: (now) => forgetDone(o, new Date(now.getTime() - keepDoneMs)),
    async close() {
      await queue?.close().catch(() => undefined)
      redis.disconnect()
    },
  }
}

type Place = { pipeline: PipelineName; system: Db }

async function enqueueDue({ pipeline, system }: Place, enqueue: (page: DueEntry[]) => Promise<void>): Promise<number> {
  let total = 0
  let after: DueEntry | undefined
  do {
    const page: DueEntry[] = await listDue(system, { pipeline, limit: sweepPage, ...(after ? { after } : {}) })
    await enqueue(page)
    total += page.length
    after = page.length === sweepPage ? page.at(-1) : undefined
  } while (after)
  return total
}

async function forgetDone({ pipeline, system }: Place, before: Date): Promise<number> {
  let total = 0
  for (let removed = sweepPage; removed === sweepPage; total += removed)
    removed = await deleteDone(system, { pipeline, before, limit: sweepPage })
  return total
}

function openQueue(redis: Redis, o: { pipeline: string; prefix: string; log: Logger }): Queue {
  const queue = new Queue(o.pipeline, {
    connection: redis,
    prefix: queuePrefix(o.prefix),
    streams: { events: { maxLen: 100 } },
  })
  queue.on('error', (err) => o.log.debug({ err, pipeline: o.pipeline }, 'queue connection'))
  return queue
}

/** Writes down what is due without a queue: the sweeper of the pipeline finds it. */
export async function recordJob(
  tx: Queryable,
  o: {
    pipeline: PipelineName
    job: JobContract
    event: EventEnvelope
    recipientKey: string
    data: Record<string, unknown>
  },
): Promise<void> {
  const { pipeline, job, event, recipientKey, data } = o
  await insertLedgerEntry(tx, { pipeline, eventId: event.id, recipientKey, envelope: envelopeOf(job, event, data) })
}

const envelopeOf = (job: JobContract, event: EventEnvelope, data: Record<string, unknown>) => ({
  name: job.name,
  data,
  context: {
    correlation_id: event.correlationid,
    causation_id: event.id,
    ...(event.requestid === undefined ? {} : { request_id: event.requestid }),
    ...(event.traceparent === undefined ? {} : { traceparent: event.traceparent }),
  },
})
