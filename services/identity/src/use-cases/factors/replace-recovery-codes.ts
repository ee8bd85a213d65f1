/** Makes a new set of recovery codes, shown in this answer and never again; every earlier code stops working. */
import { actorOf, type UserCaller } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { hasSecondFactor } from '../../domain/sign-in/steps.ts'
import { mintRecoveryCodes } from '../../factors/recovery-codes.ts'
import { hadRecoveryCodes, listFactors, lockPerson, replaceRecoveryCodes } from '../../store/factors.ts'
import { requireRecentSignIn } from '../require-recent-sign-in.ts'
import { enrolledOf } from './enrolled.ts'
import { announceFactors } from './announce-factors.ts'

type ReplaceDeps = Pick<Deps, 'spine' | 'clock' | 'settings'>

/**
 * @throws AppError `insufficient_user_authentication`, `conflict` without a second factor that they could stand in for
 */
export async function replaceMyRecoveryCodes(deps: ReplaceDeps, caller: UserCaller): Promise<string[]> {
  const { userId } = caller
  // Right after the enrollment the session is still one of a single factor, and there are no codes yet that could be
  // taken away.
  requireRecentSignIn(deps, caller, { strong: false })
  const isStrong = caller.claims.acr === 'aal2'
  const { codes, hashes } = mintRecoveryCodes()
  const outcome = await deps.spine.write(
    {},
    async (tx) => {
      await lockPerson(tx, userId)
      if (!hasSecondFactor(enrolledOf(await listFactors(tx, userId)))) return 'no_factor'
      if (!isStrong && (await hadRecoveryCodes(tx, userId))) return 'too_weak'
      await replaceRecoveryCodes(tx, { userId, hashes })
      await announceFactors(tx, { userId, actor: actorOf(caller), change: 'recovery_codes_replaced' })
      return 'replaced'
    },
    { db: 'system' },
  )
  if (outcome === 'no_factor') throw problem('conflict', { detail: 'Add a second factor first.' })
  if (outcome === 'too_weak') requireRecentSignIn(deps, caller, { strong: true })
  return codes
}
