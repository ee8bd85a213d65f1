/**
 * The kit's fair queue in front of password hashes, never longer than what can be hashed in time: how many may wait
 * follows from how long hashes took lately, so that nobody waits for an answer that comes after the deadline.
 */
import { createFairQueue } from '@gatehouse/service-kit/concurrency/fair-queue'
import type { Clock } from '@gatehouse/service-kit/context/clock'

/** `source`: whose turn it uses. `signal` aborts when nobody waits for the result any more. */
export type Turn = { source: string; signal?: AbortSignal | undefined }

export type HashQueue = {
  /**
   * @throws AppError `unavailable` with Retry-After when there is no room; the reason of the signal when it aborts
   * first
   */
  run<T>(turn: Turn, work: () => Promise<T>): Promise<T>
  waiting(): number
}

type Settings = {
  concurrency: number
  /** Places, however quick the work is. */
  capacity: number
  /** The longest wait that a place is given for. */
  maxWaitMs: number
  clock: Clock
}

export function createHashQueue({ concurrency, capacity, maxWaitMs, clock }: Settings): HashQueue {
  const pace = createPace(clock)
  const queue = createFairQueue({
    name: 'password',
    concurrency,
    capacity: () => Math.min(capacity, Math.floor((maxWaitMs * concurrency) / pace.meanMs())),
  })
  return {
    waiting: () => queue.waiting,
    run: ({ source, signal }, work) => queue.run(source, () => pace.measure(work), signal),
  }
}

/** How long the work took lately, as a moving mean that forgets: the last ten runs make most of it. */
function createPace(clock: Clock): { meanMs(): number; measure<T>(work: () => Promise<T>): Promise<T> } {
  let mean = 1
  return {
    meanMs: () => mean,
    async measure(work) {
      const startedMs = clock.monotonicMs()
      try {
        return await work()
      } finally {
        mean = Math.max(1, mean * 0.9 + (clock.monotonicMs() - startedMs) * 0.1)
      }
    },
  }
}
