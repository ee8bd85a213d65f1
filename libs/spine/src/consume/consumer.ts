/**
 * A consumer turns events into effects in this service's database, each once: the inbox claims and the effects are one
 * transaction, of one event at rest and of many under load. Events come fast by a durable JetStream consumer and surely
 * by the catch-up walk; events of one aggregate are handled one after another. An effect that fails is tried again at
 * most `maxAttempts` times, counted across replicas, then kept as a dead letter.
 */
import { randomUUID } from 'node:crypto'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db, Tx } from '@gatehouse/service-kit/postgres/connect'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { matchesSubject } from '../produce/changes.ts'
import { createBatches, type Entry, type Verdict } from './batches.ts'
import { inContextOf, type InContextOf } from './event-context.ts'
import { claimEvents, countFailure, type WithClaim } from './inbox.ts'
import type { NatsLink } from '../nats/connection.ts'
import { isTransient } from '../follow/parking.ts'
import { createProducerFeed } from './producer-feed.ts'
import type { SpineClient } from '../follow/spine-client.ts'

export type { InContextOf } from './event-context.ts'
export type { WithClaim } from './inbox.ts'

export type ConsumerOptions = {
  /** `<service>--<purpose>`, as `workers--audit`: the durable name, and the key of its inbox. */
  name: string
  producers: readonly { name: ServiceName; client: SpineClient }[]
  /** Event types it wants, or prefixes ending in `.>`. */
  subjects: readonly string[]
  /** False for an event without an effect here: it is passed and not claimed. */
  concerns?(event: EventEnvelope): boolean
  system: Db
  nats: NatsLink
  /**
   * The effect, in the transaction that claims the event. May run again after a failure; nothing outside `tx` may
   * happen here.
   */
  handle(tx: Tx, event: EventEnvelope): Promise<void>
  /**
   * The effects of several in fewer statements, as `handle` of each in this order. When it fails, each is tried by
   * itself. What needs the context of an event runs in `inContextOf`.
   */
  handleAll?(tx: Tx, events: readonly EventEnvelope[], inContextOf: InContextOf): Promise<void>
  /**
   * The claim and the effects as one statement, which commits by itself: neither begin nor commit, one round trip.
   * Undefined where they need a transaction; what the statement does not claim, and all when it fails, gets one.
   */
  inOneStatement?(db: Db, events: readonly EventEnvelope[]): Promise<WithClaim | undefined>
  /**
   * After the commit, on the replica that handled it: enqueue what the effect wrote down. Lost in a crash, so something
   * must sweep.
   */
  onCommitted?(event: EventEnvelope): void
  log: Logger
  clock: Clock
  maxAttempts?: number
  /** Transactions at the same time; 8 when absent. */
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
const mostInBatch = 50
/** Of the events of a batch, which is written in one piece. */
const charactersInBatch = 64 * 1024
const firstBackoffMs = 50

export function createConsumer(o: ConsumerOptions): Consumer {
  const log = o.log.child({ consumer: o.name })
  const holder = randomUUID()
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
        settle: (event) => handler.settle({ producer: feed.producer, event }),
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
      await handler.idle()
    },
    catchUpNow: async () => (await pollAll()).every(Boolean),
  }
}

type Delivery = { producer: ServiceName; event: EventEnvelope }

/**
 * Each event until it is handled or set aside. A failure that may pass (database, network) is not counted: it rejects.
 */
function createHandler(o: ConsumerOptions) {
  let stopped = false
  const batches = createBatches<Delivery>({
    atOnce: o.concurrency ?? defaultConcurrency,
    most: mostInBatch,
    heaviest: charactersInBatch,
    weigh: ({ event }) => JSON.stringify(event.data).length,
    run: async (entries) => {
      const left = await leftByOneStatement(o, entries)
      if (left.length > 0) for (const event of await handleTogether(o, left)) o.onCommitted?.(event)
    },
    judge: (entries, error) => judge(o, entries, { error, isStopped: stopped }),
  })
  return {
    settle: async (delivery: Delivery) => {
      if (isOfConcern(o, delivery.event)) await batches.add(delivery.event.subject, delivery)
    },
    idle: batches.idle,
    stop: () => {
      stopped = true
    },
  }
}

/** An event that cannot be judged is claimed, so that its failure is counted. */
function isOfConcern({ concerns }: ConsumerOptions, event: EventEnvelope): boolean {
  try {
    return concerns?.(event) !== false
  } catch {
    return true
  }
}

/** @returns those that still need a transaction, if only to find out what is wrong with them */
async function leftByOneStatement(
  o: ConsumerOptions,
  entries: readonly Entry<Delivery>[],
): Promise<readonly Entry<Delivery>[]> {
  try {
    const deliveries = entries.map(({ item }) => item)
    const events = deliveries.map(({ event }) => event)
    const statement = await o.inOneStatement?.(o.system, events)
    if (statement === undefined) return entries
    const claimed = await claimEvents(o.system, { consumer: o.name, deliveries }, statement)
    if (statement.only === undefined) return []
    return entries.filter(({ item }) => !claimed.has(uuidOf(item.event.id)))
  } catch (error) {
    if (isTransient(error)) throw error
    return entries
  }
}

/** @returns those that this transaction has handled */
function handleTogether(o: ConsumerOptions, entries: readonly Entry<Delivery>[]): Promise<EventEnvelope[]> {
  return inScope(o.system, {}, async (tx) => {
    for (const entry of entries) entry.isToBlame = false
    const claimed = await claimEvents(tx, { consumer: o.name, deliveries: entries.map(({ item }) => item) })
    const open = entries.filter(({ item }) => claimed.delete(uuidOf(item.event.id)))
    const events = open.map(({ item }) => item.event)
    if (o.handleAll !== undefined && events.length > 1) await o.handleAll(tx, events, inContextOf)
    else for (const entry of open) await handleOne(o, tx, entry)
    return events
  })
}

async function handleOne(o: ConsumerOptions, tx: Tx, entry: Entry<Delivery>): Promise<void> {
  const { event } = entry.item
  try {
    await inContextOf(event, () => o.handle(tx, event))
  } catch (error) {
    entry.isToBlame = true
    throw error
  }
}

/** The one that is known to be to blame is counted and rests; where that is not known, each is tried by itself. */
async function judge(
  o: ConsumerOptions,
  entries: readonly Entry<Delivery>[],
  { error, isStopped }: { error: unknown; isStopped: boolean },
): Promise<Verdict[]> {
  if (isStopped || isTransient(error)) return entries.map(() => ({ kind: 'refused', error }))
  const guilty = entries.length === 1 ? entries[0] : entries.find(({ isToBlame }) => isToBlame)
  const verdicts: Verdict[] = []
  for (const entry of entries) {
    if (guilty === undefined) Object.assign(entry, { isAlone: true, failures: entry.failures + 1 })
    verdicts.push(entry === guilty ? await count(o, entry, error) : { kind: 'again', afterMs: 0 })
  }
  return verdicts
}

async function count(o: ConsumerOptions, entry: Entry<Delivery>, error: unknown): Promise<Verdict> {
  const { producer, event } = entry.item
  const reason = describeFailure(error)
  const maxAttempts = o.maxAttempts ?? defaultMaxAttempts
  try {
    const verdict = await countFailure(o.system, {
      ...{ consumer: o.name, producer, event, reason },
      ...{ maxAttempts, triesBefore: entry.failures },
    })
    o.log.warn({ event_id: event.id, event_type: event.type, reason, verdict }, 'an event could not be handled')
    if (verdict === 'dead') return { kind: 'settled' }
  } catch (failure) {
    return { kind: 'refused', error: failure }
  }
  entry.isAlone = true
  // Others are on time meanwhile, only the aggregate waits.
  return { kind: 'again', afterMs: firstBackoffMs * 4 ** entry.failures++ }
}

/** Those of one producer; none covered by another, since JetStream refuses overlapping filters. */
const subjectsOf = (subjects: readonly string[], producer: ServiceName): string[] =>
  [...new Set(subjects)].filter(
    (subject) =>
      subject.startsWith(`gatehouse.${producer}.`) &&
      !subjects.some((other) => other !== subject && matchesSubject([other], subject)),
  )
