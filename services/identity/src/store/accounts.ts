/** Everything a sign-in has to know about an address, in one look; and the password of a proven person. */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, sql } from 'drizzle-orm'
import { credentials } from './schema.ts'

/** A password that would be right. `verificationId` names the registration it waits in; undefined: it is the person's own. */
export type KnownPassword = { phc: string; verificationId: string | undefined }
export type Account = {
  userId: string
  version: number
  status: 'active' | 'disabled'
  isEmailVerified: boolean
  passwords: KnownPassword[]
}

/** Each costs a hash at sign-in. An older registration is still activated by its mail; only its password gives no challenge before. */
const registrationsAtSignIn = 3

type AccountRow = {
  id: string
  version: string
  status: Account['status']
  is_verified: boolean
  phc: string
  verification_id: string | null
}

/** The one password of a proven person, or those of the newest open registrations, newest first. */
export async function findAccountByAddress(db: Queryable, normalizedAddress: string): Promise<Account | undefined> {
  const rows = rowsOf<AccountRow>(
    await db.execute(sql`
      select u.id, u.version, u.status, e.verified_at is not null as is_verified, p.phc, p.verification_id
      from emails e join users u on u.id = e.user_id cross join lateral (
        select c.phc, null::uuid as verification_id, now() as registered_at from credentials c where c.user_id = u.id
        union all
        (select v.phc, v.id, v.registered_at from email_verifications v where v.email_id = e.id and v.phc is not null
          order by v.registered_at desc, v.id desc limit ${registrationsAtSignIn})
      ) p
      where e.normalized_address = ${normalizedAddress}
      order by p.registered_at desc, p.verification_id desc`),
  )
  const [row] = rows
  if (row === undefined) return undefined
  const passwords = rows.map(({ phc, verification_id: id }) => ({
    phc,
    verificationId: id === null ? undefined : typeIdOf('ver', id),
  }))
  return {
    userId: typeIdOf('user', row.id),
    version: Number(row.version),
    status: row.status,
    isEmailVerified: row.is_verified,
    passwords,
  }
}

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
