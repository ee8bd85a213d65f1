/**
 * The event of an ended session, in the transaction that ended it: its access tokens are void from here on. The
 * sessions clients hold in it end with it, each with its own event.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { SessionEnded } from '@gatehouse/contracts/events/tokens/session'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { closeChildSessions, closeDeviceSignIn } from '../../store/child-sessions.ts'
import type { EndedSession, EndReason } from '../../store/session-ends.ts'

/** The floor is the version the end gave: every token of the session was minted below it. */
export async function announceSessionEnd(
  tx: Queryable,
  o: { session: EndedSession; reason: EndReason; actor: Actor },
): Promise<void> {
  const { id, userId, version, clientId, parentId } = o.session
  await appendEvent(tx, {
    contract: SessionEnded,
    aggregateType: 'session',
    aggregateId: id,
    version,
    userId,
    actor: o.actor,
    data: {
      session_id: id,
      user_id: userId,
      reason: o.reason,
      min_sv: version,
      ...(parentId !== null && { client_id: clientId }),
    },
  })
  const more = await (parentId === null ? closeChildSessions(tx, id, o.reason) : closeSignIn(tx, { ...o, parentId }))
  for (const session of more) await announceSessionEnd(tx, { ...o, session })
}

/** A device's sign-in is nothing without the client that asked for it. */
async function closeSignIn(tx: Queryable, o: { session: EndedSession; parentId: string; reason: EndReason }) {
  const ended = await closeDeviceSignIn(tx, { parentId: o.parentId, clientId: o.session.clientId, reason: o.reason })
  return ended === undefined ? [] : [ended]
}
