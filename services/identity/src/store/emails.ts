/**
 * Addresses. One mailbox has one row: the unique normalized form settles who registered it first,
 * and `verified_at` being set once settles which of several verification secrets was used.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import { eq, sql } from 'drizzle-orm'
import { emails } from './schema.ts'

export type NewEmail = { id: string; userId: string; address: string; normalizedAddress: string; isVerified: boolean }

/** Takes the address for this person; false when somebody has it. Waits for a transaction that is just taking it. */
export async function claimAddress(db: Queryable, { isVerified, ...email }: NewEmail): Promise<boolean> {
  const rows = await db
    .insert(emails)
    .values({ ...email, verifiedAt: isVerified ? sql`now()` : null })
    .onConflictDoNothing({ target: emails.normalizedAddress })
    .returning({ id: emails.id })
  return rows.length === 1
}

export type KnownEmail = { id: string; userId: string; verifiedAt: Date | null }

/** Holds the row, so that two requests about one address take turns. */
export async function lockEmailByAddress(db: Queryable, normalizedAddress: string): Promise<KnownEmail | undefined> {
  const rows = await db
    .select({ id: emails.id, userId: emails.userId, verifiedAt: emails.verifiedAt })
    .from(emails)
    .where(eq(emails.normalizedAddress, normalizedAddress))
    .for('update')
  return rows[0]
}

export type ProvenEmail = { emailId: string; userId: string }

/**
 * Verifies the address a live secret belongs to and spends the secret. One winner, whichever of the address's secrets come at once:
 * the losers wait for the row and then find it verified. `verificationId` is the registration whose mail it was.
 */
export async function claimEmailBySecret(
  db: Queryable,
  secretHash: Buffer,
): Promise<(ProvenEmail & { verificationId: string }) | undefined> {
  const claimed = await db.execute(sql`
    with verified as (
      update emails set verified_at = now()
      from email_verification_secrets s
      where s.secret_hash = ${secretHash} and s.expires_at > now() and s.email_id = emails.id and emails.verified_at is null
      returning emails.id, emails.user_id, s.verification_id
    ), spent as (
      update email_verification_secrets set used_at = now() where secret_hash = ${secretHash} and exists (select from verified)
    )
    select id, user_id, verification_id from verified`)
  const [row] = rowsOf<{ id: string; user_id: string; verification_id: string }>(claimed)
  return (
    row && {
      emailId: typeIdOf('eml', row.id),
      userId: typeIdOf('user', row.user_id),
      verificationId: typeIdOf('ver', row.verification_id),
    }
  )
}

/** Verifies an address that was registered and never proven; undefined when it is unknown, proven or of somebody disabled. */
export async function claimUnprovenEmail(db: Queryable, normalizedAddress: string): Promise<ProvenEmail | undefined> {
  const claimed = await db.execute(sql`
    update emails set verified_at = now() from users u
    where emails.normalized_address = ${normalizedAddress} and emails.verified_at is null and u.id = emails.user_id and u.status = 'active'
    returning emails.id, emails.user_id`)
  const [row] = rowsOf<{ id: string; user_id: string }>(claimed)
  return row && { emailId: typeIdOf('eml', row.id), userId: typeIdOf('user', row.user_id) }
}
