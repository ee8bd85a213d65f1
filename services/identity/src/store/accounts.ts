/** Everything a sign-in has to know about an address, in one look; and the password of a proven person. */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, sql } from 'drizzle-orm'
import { credentials, users } from './schema.ts'

/** The open registration of an address whose password a sign-in may present. */
export type OpenRegistration = { verificationId: string; phc: string }
export type Account = {
  userId: string
  version: number
  status: 'active' | 'disabled'
  isEmailVerified: boolean
  /** The person's own password; undefined while nobody has proven the address. */
  password: { phc: string; changedAt: string } | undefined
  registration: OpenRegistration | undefined
}

type AccountRow = {
  id: string
  version: string
  status: Account['status']
  is_verified: boolean
  own_phc: string | null
  changed_at: string | null
  verification_id: string | null
  registration_phc: string | null
}

type Lookup = { normalizedAddress: string; handleHash: Buffer | undefined }

/**
 * The account of an address with the password of the person and that of one open registration: the one of the handle,
 * else the newest. One, because each password that is tried costs a hash, and every sign-in that fails tries equally
 * many.
 */
export async function findAccountByAddress(
  db: Queryable,
  { normalizedAddress, handleHash }: Lookup,
): Promise<Account | undefined> {
  const [row] = rowsOf<AccountRow>(
    await db.execute(sql`
      select u.id, u.version, u.status, e.verified_at is not null as is_verified, c.phc as own_phc,
        c.changed_at::text as changed_at,
        r.id as verification_id, r.phc as registration_phc
      from emails e join users u on u.id = e.user_id left join credentials c on c.user_id = u.id left join lateral (
        select v.id, v.phc from email_verifications v
        where v.email_id = e.id and v.phc is not null
        order by exists (select from registration_handles h where h.verification_id = v.id
          and h.handle_hash = ${handleHash ?? null}::bytea) desc,
          v.registered_at desc, v.id desc
        limit 1
      ) r on true
      where e.normalized_address = ${normalizedAddress}`),
  )
  return row && accountOf(row)
}

const accountOf = (row: AccountRow): Account => ({
  userId: typeIdOf('user', row.id),
  version: Number(row.version),
  status: row.status,
  isEmailVerified: row.is_verified,
  password: row.own_phc === null ? undefined : { phc: row.own_phc, changedAt: row.changed_at ?? '' },
  registration:
    row.verification_id === null || row.registration_phc === null
      ? undefined
      : { verificationId: typeIdOf('ver', row.verification_id), phc: row.registration_phc },
})

export async function insertCredential(db: Queryable, credential: { userId: string; phc: string }): Promise<void> {
  await db.insert(credentials).values(credential)
}

/** The same password under stronger parameters; nothing happens when the password was changed meanwhile. */
export async function claimRehash(
  db: Queryable,
  { userId, from, to }: { userId: string; from: string; to: string },
): Promise<boolean> {
  const rows = await db
    .update(credentials)
    .set({ phc: to })
    .where(and(eq(credentials.userId, userId), eq(credentials.phc, from)))
    .returning({ userId: credentials.userId })
  return rows.length === 1
}

/**
 * Replaces the password, where `from` is given only while it is the one set at that moment. When it was replaced;
 * undefined when somebody was faster.
 */
export async function claimNewPassword(
  db: Queryable,
  { userId, phc, from }: { userId: string; phc: string; from: string | undefined },
): Promise<string | undefined> {
  const [row] = await db
    .update(credentials)
    .set({ phc, changedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(credentials.userId, userId),
        from === undefined ? undefined : sql`${credentials.changedAt} = ${from}::timestamptz`,
      ),
    )
    .returning({ changedAt: sql<string>`${credentials.changedAt}::text` })
  return row?.changedAt
}

/** Whether an active person has a password; undefined for nobody, and for somebody who may not sign in. */
export async function findPasswordOf(db: Queryable, userId: string): Promise<{ hasPassword: boolean } | undefined> {
  const [row] = await db
    .select({ phc: credentials.phc })
    .from(users)
    .leftJoin(credentials, eq(credentials.userId, users.id))
    .where(and(eq(users.id, userId), eq(users.status, 'active')))
  return row && { hasPassword: row.phc !== null }
}

/** When the person set the password they have. */
export async function findPasswordChange(db: Queryable, userId: string): Promise<Date | undefined> {
  const [row] = await db
    .select({ changedAt: credentials.changedAt })
    .from(credentials)
    .where(eq(credentials.userId, userId))
  return row?.changedAt
}
