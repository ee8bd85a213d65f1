/**
 * Enrolls an authenticator app: begun with a new secret, confirmed with a code of it. The code is spent by the
 * confirmation.
 */
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { TotpEnrollment } from '@gatehouse/contracts/http/identity/totp-enrollment'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Deps } from '../../deps.ts'
import { hasSecondFactor } from '../../domain/sign-in/steps.ts'
import { claimTotpEnrollment, findTotp, insertTotp, listFactors, lockPerson } from '../../store/factors.ts'
import { findProfile } from '../../store/users.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import { countWrongCode, readFactorAdmission } from '../sign-in/factor-attempts.ts'
import type { Requester } from '../requester.ts'
import { enrolledOf } from './enrolled.ts'
import { announceFactors } from './announce-factors.ts'

type EnrollDeps = Pick<Deps, 'spine' | 'system' | 'totp' | 'clock' | 'settings'>

/** @throws AppError `insufficient_user_authentication`, `conflict` when an app is enrolled already */
export async function enrollTotp(deps: EnrollDeps, caller: UserCaller): Promise<TotpEnrollment> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, {
    strong: hasSecondFactor(enrolledOf(await listFactors(deps.system, userId))),
  })
  const profile = await findProfile(deps.system, userId)
  if (profile === undefined) throw problem('not_found')
  const enrollment = await beginEnrollment(deps, deps.system, { userId, address: profile.address })
  if (enrollment === undefined) throw problem('conflict', { detail: 'Remove the authenticator app you have first.' })
  return enrollment
}

/** Undefined when an app is enrolled already. */
export async function beginEnrollment(
  { totp }: Pick<Deps, 'totp'>,
  db: Queryable,
  { userId, address }: { userId: string; address: string },
): Promise<TotpEnrollment | undefined> {
  const { enrollment, sealed } = await totp.enroll({ userId, account: address })
  return (await insertTotp(db, { userId, sealed })) ? enrollment : undefined
}

/** @throws AppError `insufficient_user_authentication`, `invalid_code`, `not_found` when nothing waits for a code */
export async function confirmTotp(
  deps: EnrollDeps,
  caller: UserCaller,
  { code, requester }: { code: string; requester: Requester },
): Promise<void> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, { strong: false })
  const outcome = await deps.spine.write(
    {},
    async (tx) => {
      const now = await lockPerson(tx, userId)
      if (now === undefined) return 'not_found'
      const admission = await readFactorAdmission(deps, tx, { userId, requester, deviceId: undefined })
      const isAdmitted = admission.kind === 'admitted'
      const completed = isAdmitted ? await completeEnrollment(deps, tx, { userId, code, now }) : 'invalid_code'
      if (completed === 'invalid_code' && isAdmitted)
        await countWrongCode(deps, tx, { userId, step: 'enroll_mfa', admission })
      return completed
    },
    { db: 'system' },
  )
  if (outcome !== 'enrolled') throw problem(outcome)
}

/** Under the lock of the person. */
export async function completeEnrollment(
  { totp }: Pick<Deps, 'totp'>,
  tx: Tx,
  { userId, code, now }: { userId: string; code: string; now: Date },
): Promise<'enrolled' | 'invalid_code' | 'not_found'> {
  const pending = await findTotp(tx, userId)
  if (pending === undefined || pending.isConfirmed) return 'not_found'
  const { sealed } = pending
  const step = totp.stepOf({ userId, sealed, code, now })
  if (step === undefined || !(await claimTotpEnrollment(tx, { userId, sealed, step }))) return 'invalid_code'
  await announceFactors(tx, { userId, actor: `user:${userId}`, change: 'totp_added' })
  return 'enrolled'
}
