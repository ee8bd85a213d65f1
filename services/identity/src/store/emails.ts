/**
 * Addresses. One mailbox has one row: the unique normalized form settles who registered it first,
 * and `verified_at` being set once settles which of several proofs counted.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { emails } from './schema.ts'

export type NewEmail = { id: string; userId: string; address: string; normalizedAddress: string }

/**
 * Takes an address that counts as proven for this person; false when somebody has it. Waits for a transaction that is
 * just taking it.
 */
export async function claimProvenAddress(db: Queryable, email: NewEmail): Promise<boolean> {
  const rows = await db
    .insert(emails)
    .values({ ...email, verifiedAt: sql`now()` })
    .onConflictDoNothing({ target: emails.normalizedAddress })
    .returning({ id: emails.id })
  return rows.length === 1
}

export type RegisteredEmail = { id: string; userId: string; isNew: boolean }

/**
 * Takes the address for this person or finds whose it is; either way its row is locked, by one statement that costs the
 * same.
 */
export async function registerAddress(
  db: Queryable,
  { id, userId, address, normalizedAddress }: NewEmail,
): Promise<RegisteredEmail> {
  const [row] = rowsOf<{ id: string; user_id: string }>(
    await db.execute(sql`
      insert into emails (id, user_id, address, normalized_address)
      values (${uuidOf(id, 'eml')}, ${uuidOf(userId, 'user')}, ${address}, ${normalizedAddress})
      on conflict (normalized_address) do update set registered_at = now()
      returning id, user_id`),
  )
  if (row === undefined) throw new Error('An address was neither taken nor found')
  const found = { id: typeIdOf('eml', row.id), userId: typeIdOf('user', row.user_id) }
  return { ...found, isNew: found.id === id }
}

export type UnprovenEmail = { id: string; userId: string }

/** Holds the row of an address that nobody has proven, so that two requests about it take turns. */
export async function lockUnprovenEmail(db: Queryable, normalizedAddress: string): Promise<UnprovenEmail | undefined> {
  const rows = await db
    .select({ id: emails.id, userId: emails.userId })
    .from(emails)
    .where(and(eq(emails.normalizedAddress, normalizedAddress), isNull(emails.verifiedAt)))
    .for('update')
  return rows[0]
}

/** The person who has proven this address. */
export async function findUserIdByAddress(db: Queryable, normalizedAddress: string): Promise<string | undefined> {
  const rows = await db
    .select({ userId: emails.userId })
    .from(emails)
    .where(and(eq(emails.normalizedAddress, normalizedAddress), isNotNull(emails.verifiedAt)))
  return rows[0]?.userId
}

export type ProvableEmail = { emailId: string; userId: string; verificationId: string }

/**
 * Locks the unproven address that a live secret belongs to. Whichever secrets of the address come at once, one
 * transaction after another holds the row, and once the first has proven it the others find nothing. `verificationId`
 * is the registration whose mail it was.
 */
export async function lockEmailBySecret(db: Queryable, secretHash: Buffer): Promise<ProvableEmail | undefined> {
  const [row] = rowsOf<{ id: string; user_id: string; verification_id: string }>(
    await db.execute(sql`
      select e.id, e.user_id, s.verification_id
      from email_verification_secrets s join emails e on e.id = s.email_id join users u on u.id = e.user_id
      where s.secret_hash = ${secretHash} and s.expires_at > now() and e.verified_at is null and u.status = 'active'
      for update of e`),
  )
  return (
    row && {
      emailId: typeIdOf('eml', row.id),
      userId: typeIdOf('user', row.user_id),
      verificationId: typeIdOf('ver', row.verification_id),
    }
  )
}

/** Marks a locked address as proven and spends the secret that proved it. */
export async function proveEmail(
  db: Queryable,
  { emailId, secretHash }: { emailId: string; secretHash: Buffer },
): Promise<void> {
  await db.execute(sql`
    with spent as (update email_verification_secrets set used_at = now() where secret_hash = ${secretHash})
    update emails set verified_at = now() where id = ${uuidOf(emailId, 'eml')}`)
}

/**
 * Verifies an address that was registered and never proven; undefined when it is unknown, proven or of somebody
 * disabled.
 */
export async function claimUnprovenEmail(
  db: Queryable,
  normalizedAddress: string,
): Promise<{ emailId: string; userId: string } | undefined> {
  const claimed = await db.execute(sql`
    update emails set verified_at = now() from users u
    where emails.normalized_address = ${normalizedAddress} and emails.verified_at is null and u.id = emails.user_id
      and u.status = 'active'
    returning emails.id, emails.user_id`)
  const [row] = rowsOf<{ id: string; user_id: string }>(claimed)
  return row && { emailId: typeIdOf('eml', row.id), userId: typeIdOf('user', row.user_id) }
}
