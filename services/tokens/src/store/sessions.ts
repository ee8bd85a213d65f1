/**
 * Sessions. They only ever go from active to ended, by one conditional UPDATE; whoever mints for a session or ends it
 * holds its row lock, so no access token is minted for a session that has ended.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, asc, desc, eq, gt, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import { refreshFamilies, refreshTokens, sessions } from './schema.ts'

export type Session = typeof sessions.$inferSelect

const isLive = and(
  eq(sessions.status, 'active'),
  sql`${sessions.idleExpiresAt} > now()`,
  sql`${sessions.expiresAt} > now()`,
)

/** A new session with the family and the first token of its chain. */
export type NewSession = Pick<
  Session,
  'id' | 'userId' | 'userVersion' | 'clientId' | 'amr' | 'deviceName' | 'clientAddress' | 'lastOrganizationId'
> & {
  idleTtlSeconds: number
  absoluteTtlSeconds: number
  familyId: string
  token: { id: string; hash: Buffer }
  jkt?: string | undefined
  /** The operator who acts as the person. */
  impersonatedBy?: string
}

/**
 * One statement: none of the three is ever there without the others. Times are the database's; lifetimes in seconds.
 */
export async function insertSession(tx: Queryable, session: NewSession): Promise<Session> {
  const { idleTtlSeconds, absoluteTtlSeconds, familyId, token, ...given } = session
  const now = sql`now()`
  const made = tx.$with('made').as(
    tx
      .insert(sessions)
      .values({
        ...given,
        status: 'active',
        version: 1,
        minVersion: 0,
        authTime: now,
        createdAt: now,
        lastSeenAt: now,
        idleExpiresAt: sql`now() + make_interval(secs => ${idleTtlSeconds})`,
        expiresAt: sql`now() + make_interval(secs => ${absoluteTtlSeconds})`,
      })
      .returning(),
  )
  const { family, first } = refreshPartsOf(tx, { ...given, sessionId: given.id, familyId, token })
  const [row] = await tx.with(made, family, first).select().from(made)
  return row as Session
}

/** The family and the first refresh token of a session that the same statement inserts. */
export function refreshPartsOf(
  tx: Queryable,
  o: { sessionId: string; userId: string; clientId: string } & Pick<NewSession, 'familyId' | 'token' | 'jkt'>,
) {
  const { familyId, token, jkt } = o
  const owned = { sessionId: o.sessionId, userId: o.userId, clientId: o.clientId }
  const family = tx.$with('family').as(
    tx
      .insert(refreshFamilies)
      .values({
        id: familyId,
        ...owned,
        status: 'active',
        version: 1,
        createdAt: sql`now()`,
        sharedExchanges: 0,
        jkt: jkt ?? null,
      })
      .returning({ familyId: refreshFamilies.id }),
  )
  const first = tx.$with('first').as(
    tx
      .insert(refreshTokens)
      .values({ ...token, ...owned, familyId, createdAt: sql`clock_timestamp()`, repeatsElsewhere: 0 })
      .returning({ tokenId: refreshTokens.id }),
  )
  return { family, first }
}

const databaseTime = sql<string>`extract(epoch from clock_timestamp()) * 1000`

/** A live session of this person, and the database's time. */
export async function findLiveSession(tx: Queryable, id: string): Promise<{ session: Session; now: Date } | undefined> {
  const [row] = await tx
    .select({ session: sessions, nowMs: databaseTime })
    .from(sessions)
    .where(and(eq(sessions.id, id), isLive))
  return row && { session: row.session, now: new Date(Number(row.nowMs)) }
}

/** The session, locked until the transaction ends; undefined when it is not this person's or not there. */
export async function lockSession(tx: Queryable, id: string): Promise<Session | undefined> {
  const [row] = await tx.select().from(sessions).where(eq(sessions.id, id)).for('update')
  return row
}

/** The session locked, and the database's time after the wait. */
export async function lockSessionNow(tx: Queryable, id: string): Promise<{ session: Session; now: Date } | undefined> {
  const [row] = await tx
    .select({ session: sessions, nowMs: databaseTime })
    .from(sessions)
    .where(eq(sessions.id, id))
    .for('update', { of: sessions })
  return row && { session: row.session, now: new Date(Number(row.nowMs)) }
}

export const isLiveAt = (session: Session, now: Date): boolean =>
  session.status === 'active' && session.idleExpiresAt > now && session.expiresAt > now

/** The session, authenticated anew by a whole sign-in: how and when are those of that sign-in. Under its lock. */
export async function renewAuthentication(
  tx: Queryable,
  { id, amr, authTime }: Pick<Session, 'id' | 'amr' | 'authTime'>,
): Promise<Session> {
  const [row] = await tx
    .update(sessions)
    .set({ amr, authTime, version: sql`${sessions.version} + 1` })
    .where(eq(sessions.id, id))
    .returning()
  return row as Session
}

/**
 * The session with more methods it was authenticated by, as of now by database time; undefined when it is over or not
 * this person's. Nothing of it is void: its floor stays.
 */
export async function raiseLiveSession(
  tx: Queryable,
  { id, amr }: { id: string; amr: readonly string[] },
): Promise<Session | undefined> {
  const given = sql.join(
    amr.map((method) => sql`${method}::text`),
    sql`, `,
  )
  const [row] = await tx
    .update(sessions)
    .set({
      amr: sql`${sessions.amr} || array(select m from unnest(array[${given}]::text[]) m
        where not m = any (${sessions.amr}))`,
      authTime: sql`clock_timestamp()`,
      version: sql`${sessions.version} + 1`,
    })
    .where(and(eq(sessions.id, id), isLive))
    .returning()
  return row
}

/** Notes that the session was used just now, from where, and for which organization. */
export async function touchSession(
  tx: Queryable,
  o: { id: string; idleExpiresAt: Date; clientAddress: string | undefined; organizationId: string | null },
): Promise<void> {
  await tx
    .update(sessions)
    .set({
      lastSeenAt: sql`clock_timestamp()`,
      idleExpiresAt: o.idleExpiresAt,
      lastOrganizationId: o.organizationId,
      ...(o.clientAddress !== undefined && { clientAddress: o.clientAddress }),
    })
    .where(eq(sessions.id, o.id))
}

/** One's own live sessions, newest first, `limit` rows after the position. Ids grow with creation time. */
export async function listLiveSessions(
  tx: Queryable,
  o: { userId: string; limit: number; afterId: string | undefined },
): Promise<Session[]> {
  return await tx
    .select()
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, o.userId),
        isNull(sessions.parentId),
        isLive,
        o.afterId === undefined ? undefined : lt(sessions.id, o.afterId),
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(o.limit)
}

/** The session, with what clients hold in it, counts from now on as one of this version of its person. */
export async function renewUserVersion(
  tx: Queryable,
  o: { id: string; userId: string; userVersion: number },
): Promise<void> {
  await tx
    .update(sessions)
    .set({ userVersion: o.userVersion })
    .where(
      and(
        or(eq(sessions.id, o.id), eq(sessions.parentId, o.id)),
        eq(sessions.userId, o.userId),
        lt(sessions.userVersion, o.userVersion),
      ),
    )
}

/** Devices and addresses of an erased person leave all of their sessions. */
export async function forgetWhere(tx: Queryable, userId: string): Promise<void> {
  await tx.update(sessions).set({ deviceName: '', clientAddress: null }).where(eq(sessions.userId, userId))
}

/** Sessions whose floor moved within the last `seconds`: what a starting gateway must know. */
export async function listRecentFloors(
  db: Queryable,
  seconds: number,
): Promise<Pick<Session, 'id' | 'status' | 'minVersion'>[]> {
  return await db
    .select({ id: sessions.id, status: sessions.status, minVersion: sessions.minVersion })
    .from(sessions)
    .where(sql`${sessions.floorChangedAt} > now() - make_interval(secs => ${seconds})`)
}

/** Active sessions in pages by id, for a snapshot. */
export async function listActiveSessions(
  db: Queryable,
  o: { afterId: string | undefined; limit: number },
): Promise<Session[]> {
  return await db
    .select()
    .from(sessions)
    .where(and(eq(sessions.status, 'active'), o.afterId === undefined ? undefined : gt(sessions.id, o.afterId)))
    .orderBy(asc(sessions.id))
    .limit(o.limit)
}

/** Forgets sessions that ended so long ago that none of their tokens can come back; families go with them. */
export async function deleteOldSessions(
  system: Queryable,
  o: { olderThanDays: number; limit: number },
): Promise<number> {
  const old = system
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(eq(sessions.status, 'ended'), sql`${sessions.endedAt} < now() - make_interval(days => ${o.olderThanDays})`),
    )
    .limit(o.limit)
  const gone = await system.delete(sessions).where(inArray(sessions.id, old)).returning({ id: sessions.id })
  return gone.length
}
