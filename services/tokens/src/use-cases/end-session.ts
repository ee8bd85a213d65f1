/** A person ends sessions of their own. The answer is given after the event was announced: 204 is the acknowledgement of the revocation. */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Deps } from '../deps.ts'
import { closeOtherSessions, closeSession, type EndReason, lockSession } from '../store/sessions.ts'
import { announceSessionEnd } from './announce-session-end.ts'

/**
 * Ends one session; one that has ended already is as the caller wants it.
 * @throws AppError `not_found` when it is nobody's or somebody else's
 */
export async function endSession(
  deps: Pick<Deps, 'spine'>,
  caller: UserCaller,
  o: { sessionId: string; reason: EndReason },
): Promise<void> {
  const isTheirs = await deps.spine.write(
    { userId: caller.userId },
    async (tx) => {
      const session = await closeSession(tx, o.sessionId, o.reason)
      if (session === undefined) return (await lockSession(tx, o.sessionId)) !== undefined
      await announceSessionEnd(tx, { session, reason: o.reason, actor: `user:${caller.userId}` })
      return true
    },
    { announce: 'await' },
  )
  if (!isTheirs) throw problem('not_found')
}

/** Ends the session the caller's token belongs to. */
export async function logOut(deps: Pick<Deps, 'spine'>, caller: UserCaller): Promise<void> {
  await endSession(deps, caller, { sessionId: caller.sessionId, reason: 'logout' })
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
