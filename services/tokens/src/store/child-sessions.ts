/**
 * Child sessions: what a client holds of somebody's signed-in session. They end with their parent, and each ends alone.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, asc, eq, exists, inArray, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm'
import type { Client } from './clients.ts'
import { oauthClients } from './oauth-client-schema.ts'
import { codeRow, type NewCode } from './oauth-authorizations.ts'
import { clients, oauthCodes, sessions, userStates } from './schema.ts'
import { endWhere, type EndedSession, type EndReason } from './session-ends.ts'
import { refreshPartsOf, type NewSession, type Session } from './sessions.ts'

/**
 * A child of `parent`, signed in when and how the parent was. It never outlives it. Its family and first refresh token,
 * if any, in the same statement.
 */
export async function insertChildSession(
  tx: Queryable,
  o: {
    id: string
    parent: Session
    clientId: string
    scope: string[]
    resources: string[] | null
    organizationId: string | null
    clientAddress: string | null
    idleTtlSeconds: number
    /** Of the client's choice; null: as long as the parent. */
    sessionSeconds: number | null
    refresh: Pick<NewSession, 'familyId' | 'token' | 'jkt'> | undefined
  },
): Promise<Session> {
  const { parent, refresh } = o
  // `least` passes over a null.
  const endsAt = sql<Date>`least(${parent.expiresAt.toISOString()}::timestamptz,
    now() + make_interval(secs => ${o.sessionSeconds}::int))`
  const made = tx.$with('made').as(
    tx
      .insert(sessions)
      .values({
        id: o.id,
        userId: parent.userId,
        userVersion: parent.userVersion,
        clientId: o.clientId,
        status: 'active',
        version: 1,
        minVersion: 0,
        lastOrganizationId: o.organizationId,
        amr: parent.amr,
        authTime: parent.authTime,
        deviceName: parent.deviceName,
        clientAddress: o.clientAddress,
        createdAt: sql`now()`,
        lastSeenAt: sql`now()`,
        idleExpiresAt: sql`least(now() + make_interval(secs => ${o.idleTtlSeconds}), ${endsAt})`,
        expiresAt: endsAt,
        parentId: parent.id,
        scope: o.scope,
        resources: o.resources,
      })
      .returning(),
  )
  const owner = { sessionId: o.id, userId: parent.userId, clientId: o.clientId }
  const parts = refresh && refreshPartsOf(tx, { ...owner, ...refresh })
  const [row] = await (parts ? tx.with(made, parts.family, parts.first) : tx.with(made)).select().from(made)
  return row as Session
}

/**
 * A device's own sign-in, signed in when and how the session was that allowed it, and as long as a session of its
 * client may live.
 */
export async function insertDeviceSignIn(
  tx: Queryable,
  o: {
    id: string
    approver: Session
    client: Client
    deviceName: string
    organizationId: string | null
    clientAddress: string | null
  },
): Promise<Session> {
  const { approver, client } = o
  const [row] = await tx
    .insert(sessions)
    .values({
      id: o.id,
      userId: approver.userId,
      userVersion: approver.userVersion,
      clientId: client.id,
      status: 'active',
      version: 1,
      minVersion: 0,
      lastOrganizationId: o.organizationId,
      amr: approver.amr,
      authTime: approver.authTime,
      deviceName: o.deviceName,
      clientAddress: o.clientAddress,
      createdAt: sql`now()`,
      lastSeenAt: sql`now()`,
      idleExpiresAt: sql`now() + make_interval(secs => ${client.idleTtlSeconds})`,
      expiresAt: sql`now() + make_interval(secs => ${client.absoluteTtlSeconds})`,
    })
    .returning()
  return row as Session
}

/**
 * Ends the sign-in of a device whose client's session has ended: nothing else is in it. Undefined where the parent is a
 * person's browser, or over.
 */
export async function closeDeviceSignIn(
  tx: Queryable,
  o: { parentId: string; clientId: string; reason: EndReason },
): Promise<EndedSession | undefined> {
  const [row] = await endWhere(
    tx,
    and(eq(sessions.id, o.parentId), eq(sessions.clientId, o.clientId), isNull(sessions.parentId)),
    o.reason,
  )
  return row
}

/** Ends the active children of a session that has ended. */
export const closeChildSessions = (tx: Queryable, parentId: string, reason: EndReason): Promise<EndedSession[]> =>
  endChildren(tx, eq(sessions.parentId, parentId), reason)

/** Deleted clients that still have sessions, at most `limit`. */
export async function listDeletedClientsWithSessions(system: Queryable, limit: number): Promise<string[]> {
  const live = system
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.clientId, oauthClients.id), isNotNull(sessions.parentId), eq(sessions.status, 'active')))
  const rows = await system
    .select({ id: oauthClients.id })
    .from(oauthClients)
    .where(and(eq(oauthClients.status, 'deleted'), exists(live)))
    .limit(limit)
  return rows.map(({ id }) => id)
}

/** Ends up to `limit` sessions of a client. */
export async function claimSessionEndsOfClient(
  system: Queryable,
  o: { clientId: string; limit: number },
): Promise<EndedSession[]> {
  const some = system
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.clientId, o.clientId), isNotNull(sessions.parentId), eq(sessions.status, 'active')))
    .orderBy(asc(sessions.id))
    .limit(o.limit)
    .for('update')
  return await endChildren(system, inArray(sessions.id, some), 'revoked')
}

/** Ends what a client has of this person, in whichever sign-in. */
export const closeSessionsOfConsent = (
  tx: Queryable,
  o: { userId: string; clientId: string },
): Promise<EndedSession[]> =>
  endChildren(
    tx,
    sql`${sessions.userId} = ${uuidOf(o.userId, 'user')}::uuid and ${sessions.clientId} = ${o.clientId}`,
    'revoked',
  )

const endChildren = (db: Queryable, which: SQL, reason: EndReason): Promise<EndedSession[]> =>
  endWhere(db, and(which, isNotNull(sessions.parentId)), reason)

/** The person uses the client, so the sign-in behind it is in use as well. */
export async function keepParentAlive(tx: Queryable, o: { parentId: string; idleTtlSeconds: number }): Promise<void> {
  await keepingAlive(tx, o.parentId, sql`${o.idleTtlSeconds}`)
}

const keepingAlive = (tx: Queryable, id: string, idleTtlSeconds: SQL) =>
  tx
    .update(sessions)
    .set({
      idleExpiresAt: sql`least(greatest(${sessions.idleExpiresAt},
        now() + make_interval(secs => ${idleTtlSeconds})), ${sessions.expiresAt})`,
    })
    .where(and(eq(sessions.id, id), eq(sessions.status, 'active')))

/** Stores a code and keeps the session alive whose person asked for it, in one statement. */
export async function insertCodeOfUse(system: Queryable, code: NewCode): Promise<void> {
  const lifetime = system.select({ seconds: clients.idleTtlSeconds }).from(clients).where(eq(clients.id, code.clientId))
  const kept = system
    .$with('kept')
    .as(keepingAlive(system, code.parentSessionId, sql`(${lifetime})`).returning({ id: sessions.id }))
  await system.with(kept).insert(oauthCodes).values(codeRow(code))
}

/** What decides whether a client's tokens count. */
export type LiveChild = Pick<Session, 'id' | 'userId' | 'clientId' | 'minVersion' | 'expiresAt'> & {
  parentId: string
  scope: string[]
  clientOrgId: string | null
}

/**
 * The session of a client's token while it, its person and its client are as they should be. Asked by the system role.
 */
export async function findLiveChild(system: Queryable, id: string): Promise<LiveChild | undefined> {
  const [row] = await system
    .select({
      id: sessions.id,
      userId: sessions.userId,
      clientId: sessions.clientId,
      minVersion: sessions.minVersion,
      expiresAt: sessions.expiresAt,
      parentId: sessions.parentId,
      scope: sessions.scope,
      clientOrgId: oauthClients.orgId,
    })
    .from(sessions)
    .innerJoin(oauthClients, and(eq(oauthClients.id, sessions.clientId), eq(oauthClients.status, 'active')))
    .innerJoin(userStates, and(eq(userStates.id, sessions.userId), eq(userStates.status, 'active')))
    .where(
      and(
        eq(sessions.id, id),
        eq(sessions.status, 'active'),
        sql`${sessions.userVersion} >= ${userStates.sessionsMinVersion}`,
        sql`${sessions.idleExpiresAt} > now()`,
        sql`${sessions.expiresAt} > now()`,
      ),
    )
  if (row === undefined) return undefined
  const { parentId, scope, ...rest } = row
  return parentId === null ? undefined : { ...rest, parentId, scope: scope ?? [] }
}

export type Child = Pick<Session, 'id' | 'userId' | 'clientId'> & { parentId: string }

/** A client's session, whether it is over or not. Asked by the system role. */
export async function findChild(system: Queryable, id: string): Promise<Child | undefined> {
  const [row] = await system
    .select({ id: sessions.id, userId: sessions.userId, clientId: sessions.clientId, parentId: sessions.parentId })
    .from(sessions)
    .where(eq(sessions.id, id))
  return row === undefined || row.parentId === null ? undefined : { ...row, parentId: row.parentId }
}

/** Whom to tell that a client's session has ended, where the client wants to be told. */
export type LogoutNotice = Pick<Session, 'id' | 'userId' | 'clientId'> & {
  uri: string
  idTokenAlg: (typeof oauthClients.$inferSelect)['idTokenAlg']
}

/** Undefined while the session is live, and for a client that wants no notice or is gone. Asked by the system role. */
export async function findLogoutNotice(system: Queryable, sessionId: string): Promise<LogoutNotice | undefined> {
  const [row] = await system
    .select({
      id: sessions.id,
      userId: sessions.userId,
      clientId: sessions.clientId,
      uri: oauthClients.backchannelLogoutUri,
      idTokenAlg: oauthClients.idTokenAlg,
    })
    .from(sessions)
    .innerJoin(oauthClients, and(eq(oauthClients.id, sessions.clientId), ne(oauthClients.status, 'deleted')))
    .where(and(eq(sessions.id, sessionId), eq(sessions.status, 'ended'), isNotNull(sessions.parentId)))
  return row === undefined || row.uri === null ? undefined : { ...row, uri: row.uri }
}
