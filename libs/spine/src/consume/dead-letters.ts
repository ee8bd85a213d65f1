/** What consumers gave up on: listed for operators, replayed on request. A replay is the effect and the letter's new state in one transaction. */
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Db, Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure } from '@gatehouse/service-kit/postgres/errors'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'

export type DeadLetter = {
  consumer: string
  producer: string
  /** TypeID. */
  eventId: string
  event: EventEnvelope
  attempts: number
  reason: string
  firstFailedAt: string
  lastFailedAt: string
}

type Row = {
  consumer: string
  producer: string
  event_id: string
  event: EventEnvelope
  attempts: number
  reason: string
  first_failed_at: string
  last_failed_at: string
}

/** The oldest first, of one consumer or of all; 100 when no limit is given. */
export async function listDeadLetters(
  db: Queryable,
  o: { consumer?: string; limit?: number } = {},
): Promise<DeadLetter[]> {
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select consumer, producer, event_id, event, attempts, reason, first_failed_at, last_failed_at from dead_letters
      where state = 'dead' ${o.consumer === undefined ? sql`` : sql`and consumer = ${o.consumer}`}
      order by first_failed_at, event_id limit ${o.limit ?? 100}`),
  )
  return rows.map((row) => ({
    consumer: row.consumer,
    producer: row.producer,
    eventId: typeIdOf('evt', row.event_id),
    event: row.event,
    attempts: row.attempts,
    reason: row.reason,
    firstFailedAt: row.first_failed_at,
    lastFailedAt: row.last_failed_at,
  }))
}

/** Handles one dead letter again. `missing`: there is none (or another replay has it); `failed`: the reason is kept with it. */
export async function replayDeadLetter(
  system: Db,
  o: { consumer: string; eventId: string; handle(tx: Tx, event: EventEnvelope): Promise<void> },
): Promise<'replayed' | 'failed' | 'missing'> {
  const letter = sql`consumer = ${o.consumer} and event_id = ${uuidOf(o.eventId, 'evt')} and state = 'dead'`
  try {
    return await inScope(system, {}, async (tx) => {
      const [row] = rowsOf<{ event: EventEnvelope }>(
        await tx.execute(sql`update dead_letters set state = 'replayed' where ${letter} returning event`),
      )
      if (row === undefined) return 'missing'
      await o.handle(tx, row.event)
      return 'replayed'
    })
  } catch (error) {
    await system.execute(
      sql`update dead_letters set attempts = attempts + 1, last_failed_at = now(), reason = ${describeFailure(error)} where ${letter}`,
    )
    return 'failed'
  }
}
