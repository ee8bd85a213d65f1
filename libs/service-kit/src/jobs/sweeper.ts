/**
 * The safety net of a pipeline: at start, and then again and again, whatever the ledger calls due is announced to Redis.
 * So a flushed, restarted or absent Redis delays a job and never loses one. Once an hour it also clears the ledger of what was done long ago.
 */
import { systemClock, type Clock } from '../context/clock.ts'
import type { Logger } from '../logging/logger.ts'
import type { JobQueue } from './queue.ts'

export type Sweeper = { start(): void; stop(): Promise<void> }

const forgetEveryMs = 3_600_000

export function createSweeper(o: { queue: JobQueue; everyMs: number; log: Logger; clock?: Clock }): Sweeper {
  const clock = o.clock ?? systemClock
  let forgotAtMs = -Infinity
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  let failing = false

  const round = async () => {
    try {
      const found = await o.queue.sweep()
      if (failing) o.log.info({ pipeline: o.queue.pipeline, found }, 'sweeping works again')
      failing = false
      if (clock.monotonicMs() - forgotAtMs >= forgetEveryMs) await forget()
    } catch (err) {
      if (!failing) o.log.warn({ err, pipeline: o.queue.pipeline }, 'sweep failed, it will be repeated')
      failing = true
    }
    if (!stopped) schedule(o.everyMs)
  }
  const forget = async () => {
    const removed = await o.queue.forget(clock.now())
    forgotAtMs = clock.monotonicMs()
    if (removed > 0) o.log.info({ pipeline: o.queue.pipeline, removed }, 'old jobs removed from the ledger')
  }
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      running = round()
    }, delayMs)
    timer.unref()
  }

  return {
    start: () => schedule(0),
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
