/**
 * A person ends sessions of their own. The answer is given after the event was announced: 204 is the acknowledgement of
 * the revocation.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { actorOf, type Caller, type UserCaller } from '@gatehouse/access/callers/caller'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { closeOtherSessions, closeSession, type EndReason } from '../../store/session-ends.ts'
import { lockSession } from '../../store/sessions.ts'
import { findRefreshTokenByHash } from '../../store/refresh-tokens.ts'
import { announceSessionEnd } from './announce-session-end.ts'
import { refreshTokenPrefix } from './start-session.ts'

/**
 * Ends one session; one that has ended already is as the caller wants it.
 * @throws AppError `not_found` when it is nobody's or somebody else's
 */
export async function endSession(
  deps: Pick<Deps, 'spine'>,
  caller: Pick<UserCaller, 'userId'>,
  o: { sessionId: string; reason: EndReason; actor?: Actor },
): Promise<void> {
  const isTheirs = await deps.spine.write(
    { userId: caller.userId },
    async (tx) => {
      const session = await closeSession(tx, o.sessionId, o.reason)
      if (session === undefined) return (await lockSession(tx, o.sessionId)) !== undefined
      const actor = o.actor ?? (`user:${caller.userId}` as const)
      await announceSessionEnd(tx, { session, reason: o.reason, actor })
      return true
    },
    { announce: 'await' },
  )
  if (!isTheirs) throw problem('not_found')
}

/**
 * Ends the session of a refresh token, and that of the caller's access token: whoever holds either may end it. A token
 * that was exchanged long ago still names its session, and one that nobody knows has nothing left to end (RFC 7009
 * §2.2).
 * @throws AppError `unauthenticated` when neither was presented
 */
export async function logOut(
  deps: Pick<Deps, 'spine' | 'system'>,
  caller: Caller,
  refreshToken: string | undefined,
): Promise<void> {
  if (refreshToken === undefined && caller.kind !== 'user')
    throw problem('unauthenticated', { detail: 'Send the refresh token, or an access token that is still valid.' })
  const named =
    refreshToken !== undefined && isWellFormed(refreshTokenPrefix, refreshToken)
      ? await findRefreshTokenByHash(deps.system, hashSecret(refreshToken))
      : undefined
  if (named !== undefined) await endSession(deps, named, { sessionId: named.sessionId, reason: 'logout' })
  if (caller.kind === 'user' && caller.sessionId !== named?.sessionId)
    await endSession(deps, caller, { sessionId: caller.sessionId, reason: 'logout', actor: actorOf(caller) })
}

/** Ends every session of the person but the one asking. */
export async function endOtherSessions(deps: Pick<Deps, 'spine'>, caller: UserCaller): Promise<void> {
  const actor = `user:${caller.userId}` as const
  await deps.spine.write(
    { userId: caller.userId },
    async (tx) => {
      const ended = await closeOtherSessions(tx, {
        userId: caller.userId,
        exceptId: caller.sessionId,
        reason: 'revoked',
      })
      for (const session of ended) await announceSessionEnd(tx, { session, reason: 'revoked', actor })
    },
    { announce: 'await' },
  )
}
