/**
 * Upkeep of the tables that are partitioned by time: partitions are made two weeks ahead and dropped beyond their
 * retention. The work is the owner role's, done by a function the system role may call; an advisory lock keeps replicas
 * from doing it twice.
 */
import { sql } from 'drizzle-orm'
import { createUpkeep, type Part } from '../concurrency/background.ts'
import type { Logger } from '../logging/logger.ts'
import type { Db } from './connect.ts'
import { rowsOf } from './transaction.ts'

const hourMs = 3_600_000

/** One round of upkeep; how many partitions came and went. */
export async function maintainPartitions(db: Db): Promise<{ created: number; dropped: number }> {
  const [row] = rowsOf<{ created: number; dropped: number }>(
    await db.execute(sql`select created, dropped from maintain_partitions()`),
  )
  return row ?? { created: 0, dropped: 0 }
}

/** Upkeep now and every hour. A failed round is left to the next: partitions reach two weeks ahead. */
export const createPartitionUpkeep = (o: { db: Db; log: Logger }): Part =>
  createUpkeep({
    name: 'partitions',
    run: async () => {
      const { created, dropped } = await maintainPartitions(o.db)
      if (created + dropped > 0) o.log.info({ created, dropped }, 'partitions maintained')
    },
    everyMs: hourMs,
    log: o.log,
  })
