/** What every part of the benchmarks is given. */

export type Effort = {
  /** Small enough for every test run: answers are compared, figures mean nothing. */
  readonly quick: boolean
  readonly rounds: number
  /** Where the authz process leaves a CPU profile of itself, if anywhere. */
  readonly profileInto?: string
  note(text: string): void
}
