/**
 * A consumer turns events into effects in this service's database, each once: the inbox claim and the effect are one transaction.
 * Events come fast by a durable JetStream consumer and surely by the catch-up walk; events of one aggregate are handled one after another.
 * An effect that fails is tried again at most `maxAttempts` times, counted across replicas, then kept as a dead letter.
 */
import { randomUUID } from 'node:crypto'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Clock } from '../context/clock.ts'
import { newContext, runInContext } from '../context/request-context.ts'
import type { Logger } from '../logging/logger.ts'
import type { Db, Tx } from '../postgres/connect.ts'
import { describeFailure } from '../postgres/errors.ts'
import { inScope } from '../postgres/transaction.ts'
import { createCatchUp, type CatchUp } from './catch-up.ts'
import { matchesSubject } from './changes.ts'
import { replayDeadLetter } from './dead-letters.ts'
import { openDurable, type DurableMessage } from './durable.ts'
import { claimEvent, countFailure, unclaimedOf } from './inbox.ts'
import { createLanes, createSlots } from './lanes.ts'
import type { NatsLink } from './nats.ts'
import { isTransient } from './parking.ts'
import { shareFlights } from './shared-flight.ts'
import type { SpineClient } from './spine-client.ts'
import type { Subscription } from './subscription.ts'

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
  replayDeadLetter(eventId: string): Promise<'replayed' | 'failed' | 'missing'>
}

const defaultPollMs = 1000
const firstBackoffMs = 50

export function createConsumer(o: ConsumerOptions): Consumer {
  const log = o.log.child({ consumer: o.name })
  const lanes = createLanes()
  const inSlot = createSlots(o.concurrency ?? 8)
  const holder = randomUUID()
  let stopped = true
  let timer: NodeJS.Timeout | undefined

  const handleOnce = (producer: ServiceName, event: EventEnvelope): Promise<boolean> =>
    inSlot(() =>
      inScope(o.system, {}, async (tx) => {
        if (!(await claimEvent(tx, { consumer: o.name, producer, event }))) return false
        await runInContext(contextOf(event), () => o.handle(tx, event))
        return true
      }),
    )
  /** Resolves when the event is handled or set aside. Rejects when that can't be known now. */
  const settle = async (producer: ServiceName, event: EventEnvelope): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (await handleOnce(producer, event)) o.onCommitted?.(event)
        return
      } catch (error) {
        if (stopped || isTransient(error)) throw error
        const reason = describeFailure(error)
        const verdict = await countFailure(o.system, { consumer: o.name, producer, event, reason, maxAttempts: o.maxAttempts ?? 5 })
        log.warn({ event_id: event.id, event_type: event.type, reason, verdict }, 'an event could not be handled')
        if (verdict === 'dead') return
      }
      await new Promise((resolve) => setTimeout(resolve, firstBackoffMs * 4 ** attempt).unref())
    }
  }
  const settleInLane = (producer: ServiceName, event: EventEnvelope) => lanes.run(event.subject, () => settle(producer, event))
  const wanted = o.producers.map((producer) => ({ ...producer, subjects: subjectsOf(o.subjects, producer.name) })).filter(({ subjects }) => subjects.length > 0)
  const followers = wanted.map(({ name, client, subjects }) => follow({ ...o, log, producer: name, client, subjects, holder, settleInLane, isStopped: () => stopped }))
  const pollAll = () => void Promise.all(followers.map((follower) => follower.poll()))

  return {
    start: () => {
      stopped = false
      for (const follower of followers) follower.open()
      timer = setInterval(pollAll, o.pollMs ?? defaultPollMs)
      pollAll()
    },
    stop: async () => {
      stopped = true
      clearInterval(timer)
      await Promise.all(followers.map((follower) => follower.close()))
      await lanes.idle()
    },
    catchUpNow: async () => (await Promise.all(followers.map((follower) => follower.poll()))).every(Boolean),
    replayDeadLetter: (eventId) => replayDeadLetter(o.system, { consumer: o.name, eventId, handle: o.handle }),
  }
}

/** Both paths of one producer. Messages wait until a first walk is over, so what JetStream lost is handled before what came after it. */
function follow(
  o: ConsumerOptions & {
    producer: ServiceName
    client: SpineClient
    holder: string
    settleInLane(producer: ServiceName, event: EventEnvelope): Promise<void>
    isStopped(): boolean
  },
) {
  const catchUp: CatchUp = createCatchUp({
    ...o,
    consumer: o.name,
    settle: async (events) => {
      const open = await unclaimedOf(o.system, o.name, events)
      const results = await Promise.allSettled(open.map((event) => o.settleInLane(o.producer, event)))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
  })
  let subscription: Subscription | undefined
  let gate: Promise<unknown> = Promise.resolve()
  let failing = false

  /** Whether it came to the head. A failure is logged once and left to the next second. */
  const poll = shareFlights(async () => {
    if (o.isStopped()) return false
    try {
      const outcome = await catchUp.walk()
      failing = false
      return outcome === 'done'
    } catch (error) {
      if (!failing) o.log.warn({ producer: o.producer, reason: describeFailure(error) }, 'catching up fails; it goes on trying')
      failing = true
      return false
    }
  })
  const receive = async ({ event, ack, retryLater }: DurableMessage) => {
    await gate
    try {
      if (o.isStopped()) return retryLater()
      if (event.epoch !== catchUp.epoch()) await poll()
      const epoch = catchUp.epoch()
      // A history that was undone by a restore: its events must not take effect any more.
      if (epoch !== undefined && event.epoch !== epoch) return ack()
      await o.settleInLane(o.producer, event)
      ack()
    } catch {
      retryLater()
    }
  }
  return {
    poll,
    open: () => {
      subscription = openDurable({ ...o, onMessage: (message) => void receive(message), onOpen: () => (gate = poll()) })
    },
    close: async () => {
      subscription?.stop()
      await poll()
      await catchUp.release().catch(() => {})
    },
  }
}

/** Those of one producer; none covered by another, since JetStream refuses overlapping filters. */
const subjectsOf = (subjects: readonly string[], producer: ServiceName): string[] =>
  [...new Set(subjects)].filter(
    (subject) => subject.startsWith(`gatehouse.${producer}.`) && !subjects.some((other) => other !== subject && matchesSubject([other], subject)),
  )

const contextOf = (event: EventEnvelope) =>
  newContext({
    ...(event.requestid === undefined ? {} : { requestId: event.requestid }),
    correlationId: event.correlationid,
    causationId: event.id,
    traceparent: event.traceparent ?? '',
    clientAddress: event.clientaddress,
    userAgent: event.useragent,
  })
