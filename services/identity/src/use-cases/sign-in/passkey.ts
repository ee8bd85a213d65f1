/**
 * Step `passkey`: a passkey of the person, whose signature was verified before the transaction, over a challenge given
 * out for this sign-in.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { usePasskey } from '../passkeys/use-passkey.ts'
import type { Answer, StepDeps, StepOutcome } from './step.ts'

export async function answerPasskey(
  _deps: StepDeps,
  tx: Tx,
  { signIn: { id: signInId, userId }, assertion }: Answer,
): Promise<StepOutcome> {
  const isUsed = assertion !== undefined && (await usePasskey(tx, { userId, assertion, signInId }))
  return { kind: isUsed ? 'proven' : 'wrong' }
}
