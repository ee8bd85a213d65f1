/** Rows that have outlived their use, removed a bounded number at a time so that no statement holds many of them. */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'

/** Sign-ins, secrets of mails, challenges of passkeys and remembered devices say until when they are of use. */
async function deleteExpired(db: Queryable, table: SQL, limit: number): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from ${table} where ctid = any (array(
        select ctid from ${table} where expires_at < now() order by expires_at limit ${limit})) returning 1`),
  )
  return rows.length
}

/** Sign-ins nobody can answer any more; how many. */
export const deleteExpiredSignIns = (db: Queryable, limit: number): Promise<number> =>
  deleteExpired(db, sql`sign_in_transactions`, limit)

/** Secrets of mails nobody can use any more; how many. */
export const deleteExpiredSecrets = (db: Queryable, limit: number): Promise<number> =>
  deleteExpired(db, sql`email_verification_secrets`, limit)

/** Challenges of passkeys nobody signed in time; how many. */
export const deleteExpiredPasskeyChallenges = (db: Queryable, limit: number): Promise<number> =>
  deleteExpired(db, sql`passkey_challenges`, limit)

/** Devices that are not remembered any more; how many. */
export const deleteExpiredRememberedDevices = (db: Queryable, limit: number): Promise<number> =>
  deleteExpired(db, sql`remembered_devices`, limit)

/** Enrollments of authenticator apps that nobody confirmed; how many. */
export async function deleteUnconfirmedTotp(db: Queryable, limit: number): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from totp_factors where ctid = any (array(
        select ctid from totp_factors where confirmed_at is null and created_at < now() - interval '1 day'
        order by created_at limit ${limit})) and confirmed_at is null returning 1`),
  )
  return rows.length
}

type Lifetime = { olderThanSeconds: number; limit: number }

/** Registrations that were never completed, with their names, passwords, handles and waiting sign-ins; how many. */
export async function deleteExpiredRegistrations(
  db: Queryable,
  { olderThanSeconds, limit }: Lifetime,
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from email_verifications where ctid = any (array(
        select ctid from email_verifications
        where proven_at is null and registered_at < now() - make_interval(secs => ${olderThanSeconds})
          and coalesce(mail_requested_at, registered_at) < now() - make_interval(secs => ${olderThanSeconds})
        order by registered_at limit ${limit} for update skip locked)) returning 1`),
  )
  return rows.length
}

export type ForgottenPerson = { userId: string; version: number }

/**
 * People who never proved their address and have no registration left, with the address. The rows of the addresses are
 * locked first, as a registration does.
 */
export async function deleteUnprovenPeople(
  db: Queryable,
  { olderThanSeconds, limit }: Lifetime,
): Promise<ForgottenPerson[]> {
  const rows = rowsOf<{ id: string; version: string }>(
    await db.execute(sql`
      with expired as materialized (
        select e.user_id from emails e
        where e.verified_at is null and e.registered_at < now() - make_interval(secs => ${olderThanSeconds})
          and not exists (select from email_verifications v where v.email_id = e.id)
        order by e.registered_at limit ${limit} for update skip locked
      )
      delete from users u using expired x where u.id = x.user_id returning u.id, u.version`),
  )
  return rows.map(({ id, version }) => ({ userId: typeIdOf('user', id), version: Number(version) }))
}

/** Resets whose mail is not sent any more and whose links are over; how many. */
export async function deleteExpiredResets(db: Queryable, { olderThanSeconds, limit }: Lifetime): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from password_resets where ctid = any (array(
        select ctid from password_resets where requested_at < now() - make_interval(secs => ${olderThanSeconds})
        order by requested_at limit ${limit} for update skip locked)) returning 1`),
  )
  return rows.length
}
