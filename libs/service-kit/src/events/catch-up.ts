/**
 * The sure path of a consumer: walks a producer's changes from a cursor in this service's database, so that what JetStream lost, or never had,
 * is still handled. One replica walks at a time, holding the cursor for some seconds by database time; walking twice would be harmless.
 */
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import type { Clock } from '../context/clock.ts'
import type { Logger } from '../logging/logger.ts'
import type { Db } from '../postgres/connect.ts'
import { inScope, rowsOf } from '../postgres/transaction.ts'
import type { SpineClient } from './spine-client.ts'

type Cursor = { epoch: string | null; position: number }

export type CatchUp = {
  /** Walks to the head. `elsewhere`: another replica holds the cursor. Throws when the producer or the database does not answer. */
  walk(): Promise<'done' | 'elsewhere'>
  /** The producer's epoch as last heard. */
  epoch(): string | undefined
  /** Lets another replica walk at once. */
  release(): Promise<void>
}

const heldSeconds = 15
/** How long this replica relies on holding the cursor without asking; well below `heldSeconds`. */
const trustedMs = 8000
const pageLimit = 200

/** `settle` resolves when every event of a page is handled or set aside; only then does the cursor move. */
export function createCatchUp(o: {
  consumer: string
  producer: ServiceName
  client: SpineClient
  subjects: readonly string[]
  system: Db
  log: Logger
  clock: Clock
  /** Of this replica. */
  holder: string
  settle(events: EventEnvelope[]): Promise<void>
}): CatchUp {
  let heardEpoch: string | undefined
  const row = sql`consumer = ${o.consumer} and producer = ${o.producer}`
  const until = sql`now() + make_interval(secs => ${heldSeconds})`

  let held: { cursor: Cursor; untilMs: number } | undefined

  const claim = (): Promise<Cursor | undefined> =>
    inScope(o.system, {}, async (tx) => {
      await tx.execute(sql`insert into consumer_cursors (consumer, producer) values (${o.consumer}, ${o.producer}) on conflict do nothing`)
      const [claimed] = rowsOf<{ epoch: string | null; position: string }>(
        await tx.execute(sql`
          update consumer_cursors set holder = ${o.holder}, held_until = ${until}
          where (consumer, producer) in (select consumer, producer from consumer_cursors where ${row} and (holder = ${o.holder} or held_until < now()) for update skip locked)
          returning epoch, position`),
      )
      return claimed && { epoch: claimed.epoch, position: Number(claimed.position) }
    })
  const storedEpoch = async (): Promise<string | undefined> =>
    rowsOf<{ epoch: string | null }>(await o.system.execute(sql`select epoch from consumer_cursors where ${row}`))[0]?.epoch ?? undefined
  /** Moves only while nobody has taken over. */
  const moveTo = async (cursor: { epoch: string; position: number }): Promise<boolean> => {
    const askedAtMs = o.clock.monotonicMs()
    const moved = rowsOf(
      await o.system.execute(sql`
        update consumer_cursors set epoch = ${cursor.epoch}, position = ${cursor.position}, held_until = ${until}, updated_at = now()
        where ${row} and holder = ${o.holder} returning 1`),
    )
    held = moved.length > 0 ? { cursor, untilMs: askedAtMs + trustedMs } : undefined
    return held !== undefined
  }
  /** While we know to hold the cursor an idle second costs no write. */
  const begin = async (): Promise<Cursor | undefined> => {
    const askedAtMs = o.clock.monotonicMs()
    if (held !== undefined && askedAtMs < held.untilMs) return held.cursor
    const cursor = await claim()
    held = cursor && { cursor, untilMs: askedAtMs + trustedMs }
    return cursor
  }

  const walk = async (): Promise<'done' | 'elsewhere'> => {
    for (;;) {
      const cursor = await begin()
      if (cursor === undefined) {
        heardEpoch = (await storedEpoch()) ?? heardEpoch
        return 'elsewhere'
      }
      const { epoch, position: after } = cursor
      const page = await o.client.changes({ after, limit: pageLimit, subjects: o.subjects, orOldest: true, ...(epoch === null ? {} : { epoch }) })
      heardEpoch = page.epoch
      if (page.epoch !== epoch || page.head < after) {
        // Begun, or restored: from the start of what is kept. Events that were handled before are known by their ids.
        if (epoch !== null) o.log.warn({ producer: o.producer }, 'the producer has another history now; walking it from its start')
        if (!(await moveTo({ epoch: page.epoch, position: 0 }))) return 'elsewhere'
        continue
      }
      if (page.after > after && after > 0) o.log.error({ producer: o.producer, from: after + 1, to: page.after }, 'events were lost: they are behind the retention of their producer')
      await o.settle(page.events)
      if (page.scanned_to > after && !(await moveTo({ epoch, position: page.scanned_to }))) return 'elsewhere'
      if (page.scanned_to >= page.head) return 'done'
    }
  }
  return {
    walk,
    epoch: () => heardEpoch,
    release: async () => {
      held = undefined
      await o.system.execute(sql`update consumer_cursors set held_until = '-infinity' where ${row} and holder = ${o.holder}`)
    },
  }
}
