/**
 * Both paths of one producer's events into a consumer. Messages wait until a first walk is over, so that what JetStream
 * lost is handled before what came after it; a message the walk has already passed is acknowledged without a
 * transaction.
 */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { createCatchUp, type CatchUp } from './catch-up.ts'
import { createConsumerCursor } from './consumer-cursor.ts'
import { openDurable, type DurableMessage } from '../nats/durable.ts'
import { unclaimedOf } from './inbox.ts'
import type { NatsLink } from '../nats/connection.ts'
import { coalesce } from '@gatehouse/service-kit/concurrency/coalesce'
import { watchHead, type Head } from '../follow/head-watch.ts'
import type { SpineClient } from '../follow/spine-client.ts'
import type { Subscription } from '../nats/subscription.ts'

export type ProducerFeed = {
  open(): void
  /** Whether it walked to the head. A failure is logged once and left to the next second. */
  poll(): Promise<boolean>
  close(): Promise<void>
}

type FeedOptions = {
  /** Of the consumer. */
  name: string
  producer: ServiceName
  client: SpineClient
  subjects: readonly string[]
  system: Db
  nats: NatsLink
  log: Logger
  clock: Clock
  holder: string
  pollMs?: number
  /** Resolves when the event is handled or set aside; rejects when that can't be known now. */
  settle(event: EventEnvelope): Promise<void>
}

export function createProducerFeed(o: FeedOptions): ProducerFeed {
  const cursor = createConsumerCursor({ ...o, consumer: o.name })
  const catchUp = createCatchUp({ ...o, cursor, settle: (events) => settlePage(o, events) })
  let stopped = false
  let subscription: Subscription | undefined
  let stopWatching = () => {}
  let gate: Promise<unknown> = Promise.resolve()
  const walk = quietly(o, () => catchUp.walk())
  const poll = coalesce(async () => !stopped && (await walk()))

  const onMessage = async ({ event, ack, retryLater }: DurableMessage) => {
    try {
      await gate
      if (stopped) return retryLater()
      if (event.epoch !== catchUp.passed()?.epoch) await poll()
      if (!isSettled(catchUp, event)) await o.settle(event)
      ack()
    } catch {
      retryLater()
    }
  }
  const onHead = ({ epoch, head }: Head) => {
    const passed = catchUp.passed()
    if (passed?.epoch !== epoch || passed.position !== head) void poll()
  }
  return {
    poll,
    open: () => {
      stopWatching = watchHead(o.client, o.pollMs, { asking: () => {}, answered: onHead, failed: () => void poll() })
      void poll()
      subscription = openDurable({
        ...o,
        onMessage: (message) => void onMessage(message),
        onOpen: () => {
          gate = poll()
        },
      })
    },
    close: async () => {
      stopped = true
      stopWatching()
      subscription?.stop()
      await poll()
      await cursor.release().catch(() => {})
    },
  }
}

/** Passed by the walk, or of a history that a restore has undone: such events must not take effect any more. */
function isSettled(catchUp: CatchUp, event: EventEnvelope): boolean {
  const passed = catchUp.passed()
  return passed !== undefined && (event.epoch !== passed.epoch || event.position <= passed.position)
}

async function settlePage(o: FeedOptions, events: EventEnvelope[]): Promise<void> {
  const open = await unclaimedOf(o.system, o.name, events)
  const results = await Promise.allSettled(open.map((event) => o.settle(event)))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** The first failure of a row is worth a line. */
function quietly(o: FeedOptions, walk: () => Promise<'done' | 'elsewhere'>): () => Promise<boolean> {
  let isFailing = false
  return async () => {
    try {
      const outcome = await walk()
      isFailing = false
      return outcome === 'done'
    } catch (error) {
      if (!isFailing)
        o.log.warn({ producer: o.producer, reason: describeFailure(error) }, 'catching up fails; it goes on trying')
      isFailing = true
      return false
    }
  }
}
