/** Chance from a seed, so that every run meets the same cases and every peer the same workload. */

export type Random = {
  /** An integer in [0, below). */
  below(below: number): number
  pick<T>(from: readonly T[]): T
  /** `count` different ones, in their order in `from`. */
  sample<T>(from: readonly T[], count: number): T[]
  /** All of them, in another order. */
  shuffled<T>(from: readonly T[]): T[]
  /** True in `percent` of cases. */
  chance(percent: number): boolean
}

/** mulberry32: 32 bits of state, good enough to spread a workload. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    below,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    sample: <T>(from: readonly T[], count: number) => {
      const chosen = new Set<number>()
      while (chosen.size < Math.min(count, from.length)) chosen.add(below(from.length))
      return from.filter((_, index) => chosen.has(index))
    },
    shuffled: <T>(from: readonly T[]) => {
      const result = [...from]
      for (let at = result.length - 1; at > 0; at--) {
        const other = below(at + 1)
        ;[result[at], result[other]] = [result[other] as T, result[at] as T]
      }
      return result
    },
    chance: (percent) => next() * 100 < percent,
  }
}
