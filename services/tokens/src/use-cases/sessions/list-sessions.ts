/** One's own live sessions, newest first. */
import type { Session as SessionOnWire } from '@gatehouse/contracts/http/tokens/sessions'
import type { UserCaller } from '@gatehouse/access/callers/caller'
import { decodeCursor, pageOf, type PageOf } from '@gatehouse/service-kit/http/page'
import { isTypeId } from '@gatehouse/service-kit/ids/type-id'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import type { Deps } from '../../deps.ts'
import { listLiveSessions, type Session } from '../../store/sessions.ts'

/** @throws AppError `invalid_cursor` */
export async function listSessions(
  deps: Pick<Deps, 'db'>,
  caller: UserCaller,
  o: { limit: number; cursor: string | undefined },
): Promise<PageOf<SessionOnWire>> {
  const after = decodeCursor(o.cursor, 1, ([id]) => isTypeId('ses', id))
  const afterId = after === undefined ? undefined : String(after[0])
  const rows = await readInScope(deps.db, { userId: caller.userId }, (tx) =>
    listLiveSessions(tx, { userId: caller.userId, limit: o.limit + 1, afterId }),
  )
  const { data, page } = pageOf(rows, o.limit, (last) => [last.id])
  return { data: data.map((session) => onWire(session, caller.sessionId)), page }
}

const onWire = (session: Session, currentId: string): SessionOnWire => ({
  id: session.id,
  current: session.id === currentId,
  device: { name: session.deviceName, client_address: session.clientAddress },
  impersonated_by: session.impersonatedBy,
  created_at: session.createdAt.toISOString(),
  last_seen_at: session.lastSeenAt.toISOString(),
})
