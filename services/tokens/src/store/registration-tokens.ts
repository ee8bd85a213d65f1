/** Tokens that register clients. A use is one conditional update, so two at once never share the last one. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, desc, eq, gt, lt, sql } from 'drizzle-orm'
import { oauthRegistrationTokens as tokens } from './oauth-client-schema.ts'

export type RegistrationToken = typeof tokens.$inferSelect

export async function insertRegistrationToken(
  tx: Queryable,
  o: Pick<RegistrationToken, 'id' | 'hash' | 'name' | 'usesLeft' | 'createdBy'> & { lifetimeSeconds: number },
): Promise<RegistrationToken> {
  const { lifetimeSeconds, ...row } = o
  const [made] = await tx
    .insert(tokens)
    .values({ ...row, expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`, createdAt: sql`now()` })
    .returning()
  return made as RegistrationToken
}

/** Newest first; ids grow with creation time. */
export const listRegistrationTokens = (
  tx: Queryable,
  o: { limit: number; beforeId: string | undefined },
): Promise<RegistrationToken[]> =>
  tx
    .select()
    .from(tokens)
    .where(o.beforeId === undefined ? undefined : lt(tokens.id, o.beforeId))
    .orderBy(desc(tokens.id))
    .limit(o.limit)

export async function deleteRegistrationToken(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.delete(tokens).where(eq(tokens.id, id)).returning({ id: tokens.id })).length > 0
}

const usable = (hash: Buffer) => and(eq(tokens.hash, hash), gt(tokens.usesLeft, 0), gt(tokens.expiresAt, sql`now()`))

export async function isUsable(system: Queryable, hash: Buffer): Promise<boolean> {
  return (await system.select({ id: tokens.id }).from(tokens).where(usable(hash))).length > 0
}

/** Uses it once; undefined when it is over. */
export async function claimRegistration(tx: Queryable, hash: Buffer): Promise<string | undefined> {
  const [row] = await tx
    .update(tokens)
    .set({ usesLeft: sql`${tokens.usesLeft} - 1` })
    .where(usable(hash))
    .returning({ id: tokens.id })
  return row?.id
}
