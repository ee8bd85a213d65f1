/**
 * The job ledger: one row per side effect and recipient, written in the transaction that learned it is due. PostgreSQL
 * decides whether a job may run, how often it was tried and when it is done; Redis only says "now would be a good
 * time". A running job holds a lease (`due_at` in the future), so a job delivered twice runs once, and one whose
 * process died becomes due again.
 */
import { sql } from 'drizzle-orm'
import type { JobEnvelope } from '@gatehouse/contracts/jobs/contract'
import { newId, typeIdOf, uuidOf } from '../ids/type-id.ts'
import type { Db, Queryable } from '../postgres/connect.ts'
import { rowsOf } from '../postgres/transaction.ts'

/** One try granted by the database. */
export type LedgerClaim = {
  id: string
  eventId: string
  recipientKey: string
  envelope: JobEnvelope
  /** 1 for the first try. */
  attempt: number
}

export type ClaimOutcome =
  | { kind: 'claimed'; claim: LedgerClaim }
  /** Leased by another run or waiting for its next try. */
  | { kind: 'not_due'; waitMs: number }
  /** Every try was started and none finished: whoever sees this buries it. */
  | { kind: 'exhausted' }
  /** Done, dead or unknown: nothing to do. */
  | { kind: 'settled' }

type Entry = { pipeline: string; eventId: string; recipientKey: string; envelope: JobEnvelope }

/**
 * Writes the row; the same event for the same recipient never gets a second one.
 * @returns the ledger id (`job_…`), or undefined when the row was there before.
 */
export async function insertLedgerEntry(tx: Queryable, entry: Entry): Promise<string | undefined> {
  const id = newId('job')
  const rows = rowsOf(
    await tx.execute(sql`
      INSERT INTO job_ledger (id, pipeline, recipient_key, event_id, payload)
      VALUES (${uuidOf(id)}, ${entry.pipeline}, ${entry.recipientKey}, ${uuidOf(entry.eventId)},
        ${JSON.stringify(entry.envelope)}::jsonb)
      ON CONFLICT (pipeline, event_id, recipient_key) DO NOTHING
      RETURNING id`),
  )
  return rows.length === 0 ? undefined : id
}

type ClaimRow = { id: string; event_id: string; recipient_key: string; payload: JobEnvelope; attempts: number }

/** Starts one try if it is due: the count rises and the lease begins in one statement, so of many callers one wins. */
export async function claimLedgerEntry(
  db: Db,
  o: { id: string; leaseSeconds: number; maxAttempts: number },
): Promise<ClaimOutcome> {
  const [row] = rowsOf<ClaimRow>(
    await db.execute(sql`
      UPDATE job_ledger
      SET attempts = attempts + 1, due_at = now() + make_interval(secs => ${o.leaseSeconds})
      WHERE id = ${uuidOf(o.id)} AND state = 'pending' AND due_at <= now() AND attempts < ${o.maxAttempts}
      RETURNING id, event_id, recipient_key, payload, attempts`),
  )
  if (row) return { kind: 'claimed', claim: claimOf(row) }
  const [found] = rowsOf<{ state: string; attempts: number; wait_ms: number }>(
    await db.execute(sql`
      SELECT state, attempts, ceil(greatest(0, extract(epoch FROM due_at - now()) * 1000))::int AS wait_ms
      FROM job_ledger WHERE id = ${uuidOf(o.id)}`),
  )
  if (found === undefined || found.state !== 'pending') return { kind: 'settled' }
  // Zero while still unclaimed: it became due between the two statements.
  return found.wait_ms === 0 && found.attempts >= o.maxAttempts
    ? { kind: 'exhausted' }
    : { kind: 'not_due', waitMs: Math.max(found.wait_ms, 10) }
}

const claimOf = (row: ClaimRow): LedgerClaim => ({
  id: typeIdOf('job', row.id),
  eventId: typeIdOf('evt', row.event_id),
  recipientKey: row.recipient_key,
  envelope: row.payload,
  attempt: row.attempts,
})

/** @returns false when another run had settled it before. */
export async function markDone(db: Db, id: string): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      UPDATE job_ledger SET state = 'done', done_at = now(), last_error = NULL
      WHERE id = ${uuidOf(id)} AND state = 'pending' RETURNING id`),
  )
  return rows.length === 1
}

/** No further try; the row and its reason stay for people to see and replay. */
export async function markDead(db: Db, o: { id: string; reason: string }): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      UPDATE job_ledger SET state = 'dead', done_at = now(), last_error = ${o.reason}
      WHERE id = ${uuidOf(o.id)} AND state = 'pending' RETURNING id`),
  )
  return rows.length === 1
}

/** Gives the lease back until the next try. A run whose lease another run has taken over changes nothing. */
export async function markFailed(
  db: Db,
  o: { id: string; attempt: number; reason: string; retryAfterMs: number },
): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      UPDATE job_ledger SET last_error = ${o.reason}, due_at = now() + make_interval(secs => ${o.retryAfterMs / 1000})
      WHERE id = ${uuidOf(o.id)} AND state = 'pending' AND attempts = ${o.attempt} RETURNING id`),
  )
  return rows.length === 1
}

/** Gives back a try that was not made. */
export async function markPostponed(db: Db, o: { id: string; attempt: number; waitMs: number }): Promise<void> {
  await db.execute(sql`
    UPDATE job_ledger SET attempts = attempts - 1, due_at = now() + make_interval(secs => ${o.waitMs / 1000})
    WHERE id = ${uuidOf(o.id)} AND state = 'pending' AND attempts = ${o.attempt}`)
}

export type DueEntry = { id: string; name: string; dueAt: string }

/** Pending and due, oldest first; `after` is the last entry of the page before. */
export async function listDue(db: Db, o: { pipeline: string; limit: number; after?: DueEntry }): Promise<DueEntry[]> {
  const after = o.after ? sql`AND (due_at, id) > (${o.after.dueAt}::timestamptz, ${uuidOf(o.after.id)}::uuid)` : sql``
  const rows = rowsOf<{ id: string; name: string; due_at: string }>(
    await db.execute(sql`
      SELECT id, payload ->> 'name' AS name, due_at::text AS due_at FROM job_ledger
      WHERE pipeline = ${o.pipeline} AND state = 'pending' AND due_at <= now() ${after}
      ORDER BY due_at, id LIMIT ${o.limit}`),
  )
  return rows.map((row) => ({ id: typeIdOf('job', row.id), name: row.name, dueAt: row.due_at }))
}

/** What one event made due and nobody has settled yet. */
export async function listPendingOfEvent(
  db: Db,
  o: { pipeline: string; eventId: string },
): Promise<{ id: string; name: string }[]> {
  const rows = rowsOf<{ id: string; name: string }>(
    await db.execute(sql`
      SELECT id, payload ->> 'name' AS name FROM job_ledger
      WHERE pipeline = ${o.pipeline} AND event_id = ${uuidOf(o.eventId)} AND state = 'pending'`),
  )
  return rows.map((row) => ({ id: typeIdOf('job', row.id), name: row.name }))
}

/** Removes what was done before `before`; dead jobs stay until somebody decides. @returns how many, at most `limit`. */
export async function deleteDone(db: Db, o: { pipeline: string; before: Date; limit: number }): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      DELETE FROM job_ledger WHERE id IN (
        SELECT id FROM job_ledger
        WHERE id < ${firstUuidAt(o.before)}::uuid AND pipeline = ${o.pipeline} AND state = 'done'
        ORDER BY id LIMIT ${o.limit})
      RETURNING id`),
  )
  return rows.length
}

/**
 * Ledger ids are UUIDv7: their first 48 bits are the time they were made (RFC 9562 §5.7), so the primary key finds the
 * old ones.
 */
function firstUuidAt(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
