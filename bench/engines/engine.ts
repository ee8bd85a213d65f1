/**
 * One decision engine with the whole workload loaded: what a caller would prepare once is prepared, what depends on the
 * question is done per call.
 */
import type { Model } from '../workload/model.ts'
import type { Judged } from '../workload/questions.ts'

export type Engine = {
  readonly name: string
  readonly version: string
  /** Decisions between two looks at the clock: some ten milliseconds' worth at most. */
  readonly stride: number
  /**
   * Decides question `index`, with the reason worked out as far as the engine has one. Casbin alone answers with a
   * promise.
   */
  decide(index: number): boolean | Promise<boolean>
  /** What is wrong with the reason given for question `index`, if anything; absent where reasons cannot be compared. */
  objection?(index: number): string | undefined
}

export type EngineMaker = (model: Model, questions: readonly Judged[]) => Promise<Engine>
