/**
 * Answers that say nothing by their time. They leave one span after the request, so "known", "unknown" and "throttled"
 * leave together. The span is far above what the work takes. Where the work outgrows it, a multiple would tell on which
 * side of it the work ended, so the span doubles for every answer, whatever it is about, until a minute has gone by
 * without work as long as that (predictive mitigation: Askarov, Zhang and Myers, CCS 2010). What one late answer tells
 * is told once a doubling, and there are two.
 */
import type { Clock } from '@gatehouse/service-kit/context/clock'

export type ConstantTimeAnswers = {
  /** Holds back the result or the error. */
  always<T>(run: () => Promise<T>): Promise<T>
  /** Holds back errors only: whoever gets in already knows that the account exists. */
  onFailure<T>(run: () => Promise<T>): Promise<T>
}

/** How long no work may outgrow the span before it is the narrow one again. */
const calmMs = 60_000

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
  const widestMs = spanMs * 4
  let inForceMs = spanMs
  let outgrownAtMs = -Infinity
  /**
   * A single answer that outgrows even the widest span leaves soon after: it has waited for long, and has a deadline.
   */
  const untilNextSpan = (startedMs: number): Promise<void> => {
    const nowMs = clock.monotonicMs()
    const passedMs = nowMs - startedMs
    if (passedMs > spanMs) outgrownAtMs = nowMs
    else if (nowMs - outgrownAtMs > calmMs) inForceMs = spanMs
    while (inForceMs < passedMs && inForceMs < widestMs) inForceMs *= 2
    const unitMs = passedMs <= inForceMs ? inForceMs : spanMs
    return wait(Math.ceil(unitMs - (passedMs % unitMs)))
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
