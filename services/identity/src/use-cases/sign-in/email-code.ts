/** Step `email_code`: the code of a mail. It is of use to its own sign-in, once. */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashOfEmailCode } from '../../factors/email-codes.ts'
import { claimEmailCode } from '../../store/email-codes.ts'
import type { Answer, StepDeps, StepOutcome } from './step.ts'

export async function answerEmailCode(
  _deps: StepDeps,
  tx: Tx,
  { signIn: { id: signInId }, code = '' }: Answer,
): Promise<StepOutcome> {
  const codeHash = hashOfEmailCode({ signInId, code })
  const isIt = codeHash !== undefined && (await claimEmailCode(tx, { signInId, codeHash }))
  return { kind: isIt ? 'proven' : 'wrong' }
}
