/**
 * Deadlines of one length, on one timer however many there are: of equal lengths the first that began is the first that
 * ends, so only it needs one. A request that is answered in time costs an entry in a set and no timer.
 */
import { systemClock, type Clock } from '../context/clock.ts'

export type Deadline = { readonly atMs: number; over(): void }

export type DeadlineQueue = {
  /** @returns what `end` takes back */
  begin(over: () => void): Deadline
  end(deadline: Deadline): void
  /** Forgets all of them. */
  clear(): void
}

export function createDeadlineQueue(
  lengthMs: number,
  { monotonicMs }: Pick<Clock, 'monotonicMs'> = systemClock,
): DeadlineQueue {
  /** In the order they began. */
  const waiting = new Set<Deadline>()
  let timer: NodeJS.Timeout | undefined

  const expire = (): void => {
    timer = undefined
    for (const deadline of waiting) {
      const leftMs = deadline.atMs - monotonicMs()
      if (leftMs > 0) {
        // Timers keep whole milliseconds, and one that is a fraction early would have to come again.
        timer = setTimeout(expire, Math.ceil(leftMs))
        return
      }
      waiting.delete(deadline)
      deadline.over()
    }
  }
  return {
    begin(over) {
      const deadline = { atMs: monotonicMs() + lengthMs, over }
      // Where nothing is waited for, the timer may be left over from before, and it keeps no process alive.
      if (waiting.size === 0) timer?.ref()
      waiting.add(deadline)
      timer ??= setTimeout(expire, lengthMs)
      return deadline
    },
    end(deadline) {
      if (waiting.delete(deadline) && waiting.size === 0) timer?.unref()
    },
    clear() {
      waiting.clear()
      clearTimeout(timer)
      timer = undefined
    },
  }
}
