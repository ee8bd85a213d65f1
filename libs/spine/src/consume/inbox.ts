/**
 * The inbox makes a repeated delivery harmless: an event is claimed in the transaction of its effect, so claim and
 * effect commit or vanish together. A failed effect leaves no claim but a counted failure; after the last try the event
 * is claimed and kept as a dead letter.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Db, Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'

export type Delivery = { consumer: string; producer: string; event: EventEnvelope }

export type Deliveries = { consumer: string; deliveries: readonly { producer: string; event: EventEnvelope }[] }

/** What becomes of a claim that is a statement of its own, with the effects in it. */
export type WithClaim = {
  /** Which of `delivered d` are claimed, where not all are: the others are left for a transaction. */
  only?: SQL
  /** Expressions of `with` that write the effects of `claimed (event_id)`. */
  effects?: SQL
}

/**
 * The events that this transaction, or statement, is the one to handle, as UUIDs. A rival waits here until it knows;
 * all claim in one order, so that none waits for another.
 */
export async function claimEvents(
  db: Queryable,
  { consumer, deliveries }: Deliveries,
  { only, effects }: WithClaim = {},
): Promise<Set<string>> {
  const keys = deliveries.map(({ producer, event: { id, time, position } }) => ({
    ...{ event_id: uuidOf(id), event_time: time },
    ...{ producer, position },
  }))
  // What is left has failed before, perhaps: its tries go on counting.
  const over = only === undefined ? sql`delivered` : sql`claimed`
  const claimed = await db.execute(sql`
    with delivered as (
      select * from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb)
        as g (event_id uuid, event_time timestamptz, producer text, position bigint)
    ), claimed as (
      insert into inbox (consumer, event_id, event_time, producer, position)
      select ${consumer}, event_id, event_time, producer, position from delivered d
      where ${only ?? sql`true`} order by event_time, event_id
      on conflict do nothing returning event_id
    ), settled as (
      delete from dead_letters
      where consumer = ${consumer} and state = 'retrying' and event_id in (select event_id from ${over})
    )${effects === undefined ? sql`` : sql`, ${effects}`}
    select event_id from claimed`)
  return new Set(rowsOf<{ event_id: string }>(claimed).map((row) => row.event_id))
}

/** Those of `events` nobody has claimed yet; a hint that saves transactions, never a proof. */
export async function unclaimedOf(db: Queryable, consumer: string, events: EventEnvelope[]): Promise<EventEnvelope[]> {
  if (events.length === 0) return []
  const keys = JSON.stringify(events.map((event) => ({ event_id: uuidOf(event.id), event_time: event.time })))
  const rows = rowsOf<{ event_id: string }>(
    await db.execute(sql`
      select i.event_id from jsonb_to_recordset(${keys}::jsonb) as k(event_id uuid, event_time timestamptz)
      join inbox i on i.consumer = ${consumer} and i.event_id = k.event_id and i.event_time = k.event_time`),
  )
  const claimed = new Set(rows.map((row) => row.event_id))
  return events.filter((event) => !claimed.has(uuidOf(event.id)))
}

/** Counts a failed try, across replicas and restarts. `dead`: it was the last, the event is set aside. */
export function countFailure(
  system: Db,
  o: Delivery & {
    reason: string
    maxAttempts: number
    /** Tries that failed before the first one that is counted. */
    triesBefore: number
  },
): Promise<'retry' | 'dead'> {
  return inScope(system, {}, async (tx) => {
    const [row] = rowsOf<{ attempts: number }>(
      await tx.execute(sql`
        insert into dead_letters (consumer, event_id, producer, event, reason, attempts)
        values (${o.consumer}, ${uuidOf(o.event.id)}, ${o.producer}, ${JSON.stringify(o.event)}::jsonb, ${o.reason},
          ${1 + o.triesBefore})
        on conflict (consumer, event_id) do update
        set attempts = dead_letters.attempts + 1, reason = excluded.reason, last_failed_at = now()
          where dead_letters.state = 'retrying'
        returning attempts`),
    )
    if (row !== undefined && row.attempts < o.maxAttempts) return 'retry'
    await setAside(tx, o)
    return 'dead'
  })
}

async function setAside(tx: Tx, o: Delivery): Promise<void> {
  const isOurs =
    rowsOf(
      await tx.execute(sql`
      insert into inbox (consumer, event_id, event_time, producer, position)
      values (${o.consumer}, ${uuidOf(o.event.id)}, ${o.event.time}, ${o.producer}, ${o.event.position})
      on conflict do nothing returning 1`),
    ).length > 0
  // Somebody else's try succeeded meanwhile: then there is nothing to mourn.
  if (isOurs)
    await tx.execute(
      sql`update dead_letters set state = 'dead' where consumer = ${o.consumer} and event_id = ${uuidOf(o.event.id)}`,
    )
  else
    await tx.execute(
      sql`delete from dead_letters
        where consumer = ${o.consumer} and event_id = ${uuidOf(o.event.id)} and state = 'retrying'`,
    )
}
