/**
 * Step `recovery_code`: one of the codes kept for the day the other factor is lost. The person is told of its use, and
 * how many are left.
 */
import { RecoveryCodeUsed } from '@gatehouse/contracts/events/identity/factors'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashOfRecoveryCode } from '../../factors/recovery-codes.ts'
import { claimRecoveryCode, countRecoveryCodes, nextFactorsVersion } from '../../store/factors.ts'
import type { Answer, StepDeps, StepOutcome } from './step.ts'

export async function answerRecoveryCode(
  _deps: StepDeps,
  tx: Tx,
  { signIn: { userId }, code = '' }: Answer,
): Promise<StepOutcome> {
  const codeHash = hashOfRecoveryCode(code)
  if (codeHash === undefined || !(await claimRecoveryCode(tx, { userId, codeHash }))) return { kind: 'wrong' }
  await appendEvent(tx, {
    contract: RecoveryCodeUsed,
    aggregateType: 'factors',
    aggregateId: userId,
    version: await nextFactorsVersion(tx, userId),
    userId,
    actor: `user:${userId}`,
    data: { user_id: userId, left: await countRecoveryCodes(tx, userId) },
  })
  return { kind: 'proven' }
}
