/**
 * What all decisions of one request may take together, counted in steps and never timed. Between decisions a request
 * gives way to others once it has taken a turn's steps, and it stops when nobody waits for its answer any more.
 */
import { createBudget, isSpent, spend, stepsPerEvaluation, type Budget } from '@gatehouse/policy/compile/budget'
import { createTurns } from '@gatehouse/service-kit/concurrency/turns'
import { problem } from '@gatehouse/service-kit/errors/app-error'

/** Some twenty milliseconds; each decision has at most `stepsPerEvaluation` of them. */
export const stepsPerRequest = 2_000_000
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
  nextTurn(): Promise<void>
  /** Whether another decision has all the steps one may take. */
  hasRoom(): boolean
  readonly stepsTaken: number
  readonly turnsTaken: number
}

/** `key`: whose request it is. `signal`: aborts when nobody waits for its answer. */
export type RequestBudgetOptions = {
  readonly key: string
  readonly signal?: AbortSignal | undefined
  readonly steps?: number
}

export function createRequestBudget({ key, signal, steps = stepsPerRequest }: RequestBudgetOptions): RequestBudget {
  const most = Math.min(stepsPerEvaluation, steps)
  const budget = createBudget(most)
  const turns = createTurns({ work: 'decisions', key, signal })
  let turnsTaken = 0
  let given = most
  return {
    budget,
    settle() {
      const hasRoom = spend(budget, stepsPerQuestion)
      turns.took(given - budget.left)
      if (!hasRoom || isSpent(budget)) throw problem('evaluation_too_expensive')
      given = Math.min(most, steps - turns.stepsTaken)
      budget.left = given
    },
    isTurnOver: () => turns.isOver,
    nextTurn() {
      turnsTaken += 1
      return turns.next()
    },
    hasRoom: () => given === most,
    get stepsTaken() {
      return turns.stepsTaken
    },
    get turnsTaken() {
      return turnsTaken
    },
  }
}
