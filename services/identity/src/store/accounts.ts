/** Everything a sign-in has to know about an address, in one look; and the password, which only this file reads or writes. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq } from 'drizzle-orm'
import { credentials, emails, users } from './schema.ts'

export type Account = { userId: string; version: number; status: 'active' | 'disabled'; isEmailVerified: boolean; phc: string }

export async function findAccountByAddress(db: Queryable, normalizedAddress: string): Promise<Account | undefined> {
  const [row] = await db
    .select({ userId: users.id, version: users.version, status: users.status, verifiedAt: emails.verifiedAt, phc: credentials.phc })
    .from(emails)
    .innerJoin(users, eq(users.id, emails.userId))
    .innerJoin(credentials, eq(credentials.userId, users.id))
    .where(eq(emails.normalizedAddress, normalizedAddress))
  if (row === undefined) return undefined
  const { verifiedAt, ...account } = row
  return { ...account, isEmailVerified: verifiedAt !== null }
}

export async function insertCredential(db: Queryable, credential: { userId: string; phc: string }): Promise<void> {
  await db.insert(credentials).values(credential)
}

/** The same password under stronger parameters; nothing happens when the password was changed meanwhile. */
export async function claimRehash(db: Queryable, { userId, from, to }: { userId: string; from: string; to: string }): Promise<boolean> {
  const rows = await db
    .update(credentials)
    .set({ phc: to })
    .where(and(eq(credentials.userId, userId), eq(credentials.phc, from)))
    .returning({ userId: credentials.userId })
  return rows.length === 1
}
