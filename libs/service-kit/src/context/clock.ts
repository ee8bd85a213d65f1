/** Time as an argument. Anything that two processes must agree on uses database time instead. */
export type Clock = {
  /** Wall clock. */
  now(): Date
  /** Milliseconds that never go back; only differences mean something. */
  monotonicMs(): number
}

export const systemClock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() }
