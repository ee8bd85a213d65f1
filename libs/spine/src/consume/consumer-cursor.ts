/**
 * Where a consumer's catch-up stands in one producer's history, and which replica walks it. The row is claimed by one
 * conditional upsert for some seconds by database time and moves only for its holder; walking twice would be harmless,
 * the inbox knows.
 */
import { sql } from 'drizzle-orm'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'

/** `epoch` is null until the first walk. */
export type Cursor = { epoch: string | null; position: number }

export type ConsumerCursor = {
  /** The place to walk from; undefined when another replica walks. While this one holds it, asking costs no write. */
  take(): Promise<Cursor | undefined>
  /** False when another replica has taken over. */
  moveTo(cursor: { epoch: string; position: number }): Promise<boolean>
  /** As stored, whoever holds it. */
  read(): Promise<Cursor | undefined>
  release(): Promise<void>
}

const heldSeconds = 15
/** How long this replica relies on holding the cursor without asking; well below `heldSeconds`. */
const trustedMs = 8000

export function createConsumerCursor(o: {
  consumer: string
  producer: string
  holder: string
  system: Db
  clock: Clock
}): ConsumerCursor {
  const row = sql`consumer = ${o.consumer} and producer = ${o.producer}`
  const until = sql`now() + make_interval(secs => ${heldSeconds})`
  let held: { cursor: Cursor; untilMs: number } | undefined

  const claim = async () =>
    cursorIn(
      await o.system.execute(sql`
        insert into consumer_cursors as c (consumer, producer, holder, held_until)
          values (${o.consumer}, ${o.producer}, ${o.holder}, ${until})
        on conflict (consumer, producer) do update set holder = excluded.holder, held_until = excluded.held_until
          where c.holder = excluded.holder or c.held_until < now()
        returning epoch, position`),
    )
  return {
    take: async () => {
      const askedAtMs = o.clock.monotonicMs()
      if (held !== undefined && askedAtMs < held.untilMs) return held.cursor
      const cursor = await claim()
      held = cursor && { cursor, untilMs: askedAtMs + trustedMs }
      return cursor
    },
    moveTo: async (cursor) => {
      const askedAtMs = o.clock.monotonicMs()
      const moved = rowsOf(
        await o.system.execute(sql`
          update consumer_cursors set epoch = ${cursor.epoch}, position = ${cursor.position}, held_until = ${until},
            updated_at = now()
          where ${row} and holder = ${o.holder} returning 1`),
      )
      held = moved.length > 0 ? { cursor, untilMs: askedAtMs + trustedMs } : undefined
      return held !== undefined
    },
    read: async () => cursorIn(await o.system.execute(sql`select epoch, position from consumer_cursors where ${row}`)),
    release: async () => {
      held = undefined
      await o.system.execute(
        sql`update consumer_cursors set held_until = '-infinity' where ${row} and holder = ${o.holder}`,
      )
    },
  }
}

function cursorIn(result: ArrayLike<Record<string, unknown>>): Cursor | undefined {
  const [found] = rowsOf<{ epoch: string | null; position: string }>(result)
  return found && { epoch: found.epoch, position: Number(found.position) }
}
