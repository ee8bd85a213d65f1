/**
 * Step `enroll_mfa`: a second factor is demanded and there is none yet. Asked without a code it answers a new secret; a
 * code of it completes the step.
 */
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { beginEnrollment, completeEnrollment } from '../factors/enroll-totp.ts'
import type { Answer, StepDeps, StepOutcome } from './step.ts'

export async function answerEnrollMfa(
  { totp }: StepDeps,
  tx: Tx,
  { signIn: { userId, address, now }, code }: Answer,
): Promise<StepOutcome> {
  if (code !== undefined) {
    const completed = await completeEnrollment({ totp }, tx, { userId, code, now })
    return { kind: completed === 'enrolled' ? 'proven' : 'wrong' }
  }
  const enrollment = await beginEnrollment({ totp }, tx, { userId, address })
  return enrollment === undefined ? { kind: 'wrong' } : { kind: 'shown', enrollment }
}
