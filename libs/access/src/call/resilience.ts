/**
 * How often a neighbour is asked: one retry policy and one breaker (cockatiel) for each neighbour. Both count only a
 * `NeighbourGone`. An answer, even a wrong one, proves that the neighbour is there: a deterministic 500 must not keep
 * everybody else from it.
 */
import { problem, type AppError } from '@gatehouse/service-kit/errors/app-error'
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  ExponentialBackoff,
  circuitBreaker,
  handleType,
  retry,
  wrap,
} from 'cockatiel'

/** The connection was refused, or broke, or no answer came in time, or the neighbour said 503 of itself. */
export class NeighbourGone extends Error {
  /** What the caller of the service is told. */
  readonly answer: AppError
  /** The same call may be sent once more without a second effect. */
  readonly isRepeatable: boolean

  constructor(answer: AppError, { isRepeatable }: { isRepeatable: boolean }) {
    super(answer.message, { cause: answer })
    this.name = 'NeighbourGone'
    this.answer = answer
    this.isRepeatable = isRepeatable
  }
}

const maxRetries = 2
/** Before the breaker opens, and how long it then stays open. */
const breakAfterFailures = 8
const halfOpenAfterMs = 500
/** Below this a further attempt could not be answered in time. */
const leastUsefulMs = 100

export type Asking = <T>(attempt: () => Promise<T>) => Promise<T>

/** @param o.remainingMs - until nobody waits for the answer any more */
export function createAsking(o: { target: string; remainingMs: () => number; onBreak: () => void }): Asking {
  const breaker = circuitBreaker(handleType(NeighbourGone), {
    halfOpenAfter: halfOpenAfterMs,
    breaker: new ConsecutiveBreaker(breakAfterFailures),
  })
  breaker.onBreak(o.onBreak)
  const retries = retry(
    handleType(NeighbourGone, (gone) => gone.isRepeatable && o.remainingMs() > leastUsefulMs),
    { maxAttempts: maxRetries, backoff: new ExponentialBackoff({ initialDelay: 30, maxDelay: 150 }) },
  )
  const policy = wrap(retries, breaker)
  return async (attempt) => {
    try {
      return await policy.execute(attempt)
    } catch (err) {
      if (err instanceof NeighbourGone) throw err.answer
      if (err instanceof BrokenCircuitError)
        throw problem('upstream_failed', { internal: `${o.target} keeps failing`, retryAfterSeconds: 1 })
      throw err
    }
  }
}
