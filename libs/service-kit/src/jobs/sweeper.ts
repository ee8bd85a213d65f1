/**
 * The safety net of a pipeline: at start, and then again and again, whatever the ledger calls due is announced to
 * Redis. So a flushed, restarted or absent Redis delays a job and never loses one. Once an hour it also clears the
 * ledger of what was done long ago.
 */
import { systemClock, type Clock } from '../context/clock.ts'
import { createUpkeep, together, type Part } from '../concurrency/background.ts'
import type { Logger } from '../logging/logger.ts'
import type { JobQueue } from './queue.ts'

const forgetEveryMs = 3_600_000

export function createSweeper(o: { queue: JobQueue; everyMs: number; log: Logger; clock?: Clock }): Part {
  const { queue, everyMs, clock = systemClock } = o
  const log = o.log.child({ pipeline: queue.pipeline })
  const forget = async () => {
    const removed = await queue.forget(clock.now())
    if (removed > 0) log.info({ removed }, 'old jobs removed from the ledger')
  }
  return together([
    createUpkeep({ name: 'sweep of the ledger', run: queue.sweep, everyMs, log }),
    createUpkeep({ name: 'old jobs', run: forget, everyMs: forgetEveryMs, log }),
  ])
}
