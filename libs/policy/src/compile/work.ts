/**
 * Work that is done in parts. Each `yield` tells the steps that the part before it took (`budget.ts`), and whoever runs
 * the work may let others go first there, or end it: the engine itself never waits and knows no clock.
 */
import type { Budget } from './budget.ts'

export type Work<T> = Generator<number, T, void>

/** Does all parts in one go. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const part = work.next()
    if (part.done) return part.value
  }
}

/** The steps that were taken from the budget since the last time the meter was read. */
export function meterOf(budget: Budget): () => number {
  let before = budget.left
  return () => {
    const taken = before - budget.left
    before = budget.left
    return taken
  }
}
