/** Requested verification mails and the secrets minted for them. A secret lives 24 h by database time and is kept only as its hash. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, eq, lt, sql } from 'drizzle-orm'
import { emails, emailVerifications, emailVerificationSecrets, users } from './schema.ts'

export async function insertVerification(db: Queryable, verification: { id: string; userId: string; emailId: string }): Promise<void> {
  await db.insert(emailVerifications).values(verification)
}

/** Whether a mail for this address was asked for within the last `withinSeconds`. Meaningful while the address row is locked. */
export async function isVerificationRecent(db: Queryable, { emailId, withinSeconds }: { emailId: string; withinSeconds: number }): Promise<boolean> {
  const rows = await db
    .select({ id: emailVerifications.id })
    .from(emailVerifications)
    .where(and(eq(emailVerifications.emailId, emailId), sql`${emailVerifications.requestedAt} > now() - make_interval(secs => ${withinSeconds})`))
    .limit(1)
  return rows.length > 0
}

export type Recipient = { userId: string; emailId: string; address: string; name: string; isDue: boolean }

/** Whom a requested mail goes to; `isDue` is false once the address is verified or the person disabled. */
export async function findRecipient(db: Queryable, verificationId: string): Promise<Recipient | undefined> {
  const [row] = await db
    .select({ userId: users.id, emailId: emails.id, address: emails.address, name: users.name, status: users.status, verifiedAt: emails.verifiedAt })
    .from(emailVerifications)
    .innerJoin(emails, eq(emails.id, emailVerifications.emailId))
    .innerJoin(users, eq(users.id, emailVerifications.userId))
    .where(eq(emailVerifications.id, verificationId))
  if (row === undefined) return undefined
  const { status, verifiedAt, ...recipient } = row
  return { ...recipient, isDue: status === 'active' && verifiedAt === null }
}

type NewSecret = { secretHash: Buffer; verificationId: string; userId: string; emailId: string; ttlSeconds: number }

/** Stores a secret and drops the expired ones of the same address. */
export async function insertVerificationSecret(db: Queryable, { ttlSeconds, ...secret }: NewSecret): Promise<void> {
  await db.delete(emailVerificationSecrets).where(and(eq(emailVerificationSecrets.emailId, secret.emailId), lt(emailVerificationSecrets.expiresAt, sql`now()`)))
  await db.insert(emailVerificationSecrets).values({ ...secret, expiresAt: sql`now() + make_interval(secs => ${ttlSeconds})` })
}
