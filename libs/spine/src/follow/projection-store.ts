/**
 * The rows of a projection: its place, moved under a lock in the transaction that applies, and the revision of what is
 * parked.
 */
import { sql } from 'drizzle-orm'
import type { Db, Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { Place } from './following.ts'

/** `epoch` is null until something was loaded. */
export type ProjectionCursor = { epoch: string | null; position: number; parkedRevision: number }

export type ProjectionStore = ReturnType<typeof createProjectionStore>

export function createProjectionStore(o: { projection: string; producer: string; system: Db }) {
  const row = sql`projection = ${o.projection} and producer = ${o.producer}`
  const select = async (db: Queryable, lock: ReturnType<typeof sql>): Promise<ProjectionCursor | undefined> => {
    const [found] = rowsOf<{ epoch: string | null; position: string; parked_revision: string }>(
      await db.execute(sql`select epoch, position, parked_revision from projection_cursors where ${row} ${lock}`),
    )
    return (
      found && { epoch: found.epoch, position: Number(found.position), parkedRevision: Number(found.parked_revision) }
    )
  }
  return {
    findCursor: () => select(o.system, sql``),
    lockCursor: async (tx: Tx): Promise<ProjectionCursor> => {
      const found = await select(tx, sql`for update`)
      if (found !== undefined) return found
      await tx.execute(
        sql`insert into projection_cursors (projection, producer) values (${o.projection}, ${o.producer})
          on conflict do nothing`,
      )
      return (await select(tx, sql`for update`)) as ProjectionCursor
    },
    moveCursor: async (tx: Tx, to: Place & { isParkedChanged: boolean }) => {
      await tx.execute(sql`update projection_cursors set epoch = ${to.epoch}, position = ${to.position},
        updated_at = now(),
        parked_revision = parked_revision + ${to.isParkedChanged ? 1 : 0} where ${row}`)
    },
    deleteParked: async (tx: Tx) => {
      await tx.execute(sql`delete from parked_events where projection = ${o.projection}`)
    },
  }
}
