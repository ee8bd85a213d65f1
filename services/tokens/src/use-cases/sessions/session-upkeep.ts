/**
 * Upkeep that no request waits for: sealed copies are erased when their grace is over, expired sessions end, old ones
 * are forgotten.
 */
import type { Deps } from '../../deps.ts'
import { eraseOverdueSeals } from '../../store/refresh-tokens.ts'
import { claimExpiredSessionEnds } from '../../store/session-ends.ts'
import { deleteOldSessions } from '../../store/sessions.ts'
import { deleteOldAuthorizations } from '../../store/oauth-authorizations.ts'
import { deleteOldPushedRequests } from '../../store/pushed-requests.ts'
import { deleteOldDeviceAuthorizations } from '../../store/device-authorizations.ts'
import { deleteOldGuesses } from '../../store/user-code-guesses.ts'
import { deleteOldAssertions } from '../../store/used-assertions.ts'
import { announceSessionEnd } from './announce-session-end.ts'

/** Few enough to finish within a statement's time limit. */
const batch = 500
/** Longer than the refresh tokens of the session are kept. */
const keepEndedDays = 120

export async function eraseSeals(deps: Pick<Deps, 'system'>): Promise<void> {
  await eraseOverdueSeals(deps.system)
}

/** Ends what has outlived its idle or absolute lifetime; how many. */
export async function endExpiredSessions(deps: Pick<Deps, 'spine'>): Promise<number> {
  return await deps.spine.write(
    {},
    async (tx) => {
      const ended = await claimExpiredSessionEnds(tx, batch)
      for (const session of ended) await announceSessionEnd(tx, { session, reason: 'expired', actor: 'system' })
      return ended.length
    },
    { db: 'system' },
  )
}

export async function forgetOldSessions(deps: Pick<Deps, 'system'>): Promise<void> {
  await deleteOldSessions(deps.system, { olderThanDays: keepEndedDays, limit: batch })
}

export async function forgetOldAuthorizations(deps: Pick<Deps, 'system'>): Promise<void> {
  while ((await deleteOldAuthorizations(deps.system, batch)) >= batch);
  while ((await deleteOldPushedRequests(deps.system, batch)) >= batch);
  while ((await deleteOldAssertions(deps.system, batch)) >= batch);
  while ((await deleteOldDeviceAuthorizations(deps.system, batch)) >= batch);
  while ((await deleteOldGuesses(deps.system, batch)) >= batch);
}
