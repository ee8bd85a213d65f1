/**
 * Step `totp`: a code of the authenticator app. Its time step is spent within its whole window, over all replicas (RFC
 * 6238 §5.2).
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { claimTotpStep, findTotp } from '../../store/factors.ts'
import type { Answer, StepDeps, StepOutcome } from './step.ts'

export async function answerTotp(
  { totp }: StepDeps,
  tx: Tx,
  { signIn: { userId, now }, code = '' }: Answer,
): Promise<StepOutcome> {
  const stored = await findTotp(tx, userId)
  if (stored === undefined || !stored.isConfirmed) return { kind: 'wrong' }
  const { sealed } = stored
  const step = totp.stepOf({ userId, sealed, code, now })
  const isSpent = step === undefined || !(await claimTotpStep(tx, { userId, sealed, step }))
  return { kind: isSpent ? 'wrong' : 'proven' }
}
