/**
 * Jobs that were given up: they stay in the ledger with their reason, can be listed, and run again only when somebody
 * says so.
 */
import { sql } from 'drizzle-orm'
import { typeIdOf, uuidOf } from '../ids/type-id.ts'
import type { Db, Queryable } from '../postgres/connect.ts'
import { rowsOf } from '../postgres/transaction.ts'

export type DeadJob = { id: string; pipeline: string; name: string; attempts: number; reason: string; eventId: string }

/** Newest first. */
export async function listDeadJobs(db: Db, o: { limit: number }): Promise<DeadJob[]> {
  const rows = rowsOf<{
    id: string
    pipeline: string
    name: string
    attempts: number
    last_error: string | null
    event_id: string
  }>(
    await db.execute(sql`
      SELECT id, pipeline, payload ->> 'name' AS name, attempts, last_error, event_id FROM job_ledger
      WHERE state = 'dead' ORDER BY done_at DESC, id LIMIT ${o.limit}`),
  )
  return rows.map((row) => ({
    id: typeIdOf('job', row.id),
    pipeline: row.pipeline,
    name: row.name,
    attempts: row.attempts,
    reason: row.last_error ?? '',
    eventId: typeIdOf('evt', row.event_id),
  }))
}

/** Gives a dead job its tries back; the sweeper picks it up. @returns false when it is not dead. */
export async function replayDeadJob(db: Queryable, id: string): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      UPDATE job_ledger SET state = 'pending', attempts = 0, due_at = now(), done_at = NULL
      WHERE id = ${uuidOf(id)} AND state = 'dead' RETURNING id`),
  )
  return rows.length === 1
}
