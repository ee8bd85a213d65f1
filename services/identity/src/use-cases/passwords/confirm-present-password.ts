/**
 * What a change of credentials asks of a signed-in person: their present password, checked and counted as a sign-in
 * does it, and a recent sign-in, so that a session left open somewhere is not enough beside a password somebody
 * overheard. Of a person with a second factor that sign-in used it.
 */
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { hasSecondFactor } from '../../domain/sign-in/steps.ts'
import { listFactors } from '../../store/factors.ts'
import { findProfile, type Profile } from '../../store/users.ts'
import { enrolledOf } from '../factors/enrolled.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import type { Requester } from '../requester.ts'
import { checkPassword, type Authenticated } from '../sign-in/check-password.ts'

type ConfirmDeps = Pick<
  Deps,
  'db' | 'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log' | 'devices' | 'clock'
>

export type Confirmed = {
  profile: Profile
  /** When the password was set, which names it. */
  passwordChangedAt: string
  device: Authenticated['device']
}

/** @throws AppError `insufficient_user_authentication`, `not_found`, `invalid_credentials`, `unavailable` */
export async function confirmPresentPassword(
  deps: ConfirmDeps,
  caller: UserCaller,
  { password, deviceToken }: { password: string; deviceToken: string | undefined },
  requester: Requester,
): Promise<Confirmed> {
  const { userId } = caller
  requireRecentSignIn(deps, caller, { strong: hasSecondFactor(enrolledOf(await listFactors(deps.system, userId))) })
  const profile = await readInScope(deps.db, { userId }, (tx) => findProfile(tx, userId))
  if (profile === undefined) throw problem('not_found')
  const presented = { email: profile.address, password, deviceToken, registrationHandle: undefined }
  const { account, verificationId, device } = await checkPassword(deps, presented, requester)
  if (account.userId !== userId || verificationId !== undefined || account.password === undefined)
    throw problem('invalid_credentials')
  return { profile, passwordChangedAt: account.password.changedAt, device }
}
