/**
 * Events a projection cannot apply. A poison event is put aside with its reason, and so is every later event of its
 * aggregate, in order, because applying them over the gap would build a state nobody ever announced. Only the aggregate
 * suffers, until it is replayed.
 */
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { isAppError, statusOf } from '@gatehouse/service-kit/errors/app-error'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Db, Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure, isUnavailable } from '@gatehouse/service-kit/postgres/errors'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'

type Apply = (tx: Tx, event: EventEnvelope) => Promise<void>

/** Worth trying again later, unlike an event that can never be applied. */
export const isTransient = (error: unknown): boolean =>
  isUnavailable(error) || (isAppError(error) && statusOf(error.code) >= 500 && error.code !== 'internal_error')

const followsParked = 'an earlier event of this aggregate is parked'

/** UUIDs of the aggregates that have parked events. */
export async function listParkedAggregates(db: Queryable, projection: string): Promise<string[]> {
  return rowsOf<{ aggregate_id: string }>(
    await db.execute(sql`select distinct aggregate_id from parked_events where projection = ${projection}`),
  ).map((row) => row.aggregate_id)
}

/**
 * Applies `events` in order. Careless, the first failure throws; careful, it parks. Whether anything was parked.
 * A failure that may pass (database, network) always throws: parking is for what will fail again.
 */
export async function applyOrPark(
  tx: Tx,
  o: {
    projection: string
    events: EventEnvelope[]
    careful: boolean
    /** UUIDs of the aggregates that have parked events already. */
    parked: ReadonlySet<string>
    apply: Apply
  },
): Promise<boolean> {
  const parked = new Set(o.parked)
  let parkedMore = false
  const park = async (event: EventEnvelope, reason: string) => {
    parked.add(uuidOf(event.subject))
    parkedMore = true
    await tx.execute(sql`
      insert into parked_events (projection, event_id, aggregate_id, position, event, reason)
      values (${o.projection}, ${uuidOf(event.id)}, ${uuidOf(event.subject)}, ${event.position},
        ${JSON.stringify(event)}::jsonb, ${reason}) on conflict do nothing`)
  }
  for (const event of o.events) {
    if (parked.has(uuidOf(event.subject))) await park(event, followsParked)
    else if (!o.careful) await o.apply(tx, event)
    else {
      const failure = await attempt(tx, event, o.apply)
      if (failure !== undefined) await park(event, failure)
    }
  }
  return parkedMore
}

/** Applies under a savepoint; the reason when it failed for good. */
async function attempt(tx: Tx, event: EventEnvelope, apply: Apply): Promise<string | undefined> {
  try {
    await tx.transaction((savepoint) => apply(savepoint, event))
    return undefined
  } catch (error) {
    if (isTransient(error)) throw error
    return describeFailure(error)
  }
}

/**
 * Replays parked events, aggregate by aggregate, each in order up to its first failure. Returns those that were
 * applied.
 */
export async function replayParkedEvents(
  system: Db,
  o: {
    projection: string
    producer: string
    aggregate?: string
    lock(tx: Tx): Promise<unknown>
    apply: Apply
    /** Notes, in the transaction of one aggregate, what was applied of it. */
    note?: ((tx: Tx, applied: readonly EventEnvelope[]) => Promise<void>) | undefined
  },
): Promise<EventEnvelope[]> {
  const aggregates = o.aggregate === undefined ? await listParkedAggregates(system, o.projection) : [o.aggregate]
  const replayed: EventEnvelope[] = []
  for (const aggregate of aggregates) {
    const applied = await inScope(system, {}, async (tx) => {
      await o.lock(tx)
      const events = await replayAggregate(tx, { ...o, aggregate })
      if (events.length > 0) await o.note?.(tx, events)
      return events
    })
    replayed.push(...applied)
  }
  return replayed
}

async function replayAggregate(
  tx: Tx,
  o: { projection: string; producer: string; aggregate: string; apply: Apply },
): Promise<EventEnvelope[]> {
  const rows = rowsOf<{ event: EventEnvelope }>(
    await tx.execute(
      sql`select event from parked_events where projection = ${o.projection} and aggregate_id = ${o.aggregate}
        order by position`,
    ),
  )
  const applied: EventEnvelope[] = []
  for (const { event } of rows) {
    const failure = await attempt(tx, event, o.apply)
    if (failure !== undefined) {
      await tx.execute(
        sql`update parked_events set reason = ${failure} where projection = ${o.projection}
          and event_id = ${uuidOf(event.id)}`,
      )
      break
    }
    await tx.execute(
      sql`delete from parked_events where projection = ${o.projection} and event_id = ${uuidOf(event.id)}`,
    )
    applied.push(event)
  }
  await tx.execute(
    sql`update projection_cursors set parked_revision = parked_revision + 1 where projection = ${o.projection}
      and producer = ${o.producer}`,
  )
  return applied
}
