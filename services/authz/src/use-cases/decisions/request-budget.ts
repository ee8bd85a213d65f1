/**
 * What all decisions of one request may take together, counted in steps and never timed. Between decisions a request gives way to others once it has
 * taken a turn's steps, and it stops when nobody waits for its answer any more.
 */
import { setImmediate } from 'node:timers/promises'
import { createBudget, isSpent, spend, stepsPerEvaluation, type Budget } from '@gatehouse/policy/compile/budget'
import { problem } from '@gatehouse/service-kit/errors/app-error'

/** Some twenty milliseconds; each decision has at most `stepsPerEvaluation` of them. */
export const stepsPerRequest = 2_000_000
/** Some two milliseconds, after which others are let go first. */
export const stepsPerTurn = 200_000
/** What a decision takes beside its conditions: putting its values together. */
const stepsPerQuestion = 100

export type RequestBudget = {
  /** What one decision may take. */
  readonly budget: Budget
  /** Counts what the decision that was just made took. @throws AppError `evaluation_too_expensive` */
  settle(): void
  /** Whether what was taken since the last turn is one. */
  isTurnOver(): boolean
  /** Lets others go first. @throws what the signal was aborted with */
  nextTurn(signal: AbortSignal | undefined): Promise<void>
  /** Whether another decision has all the steps one may take. */
  hasRoom(): boolean
  readonly stepsTaken: number
  readonly turnsTaken: number
}

export function createRequestBudget(steps: number = stepsPerRequest): RequestBudget {
  const most = Math.min(stepsPerEvaluation, steps)
  const budget = createBudget(most)
  let taken = 0
  let ofTurn = 0
  let turns = 0
  let given = most
  return {
    budget,
    settle() {
      const hasRoom = spend(budget, stepsPerQuestion)
      taken += given - budget.left
      ofTurn += given - budget.left
      if (!hasRoom || isSpent(budget)) throw problem('evaluation_too_expensive')
      given = Math.min(most, steps - taken)
      budget.left = given
    },
    isTurnOver: () => ofTurn >= stepsPerTurn,
    async nextTurn(signal) {
      ofTurn = 0
      turns += 1
      await setImmediate()
      signal?.throwIfAborted()
    },
    hasRoom: () => given === most,
    get stepsTaken() {
      return taken
    },
    get turnsTaken() {
      return turns
    },
  }
}
