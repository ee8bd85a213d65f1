/**
 * The ends of sessions: one conditional UPDATE, whoever ends them and why, which raises the floor that voids their
 * access tokens.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, asc, eq, inArray, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import { sessions } from './schema.ts'
import type { Session } from './sessions.ts'

export type EndReason = 'logout' | 'revoked' | 'reuse_detected' | 'user_disabled' | 'password_changed' | 'expired'
/** What ending a session leaves to announce. */
export type EndedSession = Pick<Session, 'id' | 'userId' | 'version' | 'clientId' | 'parentId'>

const endedColumns = {
  id: sessions.id,
  userId: sessions.userId,
  version: sessions.version,
  clientId: sessions.clientId,
  parentId: sessions.parentId,
}

/** Ends the session if it is still active; undefined when somebody was faster or it is not there. */
export async function closeSession(tx: Queryable, id: string, reason: EndReason): Promise<EndedSession | undefined> {
  const [row] = await endWhere(tx, eq(sessions.id, id), reason)
  return row
}

/**
 * Ends the active sessions of the person but `exceptId` and what clients hold in it, all or those of an older version
 * of the person, in one order everywhere so that two callers cannot block each other.
 */
export async function closeOtherSessions(
  tx: Queryable,
  o: { userId: string; exceptId: string | undefined; belowUserVersion?: number; reason: EndReason },
): Promise<EndedSession[]> {
  const owned = and(
    eq(sessions.userId, o.userId),
    eq(sessions.status, 'active'),
    o.exceptId === undefined
      ? undefined
      : and(ne(sessions.id, o.exceptId), or(isNull(sessions.parentId), ne(sessions.parentId, o.exceptId))),
    o.belowUserVersion === undefined ? undefined : lt(sessions.userVersion, o.belowUserVersion),
  )
  await tx.select({ id: sessions.id }).from(sessions).where(owned).orderBy(asc(sessions.id)).for('update')
  return await endWhere(tx, owned, o.reason)
}

/** Ends up to `limit` sessions that have outlived themselves; rows another replica is ending are left to it. */
export async function claimExpiredSessionEnds(system: Queryable, limit: number): Promise<EndedSession[]> {
  const due = system
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.status, 'active'), sql`least(${sessions.idleExpiresAt}, ${sessions.expiresAt}) <= now()`))
    .limit(limit)
    .for('update', { skipLocked: true })
  return await endWhere(system, inArray(sessions.id, due), 'expired')
}

/** Ends up to `limit` active sessions, whoever's, because a backup was restored. */
export async function claimRestoredSessionEnds(system: Queryable, limit: number): Promise<EndedSession[]> {
  const some = system
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.status, 'active'))
    .orderBy(asc(sessions.id))
    .limit(limit)
    .for('update')
  return await endWhere(system, inArray(sessions.id, some), 'restored')
}

/** Ends the active sessions among these. */
export async function endWhere(
  db: Queryable,
  which: SQL | undefined,
  reason: EndReason | 'restored',
): Promise<EndedSession[]> {
  const next = sql`${sessions.version} + 1`
  return await db
    .update(sessions)
    .set({
      status: 'ended',
      version: next,
      minVersion: next,
      floorChangedAt: sql`clock_timestamp()`,
      endedAt: sql`clock_timestamp()`,
      endReason: reason,
    })
    .where(and(which, eq(sessions.status, 'active')))
    .returning(endedColumns)
}
