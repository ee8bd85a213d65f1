/**
 * Forgotten passwords: the mails that were asked for and the secrets of their links, kept as hashes. Whoever uses a
 * secret or replaces a password holds the row of the person, so of several at once one is first, and it removes all of
 * them.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { eq, sql } from 'drizzle-orm'
import { passwordResets } from './schema.ts'

type WantedReset = {
  id: string
  normalizedAddress: string
  cooldownSeconds: number
  /** So many mails go to one person within a cooldown. */
  mailsPerCooldown: number
  /** False: nothing may be sent, whatever is found. */
  isAllowed: boolean
}

/**
 * Notes that a mail is asked for; the person it goes to, undefined when none follows. The same statement for every
 * address.
 */
export async function claimReset(db: Queryable, wanted: WantedReset): Promise<string | undefined> {
  const { id, normalizedAddress, cooldownSeconds, mailsPerCooldown, isAllowed } = wanted
  const [row] = rowsOf<{ user_id: string }>(
    await db.execute(sql`
      insert into password_resets (id, user_id, email_id)
      select ${uuidOf(id, 'rst')}::uuid, u.id, e.id
      from emails e join users u on u.id = e.user_id join credentials c on c.user_id = u.id
      where e.normalized_address = ${normalizedAddress} and e.verified_at is not null and u.status = 'active'
        and ${isAllowed}::boolean
        and ${mailsPerCooldown} > (select count(*) from password_resets r
          where r.user_id = u.id and r.requested_at > now() - make_interval(secs => ${cooldownSeconds}))
      returning user_id`),
  )
  return row && typeIdOf('user', row.user_id)
}

type NewSecret = { resetId: string; secretHash: Buffer; ttlSeconds: number; maxAgeSeconds: number }

/**
 * Stores a secret for the mail of this reset; whom the mail goes to. Undefined, with nothing stored, once the reset is
 * over: used, made void by a new password, older than `maxAgeSeconds`, or of somebody disabled.
 */
export async function insertResetSecret(
  db: Queryable,
  { resetId, secretHash, ttlSeconds, maxAgeSeconds }: NewSecret,
): Promise<{ address: string; name: string; locale: string | null } | undefined> {
  const [row] = rowsOf<{ address: string; name: string; locale: string | null }>(
    await db.execute(sql`
      with due as (
        select r.id, r.user_id, e.address, u.name, u.locale
        from password_resets r join users u on u.id = r.user_id join emails e on e.id = r.email_id
        where r.id = ${uuidOf(resetId, 'rst')} and u.status = 'active' and e.verified_at is not null
          and r.requested_at > now() - make_interval(secs => ${maxAgeSeconds})
        for key share of r
      ), minted as (
        insert into password_reset_secrets (secret_hash, reset_id, user_id, expires_at)
        select ${secretHash}::bytea, id, user_id, now() + make_interval(secs => ${ttlSeconds}) from due
      )
      select address, name, locale from due`),
  )
  return row
}

/** The person a live secret is of, with the words their password must not consist of. */
export async function findPersonByResetSecret(
  db: Queryable,
  secretHash: Buffer,
): Promise<{ name: string; address: string } | undefined> {
  const [row] = rowsOf<{ name: string; address: string }>(
    await db.execute(sql`
      select u.name, e.address
      from password_reset_secrets s join users u on u.id = s.user_id join emails e on e.user_id = u.id
      where s.secret_hash = ${secretHash} and s.expires_at > now() and u.status = 'active'`),
  )
  return row
}

/** Locks the active person of a secret, before anything is said about the secret itself. */
export async function lockPersonByResetSecret(db: Queryable, secretHash: Buffer): Promise<string | undefined> {
  const [row] = rowsOf<{ id: string }>(
    await db.execute(sql`
      select u.id from users u
      where u.id = (select s.user_id from password_reset_secrets s where s.secret_hash = ${secretHash})
        and u.status = 'active'
      for update of u`),
  )
  return row && typeIdOf('user', row.id)
}

/** Spends a live secret; false when it is expired or was removed. Final while the person's row is locked. */
export async function claimResetSecret(db: Queryable, secretHash: Buffer): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(
      sql`delete from password_reset_secrets where secret_hash = ${secretHash} and expires_at > now() returning 1`,
    ),
  )
  return rows.length === 1
}

/** Voids every link and every mail still to come of the person. */
export async function deleteResetsOf(db: Queryable, userId: string): Promise<void> {
  await db.delete(passwordResets).where(eq(passwordResets.userId, userId))
}
