/**
 * What a presentation that must not succeed leaves behind: a dead family and an ended session, announced in the same
 * transaction.
 */
import { FamilyRevoked } from '@gatehouse/contracts/events/tokens/family'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { claimFamilyRevocation } from '../../store/refresh-tokens.ts'
import { closeSession } from '../../store/session-ends.ts'
import type { Session } from '../../store/sessions.ts'
import { announceSessionEnd } from './announce-session-end.ts'

/**
 * An exchanged token came back: nobody can tell the thief from the owner, so both lose the session (RFC 9700 §4.14.2).
 */
export async function revokeFamily(
  tx: Queryable,
  o: { familyId: string; session: Pick<Session, 'id' | 'userId'> },
): Promise<void> {
  const { id: sessionId, userId } = o.session
  const version = await claimFamilyRevocation(tx, o.familyId)
  if (version === undefined) return
  await appendEvent(tx, {
    contract: FamilyRevoked,
    aggregateType: 'family',
    aggregateId: o.familyId,
    version,
    userId,
    actor: 'system',
    data: { family_id: o.familyId, session_id: sessionId, user_id: userId, reason: 'reuse_detected' },
  })
  const session = await closeSession(tx, sessionId, 'reuse_detected')
  if (session) await announceSessionEnd(tx, { session, reason: 'reuse_detected', actor: 'system' })
}

/** The session outlived itself and somebody noticed before the upkeep did. */
export async function endExpired(tx: Queryable, o: Pick<Session, 'id'>): Promise<void> {
  const session = await closeSession(tx, o.id, 'expired')
  if (session) await announceSessionEnd(tx, { session, reason: 'expired', actor: 'system' })
}
