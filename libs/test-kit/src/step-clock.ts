/** Steps the wall clock of the test's own process, as a wrong machine has it; databases keep theirs. */
import type { Teardown } from './database.ts'

/** From now on, and until the test ends, `Date` is wrong by so many milliseconds; 0 sets it right. */
export type StepClock = (ms: number) => void

export function clockToStep(t: Teardown): StepClock {
  const Right = Date
  let offMs = 0
  const Wrong = class extends Right {
    constructor(...given: [] | [value: number | string | Date]) {
      super(...((given.length === 0 ? [Wrong.now()] : given) as [number]))
    }
    static override now(): number {
      return Right.now() + offMs
    }
  }
  globalThis.Date = Wrong as DateConstructor
  t.teardown(() => {
    globalThis.Date = Right
  })
  return (ms) => {
    offMs = ms
  }
}
