/**
 * Refresh families and tokens. One SQL function (`claimExchange`) decides who exchanges a token; nothing here reads a
 * flag and sets it later.
 */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { builtOnce } from '@gatehouse/service-kit/postgres/built-once'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { UsableMembership } from '../domain/choose-organization.ts'
import { type Client, clientColumns } from './clients.ts'
import { factorRoles, requiresMfa, type UserState } from './projections.ts'
import {
  clients,
  membershipStates,
  organizationStates,
  refreshFamilies,
  refreshTokens,
  sessions,
  userStates,
} from './schema.ts'
import type { Session } from './sessions.ts'

export type RefreshToken = typeof refreshTokens.$inferSelect

/** Whose token this is. Asked by the system role: before this nobody knows the person. */
export async function findRefreshTokenByHash(
  system: Queryable,
  hash: Buffer,
): Promise<{ id: string; sessionId: string; userId: string } | undefined> {
  const [row] = await system
    .select({ id: refreshTokens.id, sessionId: refreshTokens.sessionId, userId: refreshTokens.userId })
    .from(refreshTokens)
    .where(eq(refreshTokens.hash, hash))
  return row
}

/** What a refresh token is bound to: the key of its client (RFC 9449 §5) and resource servers (RFC 8707), if any. */
export type Binding = { jkt: string | null; resources: string[] | null }

/** Undefined where there is no such token. */
export async function findBinding(system: Queryable, hash: Buffer): Promise<Binding | undefined> {
  const [row] = await system
    .select({ jkt: refreshFamilies.jkt, resources: sessions.resources })
    .from(refreshTokens)
    .innerJoin(refreshFamilies, eq(refreshFamilies.id, refreshTokens.familyId))
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.hash, hash))
  return row
}

/**
 * What a presented token is about, in one look without any lock: enough to decide the usual case, in which the token is
 * unused.
 */
export type Presented = TokenInFamily & {
  session: Session
  user: UserState | null
  /** Of the named organization, else of the one the session was last used for. */
  membership: UsableMembership | undefined
}

const membershipColumns = {
  membershipId: membershipStates.id,
  membershipVersion: membershipStates.version,
  organizationId: organizationStates.id,
  organizationVersion: organizationStates.version,
  requiresMfa,
  factorRoles,
  accessRules: organizationStates.accessRules,
}

const tokenInFamily = {
  token: refreshTokens,
  family: { status: refreshFamilies.status, sharedExchanges: refreshFamilies.sharedExchanges },
  client: clientColumns,
  nowMs: sql<string>`extract(epoch from clock_timestamp()) * 1000`,
}

/** `organizationId`: the one that is asked for, as a UUID; null: the last used. */
const presentedOnce = builtOnce((system) =>
  system
    .select({
      ...tokenInFamily,
      successorUsedAt: sql<null>`null`,
      session: sessions,
      user: userStates,
      ...membershipColumns,
    })
    .from(refreshTokens)
    .innerJoin(refreshFamilies, eq(refreshFamilies.id, refreshTokens.familyId))
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(clients, eq(clients.id, refreshTokens.clientId))
    .leftJoin(userStates, eq(userStates.id, refreshTokens.userId))
    .leftJoin(
      membershipStates,
      and(
        eq(membershipStates.userId, refreshTokens.userId),
        eq(
          membershipStates.organizationId,
          sql`coalesce(${sql.placeholder('organizationId')}::uuid, ${sessions.lastOrganizationId})`,
        ),
        eq(membershipStates.status, 'active'),
      ),
    )
    .leftJoin(
      organizationStates,
      and(eq(organizationStates.id, membershipStates.organizationId), eq(organizationStates.status, 'active')),
    )
    .where(eq(refreshTokens.hash, sql.placeholder('hash')))
    .limit(1)
    .prepare('presented'),
)

/** @param o.organizationId - the one that is asked for; undefined: the last used */
export async function findPresented(
  system: Queryable,
  o: { hash: Buffer; organizationId: string | undefined },
): Promise<Presented | undefined> {
  const wanted = o.organizationId === undefined ? null : uuidOf(o.organizationId, 'org')
  const [row] = await presentedOnce(system).execute({ hash: o.hash, organizationId: wanted })
  if (row === undefined) return undefined
  const { nowMs, membershipId, membershipVersion, organizationId, organizationVersion, ...others } = row
  const { requiresMfa: strict, factorRoles: roles, accessRules, ...rest } = others
  const found = {
    membershipId,
    membershipVersion,
    organizationId,
    organizationVersion,
    requiresMfa: strict,
    factorRoles: roles,
    accessRules,
  }
  return { ...rest, now: new Date(Number(nowMs)), membership: isUsable(found) ? found : undefined }
}

type Joined = { [field in keyof UsableMembership]: UsableMembership[field] | null }

/** Both the membership and its organization were found. */
const isUsable = (joined: Joined): joined is UsableMembership =>
  joined.membershipId !== null && joined.organizationId !== null

/** The token with all that decides about it, and the database's time; read under the lock of its session. */
export type TokenInFamily = {
  token: RefreshToken
  successorUsedAt: Date | null
  family: { status: 'active' | 'revoked'; sharedExchanges: number }
  client: Client
  now: Date
}

export async function getTokenInFamily(tx: Queryable, tokenId: string): Promise<TokenInFamily> {
  const successor = alias(refreshTokens, 'successor')
  const [row] = await tx
    .select({ ...tokenInFamily, successorUsedAt: successor.usedAt })
    .from(refreshTokens)
    .innerJoin(refreshFamilies, eq(refreshFamilies.id, refreshTokens.familyId))
    .innerJoin(clients, eq(clients.id, refreshTokens.clientId))
    .leftJoin(successor, eq(successor.id, refreshTokens.successorId))
    .where(eq(refreshTokens.id, tokenId))
  if (row === undefined) throw new Error('A refresh token lost its family')
  const { nowMs, ...rest } = row
  return { ...rest, now: new Date(Number(nowMs)) }
}

export type Exchange = {
  user: { id: string; version: number }
  session: { id: string; version: number }
  tokenId: string
  successor: { id: string; hash: Buffer; sealed: Buffer }
  graceSeconds: number
  by: { network: string; device: string }
  clientAddress: string | undefined
  idleExpiresAt: Date
  organizationId: string | null
}

/**
 * Exchanges the token for its successor if session, person and token still are what they were when it was decided: the
 * winner is told, everybody else is not. One statement, whose function sets the scope itself and locks the session; a
 * grace of 0 keeps no sealed copy.
 */
export async function claimExchange(db: Queryable, o: Exchange): Promise<boolean> {
  const { user, session, successor, by } = o
  const [row] = rowsOf<{ won: boolean }>(
    await db.execute(sql`
      select exchange_refresh_token(${uuidOf(user.id, 'user')}::uuid, ${user.version}::bigint,
        ${uuidOf(session.id, 'ses')}::uuid, ${session.version}::bigint,
        ${uuidOf(o.tokenId, 'rt')}::uuid, ${uuidOf(successor.id, 'rt')}::uuid, ${successor.hash}::bytea,
          ${o.graceSeconds > 0 ? successor.sealed : null}::bytea,
        ${o.graceSeconds}::int, ${by.network}::text, ${by.device}::text, ${o.clientAddress ?? null}::text,
          ${o.idleExpiresAt.toISOString()}::timestamptz,
        ${o.organizationId === null ? null : uuidOf(o.organizationId, 'org')}::uuid) as won`),
  )
  return row?.won === true
}

/** Erases every sealed copy whose grace is over; how many. */
export async function eraseOverdueSeals(system: Queryable): Promise<number> {
  const erased = await system
    .update(refreshTokens)
    .set({ successorSealed: null })
    .where(and(isNotNull(refreshTokens.successorSealed), sql`${refreshTokens.repeatUntil} < clock_timestamp()`))
    .returning({ id: refreshTokens.id })
  return erased.length
}

/** Counts a repeat from elsewhere; how many of this token there are now. */
export async function countRepeatElsewhere(tx: Queryable, tokenId: string): Promise<number> {
  const [row] = await tx
    .update(refreshTokens)
    .set({ repeatsElsewhere: sql`${refreshTokens.repeatsElsewhere} + 1` })
    .where(eq(refreshTokens.id, tokenId))
    .returning({ count: refreshTokens.repeatsElsewhere })
  return row?.count ?? 0
}

/** Counts one more exchange that was repeated from elsewhere; the family's next version and the count. */
export async function countSharedExchange(
  tx: Queryable,
  o: { familyId: string; tokenId: string },
): Promise<{ version: number; sharedExchanges: number }> {
  const [row] = await tx
    .update(refreshFamilies)
    .set({
      version: sql`${refreshFamilies.version} + 1`,
      sharedExchanges: sql`${refreshFamilies.sharedExchanges} + 1`,
      sharedTokenId: o.tokenId,
    })
    .where(eq(refreshFamilies.id, o.familyId))
    .returning({ version: refreshFamilies.version, sharedExchanges: refreshFamilies.sharedExchanges })
  if (row === undefined) throw new Error('A refresh token lost its family')
  return row
}

/** Voids the refresh tokens of a session that goes on without them. */
export async function closeFamiliesOf(tx: Queryable, sessionId: string): Promise<void> {
  await tx
    .update(refreshFamilies)
    .set({ status: 'revoked', revokedAt: sql`clock_timestamp()`, version: sql`${refreshFamilies.version} + 1` })
    .where(and(eq(refreshFamilies.sessionId, sessionId), eq(refreshFamilies.status, 'active')))
}

/** Revokes the family if it is still active; its new version, or undefined when somebody was faster. */
export async function claimFamilyRevocation(tx: Queryable, familyId: string): Promise<number | undefined> {
  const [row] = await tx
    .update(refreshFamilies)
    .set({ status: 'revoked', revokedAt: sql`clock_timestamp()`, version: sql`${refreshFamilies.version} + 1` })
    .where(and(eq(refreshFamilies.id, familyId), eq(refreshFamilies.status, 'active')))
    .returning({ version: refreshFamilies.version })
  return row?.version
}
