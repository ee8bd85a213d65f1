/**
 * Copies sequenced events to JetStream: in position order, many in flight, the event's id as message id. Every replica
 * relays what it knows to be unpublished, from `relay_cursor` on, so the stream keeps its order and repeats are dropped
 * by the server. While NATS is away it waits; writers never wait for it. At a reconnection everything without an
 * acknowledgement is published again. It looks for work only when a head is above what it has sent; the sequencer asks
 * for the head at least once a second.
 */
import { sql } from 'drizzle-orm'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { outboxColumns, toEvent, type OutboxRow } from './envelope.ts'
import type { NatsLink } from '../nats/connection.ts'
import { createPublishWindow, type PublishWindow } from './publish-window.ts'
import { ensureStream } from '../nats/stream.ts'

export type Relay = {
  start(): void
  stop(): Promise<void>
  /** There may be something to publish. */
  wake(): void
  /** Whether there is: everything up to `head` has its position. */
  sawHead(head: number): void
  /** Whether everything up to `position` was acknowledged within `timeoutMs`. */
  waitUntilPublished(position: number, timeoutMs: number): Promise<boolean>
}

type RelayOptions = { service: ServiceName; system: Db; nats: NatsLink; log: Logger }
type PublishableRow = OutboxRow & { epoch: string }
type RelayRow = { published: string } & (PublishableRow | { id: null })

const isPublishable = (row: RelayRow): row is RelayRow & PublishableRow => row.id !== null

const pageRows = 500
const mostInFlight = 2000

export function createRelay(o: RelayOptions): Relay {
  const window = createPublishWindow()
  const cursor = storeCursor(o, window)
  const pump = createPump(o, window, cursor.store)
  let stopListening = () => {}
  return {
    wake: pump.wake,
    sawHead: (head) => {
      if (head > window.sent()) pump.wake()
    },
    start: () => {
      pump.open()
      stopListening = o.nats.onConnect(pump.restart)
    },
    stop: async () => {
      stopListening()
      await pump.close()
      await cursor.idle()
    },
    waitUntilPublished: (position, timeoutMs) =>
      position <= window.published() ? Promise.resolve(true) : window.waiters.wait(position, timeoutMs),
  }
}

/** Stores how far the relay is: one update at a time, each with whatever has been acknowledged when it begins. */
function storeCursor(o: Pick<RelayOptions, 'system' | 'log'>, window: PublishWindow) {
  let stored = 0
  let underway: Promise<void> | undefined
  const run = async () => {
    try {
      while (stored < window.published()) {
        const upTo = window.published()
        await o.system.execute(
          sql`update relay_cursor set published_position = ${upTo} where published_position < ${upTo}`,
        )
        stored = upTo
      }
    } catch (error) {
      o.log.debug({ reason: describeFailure(error) }, 'the relay cursor could not be stored')
    } finally {
      underway = undefined
    }
  }
  return { store: () => void (underway ??= run()), idle: async () => underway }
}

/** One row at least: with `id` null when there is nothing to publish. */
async function loadPage(system: Db, sent: number): Promise<RelayRow[]> {
  return rowsOf<RelayRow>(
    await system.execute(sql`
      select o.*, h.epoch, c.published_position as published from relay_cursor c cross join spine_head h left
        join lateral (
        select ${outboxColumns} from outbox where outbox.position > greatest(c.published_position, ${sent}::bigint)
          order by outbox.position limit ${pageRows}
      ) o on true order by o.position`),
  )
}

/**
 * Hands rows to the client and counts their acknowledgements. A failed publication opens a new generation, which begins
 * after the last acknowledged one.
 */
function createSender(o: RelayOptions, window: PublishWindow, onAcknowledged: () => void) {
  let generation = 0
  let isWarned = false
  const forget = () => {
    generation += 1
    window.forget()
  }
  const onFailure = (error: unknown, mine: number) => {
    if (mine !== generation) return
    if (!isWarned)
      o.log.warn({ reason: describeFailure(error) }, 'publishing failed; it goes on as soon as NATS answers')
    isWarned = true
    forget()
  }
  const send = (rows: readonly PublishableRow[], mine: number) => {
    const events = rows.map((row) => toEvent(row, { service: o.service, epoch: row.epoch }))
    const messages = events.map((event) => ({ subject: event.type, id: event.id, payload: JSON.stringify(event) }))
    const acknowledgements = o.nats.publish(messages)
    for (const [at, { position }] of events.entries()) {
      window.markSent(position)
      acknowledgements[at]?.then(
        () => {
          isWarned = false
          window.acknowledge(position)
          onAcknowledged()
        },
        (error: unknown) => onFailure(error, mine),
      )
    }
  }
  return { forget, send, generation: () => generation }
}

function createPump(o: RelayOptions, window: PublishWindow, store: () => void) {
  let isOpen = false
  let isFull = false
  let readyGeneration = -1
  const canPublish = () => isOpen && o.nats.status() === 'connected'
  const sender = createSender(o, window, () => {
    store()
    if (isFull && window.inFlight() < mostInFlight / 2) loop.wake()
  })
  /** One page; whether there may be another. */
  const publishPage = async (): Promise<boolean> => {
    isFull = window.inFlight() >= mostInFlight
    if (!canPublish() || isFull) return false
    const mine = sender.generation()
    const page = await loadPage(o.system, window.sent())
    if (mine !== sender.generation()) return false
    const rows = page.filter(isPublishable)
    window.advanceTo(Number(page[0]?.published ?? 0), rows[0] === undefined ? undefined : Number(rows[0].position))
    sender.send(rows, mine)
    return rows.length === pageRows
  }
  const pump = async () => {
    const generation = sender.generation()
    // A new generation may have lost its stream; making it is idempotent.
    if (readyGeneration !== generation) await ensureStream(o.nats, o.service, { isOwn: true })
    readyGeneration = generation
    while (await publishPage());
  }
  const loop = createWakeLoop(canPublish, () =>
    pump().catch((error: unknown) => {
      o.log.debug({ reason: describeFailure(error) }, 'the relay will try again')
      sender.forget()
    }),
  )
  return {
    wake: loop.wake,
    restart: () => {
      sender.forget()
      loop.wake()
    },
    open: () => {
      isOpen = true
    },
    close: async () => {
      isOpen = false
      await loop.idle()
    },
  }
}

/** Runs at most once at a time, and once more when it was woken meanwhile. */
function createWakeLoop(canRun: () => boolean, run: () => Promise<void>) {
  let isWanted = false
  let underway: Promise<void> | undefined
  const loop = async () => {
    while (isWanted && canRun()) {
      isWanted = false
      await run()
    }
    underway = undefined
  }
  return {
    wake: () => {
      isWanted = true
      if (canRun()) underway ??= loop()
    },
    idle: async () => underway,
  }
}
