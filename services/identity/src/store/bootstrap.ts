/** The one row that says the operator's administrator exists. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { bootstrapMarker } from './schema.ts'

/** True for exactly one transaction ever; the others wait for it and get false. */
export async function claimBootstrap(db: Queryable, userId: string): Promise<boolean> {
  const rows = await db
    .insert(bootstrapMarker)
    .values({ userId })
    .onConflictDoNothing()
    .returning({ onlyOne: bootstrapMarker.onlyOne })
  return rows.length === 1
}

export async function isBootstrapped(db: Queryable): Promise<boolean> {
  return (await db.select({ onlyOne: bootstrapMarker.onlyOne }).from(bootstrapMarker)).length === 1
}
