/**
 * Registrations of addresses, each with the name and password that only its own client can activate, their handles,
 * and the secrets of their mails. A registration is open while it has its password. Secrets and handles are kept only
 * as their hashes.
 */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { and, eq, lt, sql } from 'drizzle-orm'
import { emails, emailVerifications, emailVerificationSecrets, users } from './schema.ts'

export type Registration = {
  id: string
  userId: string
  emailId: string
  name: string
  phc: string
  source: string
}

/** The open registration that a new one may repeat: the newest of its address. */
export async function findNewestRegistration(
  db: Queryable,
  normalizedAddress: string,
): Promise<{ id: string; phc: string } | undefined> {
  const [row] = rowsOf<{ id: string; phc: string }>(
    await db.execute(sql`
      select v.id, v.phc from email_verifications v join emails e on e.id = v.email_id
      where e.normalized_address = ${normalizedAddress} and v.phc is not null
      order by v.registered_at desc, v.id desc limit 1`),
  )
  return row && { id: typeIdOf('ver', row.id), phc: row.phc }
}

type NewRegistration = Registration & { handleHash: Buffer; repeatedId: string | undefined }

/**
 * Stores a registration with the handle of its client, unless it repeats `repeatedId` and that one is still open:
 * then only the handle. The id of the registration the handle belongs to. One statement either way: what was
 * registered before never shows in the work.
 */
export async function insertRegistration(
  db: Queryable,
  { repeatedId, handleHash, ...given }: NewRegistration,
): Promise<string> {
  const [row] = rowsOf<{ verification_id: string }>(
    await db.execute(sql`
      with repeated as (
        select id from email_verifications
        where id = ${repeatedId === undefined ? null : uuidOf(repeatedId, 'ver')}::uuid and phc is not null
      ), made as (
        insert into email_verifications (id, user_id, email_id, name, phc, source)
        select ${uuidOf(given.id, 'ver')}::uuid, ${uuidOf(given.userId, 'user')}::uuid,
          ${uuidOf(given.emailId, 'eml')}::uuid,
          ${given.name}, ${given.phc}, ${given.source}
        where not exists (select from repeated)
        returning id
      )
      insert into registration_handles (handle_hash, verification_id)
      select ${handleHash}::bytea, id from (select id from made union all select id from repeated) r
      returning verification_id`),
  )
  if (row === undefined) throw new Error('A registration was neither stored nor found')
  return typeIdOf('ver', row.verification_id)
}

/** What decides whether a link alone may activate the registration's password. */
export type OpenRegistration = {
  name: string
  phc: string
  source: string
  /** Whether the caller holds a handle of this registration. */
  isOwnHandle: boolean
  /** Of this address, with other passwords. */
  otherRegistrations: number
}

/** The registration while it is open; undefined once it is settled. Final while the address row is locked. */
export async function findOpenRegistration(
  db: Queryable,
  { verificationId, handleHash }: { verificationId: string; handleHash: Buffer | undefined },
): Promise<OpenRegistration | undefined> {
  const [row] = rowsOf<{ name: string; phc: string; source: string; is_own: boolean; others: string }>(
    await db.execute(sql`
      select v.name, v.phc, v.source,
        exists (select from registration_handles h where h.verification_id = v.id
          and h.handle_hash = ${handleHash ?? null}::bytea) as is_own,
        (select count(*) from email_verifications o where o.email_id = v.email_id and o.id <> v.id) as others
      from email_verifications v where v.id = ${uuidOf(verificationId, 'ver')} and v.phc is not null`),
  )
  if (row === undefined) return undefined
  const { is_own: isOwnHandle, others, ...registration } = row
  return { ...registration, isOwnHandle, otherRegistrations: Number(others) }
}

/** Name and address that the mail of this secret was sent for; undefined when it is unknown, expired or used. */
export async function findMailedRegistration(
  db: Queryable,
  secretHash: Buffer,
): Promise<{ name: string; address: string } | undefined> {
  const [row] = await db
    .select({ name: emailVerifications.name, address: emails.address })
    .from(emailVerificationSecrets)
    .innerJoin(emailVerifications, eq(emailVerifications.id, emailVerificationSecrets.verificationId))
    .innerJoin(emails, eq(emails.id, emailVerificationSecrets.emailId))
    .where(
      and(
        eq(emailVerificationSecrets.secretHash, secretHash),
        sql`${emailVerificationSecrets.expiresAt} > now()`,
        sql`${emails.verifiedAt} is null`,
      ),
    )
  return row && row.name !== null ? { name: row.name, address: row.address } : undefined
}

/** Closes a registration whose password has become the person's own, and lets its waiting sign-ins go on. */
export async function closeProvenRegistration(db: Queryable, id: string): Promise<void> {
  await db
    .update(emailVerifications)
    .set({ name: null, phc: null, provenAt: sql`now()` })
    .where(eq(emailVerifications.id, id))
}

type MailWanted = {
  /** Undefined for an address without a row: nothing is found by the same statement. */
  emailId: string | undefined
  handleHash: Buffer | undefined
  cooldownSeconds: number
  /** So many mails go to one address within a cooldown. */
  mailsPerCooldown: number
  /** Whether the registration waits for the cooldown of its own last mail, as a resend does. */
  isResend: boolean
  /** False: nothing may be sent, whatever is found. */
  isAllowed: boolean
}

/**
 * Notes that a mail is asked for: that of the registration of the handle, else of the newest. With a handle
 * `mailsPerCooldown` registrations of the address have theirs sent; without one any mail to the address within the
 * cooldown is enough. The new version of the verification; undefined when no mail is due. Final while the address row
 * is locked.
 */
export async function claimMail(
  db: Queryable,
  { emailId, handleHash, cooldownSeconds, mailsPerCooldown, isResend, isAllowed }: MailWanted,
): Promise<{ id: string; version: number } | undefined> {
  const isRecent = sql`coalesce(mail_requested_at > now() - make_interval(secs => ${cooldownSeconds}), false)`
  const [row] = rowsOf<{ id: string; version: string }>(
    await db.execute(sql`
      with asked as (
        select v.id, ${isRecent} as is_recent,
          exists (select from registration_handles h where h.verification_id = v.id
            and h.handle_hash = ${handleHash ?? null}::bytea) as is_own,
          (select count(*) from email_verifications where email_id = v.email_id and ${isRecent}) as recent
        from email_verifications v
        where v.email_id = ${emailId === undefined ? null : uuidOf(emailId, 'eml')}::uuid and v.phc is not null
        order by is_own desc, v.registered_at desc, v.id desc limit 1
      )
      update email_verifications v set version = version + 1, mail_requested_at = now() from asked
      where v.id = asked.id and ${isAllowed}::boolean
        and case when is_own then not (is_recent and ${isResend}::boolean)
        and recent < ${mailsPerCooldown} + is_recent::int else recent = 0 end
      returning v.id, v.version`),
  )
  return row && { id: typeIdOf('ver', row.id), version: Number(row.version) }
}

export type Recipient = { userId: string; emailId: string; address: string; name: string; isDue: boolean }

/**
 * Whom a requested mail goes to, by the name of its registration; `isDue` is false once the address is verified or
 * the person disabled.
 */
export async function findRecipient(db: Queryable, verificationId: string): Promise<Recipient | undefined> {
  const [row] = await db
    .select({
      userId: users.id,
      emailId: emails.id,
      address: emails.address,
      name: emailVerifications.name,
      status: users.status,
      verifiedAt: emails.verifiedAt,
    })
    .from(emailVerifications)
    .innerJoin(emails, eq(emails.id, emailVerifications.emailId))
    .innerJoin(users, eq(users.id, emailVerifications.userId))
    .where(eq(emailVerifications.id, verificationId))
  if (row === undefined) return undefined
  const { status, name, verifiedAt, ...recipient } = row
  return { ...recipient, name: name ?? '', isDue: status === 'active' && name !== null && verifiedAt === null }
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
