/** What a service set aside, read from the three tables it lies in. */
import { sql } from 'drizzle-orm'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import type { DeadLetterKind } from '@gatehouse/contracts/http/spine/dead-letters'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'

/** One thing set aside, without the service it lies in. */
export type StoredLetter = {
  id: string
  kind: DeadLetterKind
  reader: string
  event_id: string
  type: string
  subject: string | null
  organization_id: string | null
  attempts: number | null
  reason: string
  failed_at: string
}

export type LetterQuery = {
  kind?: DeadLetterKind | undefined
  reader?: string | undefined
  limit: number
  /** The last one of the page before. */
  after?: { failedAt: string; id: string } | undefined
}

const prefixes: Readonly<Record<DeadLetterKind, string>> = { event: 'dlt', parked_event: 'prk', job: 'job' }

export const kindOfLetter = (id: string): DeadLetterKind =>
  id.startsWith('dlt_') ? 'event' : id.startsWith('prk_') ? 'parked_event' : 'job'

type Row = Omit<StoredLetter, 'id' | 'event_id'> & { id: string; event_id: string }

/** Oldest first. */
export async function listStoredLetters(db: Queryable, o: LetterQuery): Promise<StoredLetter[]> {
  const after = o.after ? sql`and (at, id) > (${o.after.failedAt}::timestamptz, ${uuidOf(o.after.id)}::uuid)` : sql``
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select kind, id, reader, event_id, type, subject, organization_id, attempts, coalesce(reason, '') as reason,
        to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as failed_at
      from (
        select 'event' as kind, id, consumer as reader, event_id, event ->> 'type' as type,
          event ->> 'subject' as subject,
          event ->> 'orgid' as organization_id, attempts, reason, first_failed_at as at
        from dead_letters where state = 'dead'
        union all
        select 'parked_event', id, projection, event_id, event ->> 'type', event ->> 'subject', event ->> 'orgid',
          null, reason, parked_at
        from parked_events
        union all
        select 'job', id, pipeline, event_id, payload ->> 'name', null, null, attempts, last_error, done_at
        from job_ledger where state = 'dead'
      ) letters
      where (${o.kind ?? null}::text is null or kind = ${o.kind ?? null}) and (${o.reader ?? null}::text is null
        or reader = ${o.reader ?? null}) ${after}
      order by at, id limit ${o.limit}`),
  )
  return rows.map((row) => ({
    ...row,
    id: typeIdOf(prefixes[row.kind], row.id),
    event_id: typeIdOf('evt', row.event_id),
  }))
}

/** Takes a dead event out of the table, so that of several replays one has it. */
export async function takeDeadEvent(
  tx: Queryable,
  id: string,
): Promise<{ consumer: string; event: EventEnvelope } | undefined> {
  const [row] = rowsOf<{ consumer: string; event: EventEnvelope }>(
    await tx.execute(
      sql`delete from dead_letters where id = ${uuidOf(id, 'dlt')} and state = 'dead' returning consumer, event`,
    ),
  )
  return row
}

export async function noteFailedReplay(db: Queryable, id: string, reason: string): Promise<void> {
  await db.execute(
    sql`update dead_letters set attempts = attempts + 1, last_failed_at = now(), reason = ${reason}
      where id = ${uuidOf(id, 'dlt')} and state = 'dead'`,
  )
}

export async function findParkedEvent(
  db: Queryable,
  id: string,
): Promise<{ projection: string; event: EventEnvelope; reason: string } | undefined> {
  const [row] = rowsOf<{ projection: string; event: EventEnvelope; reason: string }>(
    await db.execute(sql`select projection, event, reason from parked_events where id = ${uuidOf(id, 'prk')}`),
  )
  return row
}

type DeadJob = { pipeline: string; eventId: string }

/** Gives a dead job its tries back; the sweeper picks it up. Undefined when it is not dead. */
export const reviveDeadJob = (tx: Queryable, id: string): Promise<DeadJob | undefined> =>
  jobIn(
    tx.execute(sql`
      update job_ledger set state = 'pending', attempts = 0, due_at = now(), done_at = null
      where id = ${uuidOf(id, 'job')} and state = 'dead' returning pipeline, event_id`),
  )

export const deleteDeadJob = (tx: Queryable, id: string): Promise<DeadJob | undefined> =>
  jobIn(
    tx.execute(
      sql`delete from job_ledger where id = ${uuidOf(id, 'job')} and state = 'dead' returning pipeline, event_id`,
    ),
  )

async function jobIn(result: PromiseLike<ArrayLike<Record<string, unknown>>>): Promise<DeadJob | undefined> {
  const [row] = rowsOf<{ pipeline: string; event_id: string }>(await result)
  return row && { pipeline: row.pipeline, eventId: typeIdOf('evt', row.event_id) }
}
