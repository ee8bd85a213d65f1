/** What a part of the benchmarks comes to, in the form that is written as JSON and as a table. */
import { medianOf, rounded } from './statistics.ts'

export type Table = { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }

export type Target = { readonly text: string; readonly met: boolean }

export type PartResult = {
  readonly part: string
  readonly title: string
  /** How it was measured, and what favours whom. */
  readonly notes: readonly string[]
  readonly table: Table
  readonly targets: readonly Target[]
  /** Answers that differed from the oracle. Anything but 0 fails the run. */
  readonly disagreements: number
  readonly compared: number
  /** Where it is not what was asked for on the command line. */
  readonly rounds?: number
  /** Everything measured, per round. */
  readonly measured: unknown
}

/** Ratios are taken within each round, where both met the same machine, and the median round is told. */
export const ratioOf = (over: readonly number[], under: readonly number[]): number =>
  medianOf(over.map((value, round) => value / (under[round] ?? NaN)))

export const atLeast = (name: string, ratio: number, least: number): Target => ({
  text: `${name}: ${rounded(ratio)}x, wanted ≥ ${least}x`,
  met: ratio >= least,
})
export const atMost = (name: string, value: number, most: number, unit = 'x'): Target => ({
  text: `${name}: ${rounded(value)}${unit}, wanted ≤ ${most}${unit}`,
  met: value <= most,
})
