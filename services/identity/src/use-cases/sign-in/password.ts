/**
 * Step `password` of a step-up. The hash was made before the transaction; it counts while the password is still the
 * same.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Answer, StepDeps, StepOutcome } from './step.ts'

export function answerPassword(_deps: StepDeps, _tx: Tx, { signIn, matchedPhc }: Answer): Promise<StepOutcome> {
  const isRight = matchedPhc !== undefined && signIn.password?.phc === matchedPhc
  return Promise.resolve({ kind: isRight ? 'proven' : 'wrong' })
}
