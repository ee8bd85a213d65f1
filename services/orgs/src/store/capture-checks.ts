/**
 * People who have proven an address, each until it was looked whether a domain makes them members. The events carry no
 * address, so the look is a job's; it belongs to the system role.
 */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, inArray, sql } from 'drizzle-orm'
import { captureChecks } from './schema.ts'

export type CaptureCheck = { userId: string; version: number }

/** One look is owed to a person, whatever was proven meanwhile. */
export async function requestCaptureCheck(tx: Tx, { userId, version }: CaptureCheck): Promise<void> {
  const newest = sql`greatest(${captureChecks.version}, excluded.version)`
  await tx
    .insert(captureChecks)
    .values({ userId, version })
    .onConflictDoUpdate({ target: captureChecks.userId, set: { version: newest, dueAt: sql`now()` } })
}

/** Takes looks that are due, for a minute: no other replica takes them meanwhile. */
export async function leaseCaptureChecks(system: Queryable, { limit }: { limit: number }): Promise<CaptureCheck[]> {
  const rows = rowsOf<{ user_id: string; version: string }>(
    await system.execute(sql`
      update capture_checks set due_at = now() + interval '1 minute' where user_id in (
        select user_id from capture_checks where due_at <= now() order by due_at limit ${limit}
        for no key update skip locked)
      returning user_id, version`),
  )
  return rows.map((row) => ({ userId: typeIdOf('user', row.user_id), version: Number(row.version) }))
}

/** Those that were asked for anew since they were taken stay. */
export async function deleteCaptureChecks(system: Queryable, done: readonly CaptureCheck[]): Promise<void> {
  for (const version of new Set(done.map((check) => check.version))) {
    const userIds = done.filter((check) => check.version === version).map(({ userId }) => userId)
    await system
      .delete(captureChecks)
      .where(and(inArray(captureChecks.userId, userIds), eq(captureChecks.version, version)))
  }
}
