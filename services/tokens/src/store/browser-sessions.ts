/**
 * Sessions bound to a browser, by the hash of its cookie. One browser for each session: binding it anew makes the value
 * before worthless.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, sql } from 'drizzle-orm'
import { browserSessions, sessions } from './schema.ts'

export type BrowserSession = Pick<typeof browserSessions.$inferSelect, 'id' | 'sessionId' | 'userId'>

/** The session of a cookie that has not been ended. Asked by the system role: before this nobody knows the person. */
export async function findBrowserSession(system: Queryable, hash: Buffer): Promise<BrowserSession | undefined> {
  const [row] = await system
    .select({ id: browserSessions.id, sessionId: browserSessions.sessionId, userId: browserSessions.userId })
    .from(browserSessions)
    .innerJoin(sessions, and(eq(sessions.id, browserSessions.sessionId), eq(sessions.status, 'active')))
    .where(eq(browserSessions.hash, hash))
  return row
}

/** Under the lock of the session. */
export async function bindBrowser(
  tx: Queryable,
  o: { id: string; hash: Buffer; sessionId: string; userId: string },
): Promise<void> {
  await tx
    .insert(browserSessions)
    .values({ ...o, createdAt: sql`now()`, lastUsedAt: sql`now()` })
    .onConflictDoUpdate({ target: browserSessions.sessionId, set: { hash: o.hash, lastUsedAt: sql`now()` } })
}

/** Whether this hash is still the one of the session. Under the lock of the session. */
export async function isBoundTo(tx: Queryable, o: { sessionId: string; hash: Buffer }): Promise<boolean> {
  const found = await tx
    .select({ id: browserSessions.id })
    .from(browserSessions)
    .where(and(eq(browserSessions.sessionId, o.sessionId), eq(browserSessions.hash, o.hash)))
  return found.length > 0
}

export async function touchBrowser(tx: Queryable, sessionId: string): Promise<void> {
  await tx
    .update(browserSessions)
    .set({ lastUsedAt: sql`now()` })
    .where(eq(browserSessions.sessionId, sessionId))
}
