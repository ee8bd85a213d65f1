/** The event of a session that begins, in the transaction that opens it. */
import { SessionStarted } from '@gatehouse/contracts/events/tokens/session'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Session } from '../../store/sessions.ts'

export const announceStart = (
  tx: Tx,
  { id, userId, clientId, version, amr }: Pick<Session, 'id' | 'userId' | 'clientId' | 'version' | 'amr'>,
): Promise<void> =>
  appendEvent(tx, {
    contract: SessionStarted,
    aggregateType: 'session',
    aggregateId: id,
    version,
    userId,
    actor: `user:${userId}`,
    data: { session_id: id, user_id: userId, client_id: clientId, amr },
  })
