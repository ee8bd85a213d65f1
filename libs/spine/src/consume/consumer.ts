/**
 * A consumer turns events into effects in this service's database, each once: the inbox claim and the effect are one transaction.
 * Events come fast by a durable JetStream consumer and surely by the catch-up walk; events of one aggregate are handled one after another.
 * An effect that fails is tried again at most `maxAttempts` times, counted across replicas, then kept as a dead letter.
 */
import { randomUUID } from 'node:crypto'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { runInContext } from '@gatehouse/service-kit/context/request-context'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import pLimit from 'p-limit'
import { matchesSubject } from '../produce/changes.ts'
import { contextOfEvent } from './event-context.ts'
import { claimEvent, countFailure } from './inbox.ts'
import { createPerKeyQueue } from './per-key-queue.ts'
import type { NatsLink } from '../nats/connection.ts'
import { isTransient } from '../follow/parking.ts'
import { createProducerFeed } from './producer-feed.ts'
import type { SpineClient } from '../follow/spine-client.ts'

export type ConsumerOptions = {
  /** `<service>--<purpose>`, as `workers--audit`: the durable name, and the key of its inbox. */
  name: string
  producers: readonly { name: ServiceName; client: SpineClient }[]
  /** Event types it wants, or prefixes ending in `.>`. */
  subjects: readonly string[]
  system: Db
  nats: NatsLink
  /** The effect, in the transaction that claims the event. May run again after a failure; nothing outside `tx` may happen here. */
  handle(tx: Tx, event: EventEnvelope): Promise<void>
  /** After the commit, on the replica that handled it: enqueue what the effect wrote down. Lost in a crash, so something must sweep. */
  onCommitted?(event: EventEnvelope): void
  log: Logger
  clock: Clock
  maxAttempts?: number
  /** Handled at the same time; 8 when absent. */
  concurrency?: number
  pollMs?: number
}

export type Consumer = {
  start(): void
  stop(): Promise<void>
  /** Walks every producer's changes to the head now. False when one did not answer or another replica is walking. */
  catchUpNow(): Promise<boolean>
}

const defaultMaxAttempts = 5
const defaultConcurrency = 8
const firstBackoffMs = 50

export function createConsumer(o: ConsumerOptions): Consumer {
  const log = o.log.child({ consumer: o.name })
  const holder = randomUUID()
  const queue = createPerKeyQueue()
  const handler = createHandler({ ...o, log })
  const feeds = o.producers
    .map(({ name, client }) => ({ producer: name, client, subjects: subjectsOf(o.subjects, name) }))
    .filter(({ subjects }) => subjects.length > 0)
    .map((feed) =>
      createProducerFeed({
        ...o,
        ...feed,
        log,
        holder,
        settle: (event) => queue.run(event.subject, () => handler.settle(feed.producer, event)),
      }),
    )
  const pollAll = () => Promise.all(feeds.map((feed) => feed.poll()))
  return {
    start: () => {
      for (const feed of feeds) feed.open()
    },
    stop: async () => {
      handler.stop()
      await Promise.all(feeds.map((feed) => feed.close()))
      await queue.idle()
    },
    catchUpNow: async () => (await pollAll()).every(Boolean),
  }
}

/** One event until it is handled or set aside. A failure that may pass (database, network) is not counted: it rejects. */
function createHandler(o: ConsumerOptions) {
  const inSlot = pLimit(o.concurrency ?? defaultConcurrency)
  let stopped = false

  const handleOnce = (producer: ServiceName, event: EventEnvelope): Promise<boolean> =>
    inScope(o.system, {}, async (tx) => {
      if (!(await claimEvent(tx, { consumer: o.name, producer, event }))) return false
      await runInContext(contextOfEvent(event), () => o.handle(tx, event))
      return true
    })
  const count = async (producer: ServiceName, event: EventEnvelope, error: unknown): Promise<'retry' | 'dead'> => {
    const reason = describeFailure(error)
    const verdict = await countFailure(o.system, {
      consumer: o.name,
      producer,
      event,
      reason,
      maxAttempts: o.maxAttempts ?? defaultMaxAttempts,
    })
    o.log.warn({ event_id: event.id, event_type: event.type, reason, verdict }, 'an event could not be handled')
    return verdict
  }
  const settle = async (producer: ServiceName, event: EventEnvelope): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (await inSlot(() => handleOnce(producer, event))) o.onCommitted?.(event)
        return
      } catch (error) {
        if (stopped || isTransient(error)) throw error
        if ((await count(producer, event, error)) === 'dead') return
      }
      // The slot is free meanwhile: others are on time, only the aggregate waits.
      await new Promise((resolve) => setTimeout(resolve, firstBackoffMs * 4 ** attempt).unref())
    }
  }
  return {
    settle,
    stop: () => {
      stopped = true
    },
  }
}

/** Those of one producer; none covered by another, since JetStream refuses overlapping filters. */
const subjectsOf = (subjects: readonly string[], producer: ServiceName): string[] =>
  [...new Set(subjects)].filter(
    (subject) =>
      subject.startsWith(`gatehouse.${producer}.`) &&
      !subjects.some((other) => other !== subject && matchesSubject([other], subject)),
  )
