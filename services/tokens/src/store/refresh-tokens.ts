/**
 * Refresh families and tokens. One conditional UPDATE (`claimRefreshToken`) decides who exchanges a token; nothing here reads a flag and sets it later.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { type Client, clientColumns } from './clients.ts'
import { clients, refreshFamilies, refreshTokens } from './schema.ts'

export type RefreshToken = typeof refreshTokens.$inferSelect
type NewRefreshToken = Pick<RefreshToken, 'id' | 'familyId' | 'sessionId' | 'userId' | 'clientId' | 'hash'> & {
  previousId: string | null
}

export async function insertFamily(
  tx: Queryable,
  family: { id: string; sessionId: string; userId: string; clientId: string },
): Promise<void> {
  await tx
    .insert(refreshFamilies)
    .values({ ...family, status: 'active', version: 1, createdAt: sql`now()`, sharedExchanges: 0 })
}

export async function insertRefreshToken(tx: Queryable, token: NewRefreshToken): Promise<void> {
  await tx.insert(refreshTokens).values({ ...token, createdAt: sql`clock_timestamp()`, repeatsElsewhere: 0 })
}

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

/** The token with all that decides about it, and the database's time; read under the lock of its session. */
export type TokenInFamily = {
  token: RefreshToken
  successorUsedAt: Date | null
  family: { status: 'active' | 'revoked'; version: number; sharedExchanges: number; sharedTokenId: string | null }
  client: Client
  now: Date
}

export async function getTokenInFamily(tx: Queryable, tokenId: string): Promise<TokenInFamily> {
  const successor = alias(refreshTokens, 'successor')
  const [row] = await tx
    .select({
      token: refreshTokens,
      successorUsedAt: successor.usedAt,
      family: {
        status: refreshFamilies.status,
        version: refreshFamilies.version,
        sharedExchanges: refreshFamilies.sharedExchanges,
        sharedTokenId: refreshFamilies.sharedTokenId,
      },
      client: clientColumns,
      nowMs: sql<string>`extract(epoch from clock_timestamp()) * 1000`,
    })
    .from(refreshTokens)
    .innerJoin(refreshFamilies, eq(refreshFamilies.id, refreshTokens.familyId))
    .innerJoin(clients, eq(clients.id, refreshTokens.clientId))
    .leftJoin(successor, eq(successor.id, refreshTokens.successorId))
    .where(eq(refreshTokens.id, tokenId))
  if (row === undefined) throw new Error('A refresh token lost its family')
  const { nowMs, ...rest } = row
  return { ...rest, now: new Date(Number(nowMs)) }
}

/**
 * Exchanges the token for `successorId` if nobody did: the winner is told, everybody else is not. `sealed` is what a repeat will get
 * until the grace is over; a grace of 0 keeps nothing.
 */
export async function claimRefreshToken(
  tx: Queryable,
  o: { id: string; successorId: string; sealed: Buffer; graceSeconds: number; by: { network: string; device: string } },
): Promise<boolean> {
  const [winner] = await tx
    .update(refreshTokens)
    .set({
      usedAt: sql`clock_timestamp()`,
      repeatUntil: sql`clock_timestamp() + make_interval(secs => ${o.graceSeconds})`,
      successorId: o.successorId,
      successorSealed: o.graceSeconds > 0 ? o.sealed : null,
      usedNetwork: o.by.network,
      usedDevice: o.by.device,
    })
    .where(and(eq(refreshTokens.id, o.id), isNull(refreshTokens.usedAt)))
    .returning({ id: refreshTokens.id })
  return winner !== undefined
}

/** The successor is in use: its sealed copy has done its duty. */
export async function eraseSealed(tx: Queryable, tokenId: string): Promise<void> {
  await tx
    .update(refreshTokens)
    .set({ successorSealed: null })
    .where(and(eq(refreshTokens.id, tokenId), isNotNull(refreshTokens.successorSealed)))
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

/** The family's next version, for the event that announces a rotation. `isAlone`: nobody else repeated the exchange before it. */
export async function advanceFamily(tx: Queryable, familyId: string, isAlone: boolean): Promise<number> {
  const [row] = await tx
    .update(refreshFamilies)
    .set({ version: sql`${refreshFamilies.version} + 1`, ...(isAlone && { sharedExchanges: 0 }) })
    .where(eq(refreshFamilies.id, familyId))
    .returning({ version: refreshFamilies.version })
  if (row === undefined) throw new Error('A refresh token lost its family')
  return row.version
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
