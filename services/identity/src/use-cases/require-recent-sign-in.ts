/**
 * Who changes what a sign-in is made of must have signed in just now; otherwise the answer is the challenge of RFC 9470
 * §3, which a step-up meets.
 */
import { requireAllowed } from '@gatehouse/access/call/require-allowed'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Settings } from '../deps.ts'

type RecentDeps = { clock: Clock; settings: Pick<Settings, 'recentSignInSeconds'> }

/** @throws AppError `insufficient_user_authentication` */
export function requireRecentSignIn(
  { clock, settings }: RecentDeps,
  caller: UserCaller,
  { strong }: { strong: boolean },
): void {
  const { recentSignInSeconds: maxAge } = settings
  const ageSeconds = Math.floor(clock.now().getTime() / 1000) - caller.claims.auth_time
  const isRecent = ageSeconds <= maxAge
  const isStrong = !strong || caller.claims.acr === 'aal2'
  const obligation = {
    type: 'step_up' as const,
    max_age: maxAge,
    ...(strong && { acr_values: ['aal2'] }),
  }
  requireAllowed({ allowed: isRecent && isStrong, obligation }, caller, 'a recent sign-in')
}
