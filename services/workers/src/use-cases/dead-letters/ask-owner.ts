/** An id says what kind of dead letter it is, not whose: every service is asked, and the one that has it acts. */
import type { DeadLetters } from '@gatehouse/spine/dead-letters/dead-letters'
import type { PeerName } from '@gatehouse/spine/open-peers'
import { isAppError, problem } from '@gatehouse/service-kit/errors/app-error'

/** What each service set aside. */
export type AllDeadLetters = Readonly<Record<PeerName, DeadLetters>>

/** @throws AppError `not_found` only when every service has said so */
export async function askOwner<T>(
  { deadLetters }: { deadLetters: AllDeadLetters },
  ask: (letters: DeadLetters) => Promise<T>,
): Promise<T> {
  const answers = await Promise.allSettled(Object.values(deadLetters).map(ask))
  const done = answers.find((answer) => answer.status === 'fulfilled')
  if (done !== undefined) return done.value
  const failure = answers.find((answer) => answer.status === 'rejected' && !isAppError(answer.reason, 'not_found'))
  throw failure === undefined ? problem('not_found') : (failure as PromiseRejectedResult).reason
}
