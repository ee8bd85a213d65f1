/**
 * Copies sequenced events to JetStream: in position order, many in flight, the event's id as message id. Every replica relays what it knows
 * to be unpublished, from `relay_cursor` on, so the stream keeps its order and repeats are dropped by the server. While NATS is away it
 * waits; writers never wait for it. At a reconnection everything without an acknowledgement is published again.
 */
import { sql } from 'drizzle-orm'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Logger } from '../logging/logger.ts'
import type { Db } from '../postgres/connect.ts'
import { describeFailure } from '../postgres/errors.ts'
import { rowsOf } from '../postgres/transaction.ts'
import { outboxColumns, toEvent, type OutboxRow } from './envelope.ts'
import type { NatsLink } from './nats.ts'
import { ensureStream } from './stream.ts'

export type Relay = {
  start(): void
  stop(): Promise<void>
  /** There is something to publish. */
  wake(): void
  /** Whether everything up to `position` was acknowledged within `timeoutMs`. */
  waitUntilPublished(position: number, timeoutMs: number): Promise<boolean>
}

type PublishableRow = OutboxRow & { epoch: string }
type RelayRow = { published: string } & (PublishableRow | { id: null })

const isPublishable = (row: RelayRow): row is RelayRow & PublishableRow => row.id !== null

const pageRows = 500
const mostInFlight = 2000
const sweepMs = 500

export function createRelay(o: { service: ServiceName; system: Db; nats: NatsLink; log: Logger }): Relay {
  /** Everything up to here is acknowledged; `acked` holds acknowledgements beyond it, `sent` is the newest handed to the client. */
  let published = 0
  let sent = 0
  let stored = 0
  const acked = new Set<number>()
  const waiters = new Set<{ position: number; settle(done: boolean): void }>()
  let generation = 0
  let streamReady = false
  let stopped = true
  let pumping: Promise<void> | undefined
  let again = false
  let storing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let full = false
  let warned = false

  const settle = () => {
    for (const waiter of waiters) if (waiter.position <= published) waiter.settle(true)
  }
  const forget = () => {
    generation += 1
    sent = published
    streamReady = false
  }
  const acknowledge = (position: number) => {
    if (position <= published) return
    acked.add(position)
    while (acked.delete(published + 1)) published += 1
    settle()
    if (published > stored) storing ??= store()
    warned = false
    if (full && sent - published < mostInFlight / 2) {
      full = false
      wake()
    }
  }
  /** One update at a time; it carries whatever has been acknowledged when it begins. */
  const store = async () => {
    try {
      while (stored < published) {
        const upTo = published
        await o.system.execute(sql`update relay_cursor set published_position = ${upTo} where published_position < ${upTo}`)
        stored = upTo
      }
    } catch (error) {
      o.log.debug({ reason: describeFailure(error) }, 'the relay cursor could not be stored')
    } finally {
      storing = undefined
    }
  }
  /** One row at least: with `id` null when there is nothing to publish. */
  const load = async () =>
    rowsOf<RelayRow>(
      await o.system.execute(sql`
        select o.*, h.epoch, c.published_position as published from relay_cursor c cross join spine_head h left join lateral (
          select ${outboxColumns} from outbox where outbox.position > greatest(c.published_position, ${sent}::bigint) order by outbox.position limit ${pageRows}
        ) o on true order by o.position`),
    )
  const publishRow = (row: PublishableRow, mine: number) => {
    const position = Number(row.position)
    const event = toEvent(row, { service: o.service, epoch: row.epoch })
    o.nats.publish({ subject: row.subject, id: event.id, payload: JSON.stringify(event) }).then(
      () => acknowledge(position),
      (error: unknown) => {
        if (mine !== generation) return
        if (!warned) o.log.warn({ reason: describeFailure(error) }, 'publishing failed; it goes on as soon as NATS answers')
        warned = true
        forget()
      },
    )
  }
  /** Another replica published up to `elsewhere`; what lies before the oldest row that is left was published before it was dropped. */
  const advanceTo = (elsewhere: number, oldest: number | undefined) => {
    const known = oldest !== undefined && sent === published ? Math.max(elsewhere, oldest - 1) : elsewhere
    if (known <= published) return
    published = known
    stored = Math.max(stored, elsewhere)
    sent = Math.max(sent, published)
    for (const position of acked) if (position <= published) acked.delete(position)
    settle()
  }
  const pump = async () => {
    if (!streamReady) {
      await ensureStream(o.nats, o.service)
      streamReady = true
    }
    for (;;) {
      if (stopped || o.nats.status() === 'disconnected') return
      if (sent - published >= mostInFlight) {
        full = true
        return
      }
      const mine = generation
      const loaded = await load()
      if (mine !== generation) return
      const rows = loaded.filter(isPublishable)
      advanceTo(Number(loaded[0]?.published ?? 0), rows[0] === undefined ? undefined : Number(rows[0].position))
      for (const row of rows) publishRow(row, mine)
      sent = Math.max(sent, Number(rows.at(-1)?.position ?? sent))
      if (rows.length < pageRows) return
    }
  }
  const wake = () => {
    if (stopped || o.nats.status() === 'disconnected') return
    if (pumping !== undefined) {
      again = true
      return
    }
    again = false
    pumping = pump()
      .catch((error: unknown) => {
        o.log.debug({ reason: describeFailure(error) }, 'the relay will try again')
        forget()
      })
      .finally(() => {
        pumping = undefined
        if (again) wake()
      })
  }
  let stopListening = () => {}

  return {
    wake,
    start: () => {
      stopped = false
      stopListening = o.nats.onConnect(() => {
        forget()
        wake()
      })
      timer = setInterval(wake, sweepMs)
      timer.unref()
    },
    stop: async () => {
      stopped = true
      stopListening()
      clearInterval(timer)
      await pumping
      await storing
    },
    waitUntilPublished: (position, timeoutMs) => {
      if (position <= published) return Promise.resolve(true)
      return new Promise((resolve) => {
        const waiter = { position, settle: (done: boolean) => (clearTimeout(limit), waiters.delete(waiter), resolve(done)) }
        const limit = setTimeout(() => waiter.settle(false), timeoutMs)
        waiters.add(waiter)
      })
    },
  }
}
