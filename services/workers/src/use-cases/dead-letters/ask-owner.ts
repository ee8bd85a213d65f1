/** An id says what kind of dead letter it is, not whose: every service is asked, and the one that has it acts. */
import type { DeadLetters } from '@gatehouse/spine/dead-letters/dead-letters'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'

/** @throws AppError `not_found` only when every service has said so */
export async function askOwner<T>(
  { deadLetters }: Pick<Deps, 'deadLetters'>,
  ask: (letters: DeadLetters) => Promise<T>,
): Promise<T> {
  const answers = await Promise.allSettled(Object.values(deadLetters).map(ask))
  const done = answers.find((answer) => answer.status === 'fulfilled')
  if (done !== undefined) return done.value
  const failure = answers.find((answer) => answer.status === 'rejected' && !isAppError(answer.reason, 'not_found'))
  throw failure === undefined ? problem('not_found') : (failure as PromiseRejectedResult).reason
}
