/**
 * Answers that say nothing by their time. They leave at multiples of one span after the request, so "known", "unknown"
 * and "throttled" leave together. The span is far above what the work takes, otherwise the multiples themselves would
 * tell.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'

export type ConstantTimeAnswers = {
  /** Holds back the result or the error. */
  always<T>(run: () => Promise<T>): Promise<T>
  /** Holds back errors only: whoever gets in already knows that the account exists. */
  onFailure<T>(run: () => Promise<T>): Promise<T>
}

export function createConstantTimeAnswers({
  clock,
  spanMs,
  wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}: {
  clock: Clock
  spanMs: number
  /** How time is let pass, for tests. */
  wait?: (ms: number) => Promise<void>
}): ConstantTimeAnswers {
  const untilNextSpan = (startedMs: number): Promise<void> => {
    const passedMs = clock.monotonicMs() - startedMs
    return wait(Math.ceil(spanMs - (passedMs % spanMs)))
  }
  return {
    async always(run) {
      const startedMs = clock.monotonicMs()
      try {
        return await run()
      } finally {
        await untilNextSpan(startedMs)
      }
    },
    async onFailure(run) {
      const startedMs = clock.monotonicMs()
      try {
        return await run()
      } catch (err) {
        await untilNextSpan(startedMs)
        throw err
      }
    },
  }
}
