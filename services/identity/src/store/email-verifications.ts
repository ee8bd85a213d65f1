/**
 * Registrations of unproven addresses, each with the name and password that its own mail activates, and the secrets minted for those mails.
 * A registration is open while it has its password. A secret lives 24 h by database time and is kept only as its hash.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { and, desc, eq, gt, isNotNull, lt, sql } from 'drizzle-orm'
import { emails, emailVerifications, emailVerificationSecrets, users } from './schema.ts'

export type Registration = { id: string; userId: string; emailId: string; name: string; phc: string }

export async function insertRegistration(db: Queryable, registration: Registration): Promise<void> {
  await db.insert(emailVerifications).values(registration)
}

/** What the registration asked for; undefined once the address is settled. Final while the address row is locked. */
export async function findOpenRegistration(
  db: Queryable,
  id: string,
): Promise<{ name: string; phc: string } | undefined> {
  const [row] = await db
    .select({ name: emailVerifications.name, phc: emailVerifications.phc })
    .from(emailVerifications)
    .where(eq(emailVerifications.id, id))
  return row && row.name !== null && row.phc !== null ? { name: row.name, phc: row.phc } : undefined
}

export async function findNewestRegistration(db: Queryable, emailId: string): Promise<{ id: string } | undefined> {
  const rows = await db
    .select({ id: emailVerifications.id })
    .from(emailVerifications)
    .where(and(eq(emailVerifications.emailId, emailId), isNotNull(emailVerifications.phc)))
    .orderBy(desc(emailVerifications.registeredAt), desc(emailVerifications.id))
    .limit(1)
  return rows[0]
}

/** Ends every registration of the address: none keeps a password, and only `provenId` (absent: none) lets its waiting sign-ins go on. */
export async function settleRegistrations(
  db: Queryable,
  { emailId, provenId }: { emailId: string; provenId: string | undefined },
): Promise<void> {
  await db.update(emailVerifications).set({ name: null, phc: null }).where(eq(emailVerifications.emailId, emailId))
  if (provenId !== undefined)
    await db
      .update(emailVerifications)
      .set({ provenAt: sql`now()` })
      .where(eq(emailVerifications.id, provenId))
}

/** How many registrations of this address had their mail asked for within the last `withinSeconds`. Meaningful while the address row is locked. */
export function countRecentMails(
  db: Queryable,
  { emailId, withinSeconds }: { emailId: string; withinSeconds: number },
): Promise<number> {
  const isRecent = gt(emailVerifications.mailRequestedAt, sql`now() - make_interval(secs => ${withinSeconds})`)
  return db.$count(emailVerifications, and(eq(emailVerifications.emailId, emailId), isRecent))
}

/** Notes that the mail is asked for (again); the new version of the verification. */
export async function countMail(db: Queryable, id: string): Promise<number> {
  const [row] = await db
    .update(emailVerifications)
    .set({ version: sql`${emailVerifications.version} + 1`, mailRequestedAt: sql`now()` })
    .where(eq(emailVerifications.id, id))
    .returning({ version: emailVerifications.version })
  if (row === undefined) throw new Error('A registration disappeared while its mail was asked for')
  return row.version
}

export type Recipient = { userId: string; emailId: string; address: string; name: string; isDue: boolean }

/** Whom a requested mail goes to, by the name of its registration; `isDue` is false once the address is verified or the person disabled. */
export async function findRecipient(db: Queryable, verificationId: string): Promise<Recipient | undefined> {
  const [row] = await db
    .select({
      userId: users.id,
      emailId: emails.id,
      address: emails.address,
      name: emailVerifications.name,
      status: users.status,
    })
    .from(emailVerifications)
    .innerJoin(emails, eq(emails.id, emailVerifications.emailId))
    .innerJoin(users, eq(users.id, emailVerifications.userId))
    .where(eq(emailVerifications.id, verificationId))
  if (row === undefined) return undefined
  const { status, name, ...recipient } = row
  return { ...recipient, name: name ?? '', isDue: status === 'active' && name !== null }
}

type NewSecret = { secretHash: Buffer; verificationId: string; userId: string; emailId: string; ttlSeconds: number }

/** Stores a secret and drops the expired ones of the same address. */
export async function insertVerificationSecret(db: Queryable, { ttlSeconds, ...secret }: NewSecret): Promise<void> {
  await db
    .delete(emailVerificationSecrets)
    .where(
      and(eq(emailVerificationSecrets.emailId, secret.emailId), lt(emailVerificationSecrets.expiresAt, sql`now()`)),
    )
  await db
    .insert(emailVerificationSecrets)
    .values({ ...secret, expiresAt: sql`now() + make_interval(secs => ${ttlSeconds})` })
}
