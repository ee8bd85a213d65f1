/**
 * Passkeys and the challenges given out for them. Using a challenge deletes it; a signature counter is moved by
 * compare-and-set.
 */
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, asc, eq, sql } from 'drizzle-orm'
import { passkeyChallenges, passkeys } from './schema.ts'

export type Passkey = typeof passkeys.$inferSelect

type NewChallenge = {
  challengeHash: Buffer
  purpose: 'registration' | 'authentication'
  /** Whose; undefined for whoever has a discoverable credential. */
  userId?: string
  /** The sign-in whose step it is. */
  signInId?: string
}

const challengeTtlSeconds = 300

export async function insertPasskeyChallenge(db: Queryable, challenge: NewChallenge): Promise<void> {
  await db
    .insert(passkeyChallenges)
    .values({ ...challenge, expiresAt: sql`now() + make_interval(secs => ${challengeTtlSeconds})` })
}

/** Uses a challenge of exactly this purpose, person and sign-in; of several at once one gets true. */
export async function claimPasskeyChallenge(
  db: Queryable,
  { challengeHash, purpose, userId, signInId }: NewChallenge,
): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from passkey_challenges
      where challenge_hash = ${challengeHash}::bytea and purpose = ${purpose} and expires_at > now()
        and user_id is not distinct from ${userId === undefined ? null : uuidOf(userId, 'user')}::uuid
        and sign_in_id is not distinct from ${signInId === undefined ? null : uuidOf(signInId, 'sin')}::uuid
      returning 1`),
  )
  return rows.length === 1
}

type NewPasskey = Pick<
  Passkey,
  'userId' | 'credentialId' | 'publicKey' | 'signCount' | 'isBackedUp' | 'transports' | 'name'
>

/** Undefined when somebody has this credential already. */
export async function insertPasskey(db: Queryable, passkey: NewPasskey): Promise<Passkey | undefined> {
  const [row] = await db
    .insert(passkeys)
    .values({ id: newId('pky'), ...passkey })
    .onConflictDoNothing({ target: passkeys.credentialId })
    .returning()
  return row
}

/** All of a person, oldest first: there are few. */
export async function listPasskeys(db: Queryable, userId: string): Promise<Passkey[]> {
  return await db
    .select()
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(asc(passkeys.createdAt), asc(passkeys.id))
}

export async function findPasskeyByCredential(db: Queryable, credentialId: Buffer): Promise<Passkey | undefined> {
  const [row] = await db.select().from(passkeys).where(eq(passkeys.credentialId, credentialId))
  return row
}

type Use = { credentialId: Buffer; userId: string; signCount: number; isBackedUp: boolean }

/**
 * Notes a use whose counter has moved on, or that has none (§6.1.1: 0 after 0). False when it has not, which says that
 * the credential was copied, or when the passkey was removed.
 */
export async function claimPasskeyUse(
  db: Queryable,
  { credentialId, userId, signCount, isBackedUp }: Use,
): Promise<boolean> {
  const rows = await db
    .update(passkeys)
    .set({ signCount, isBackedUp, lastUsedAt: sql`now()` })
    .where(
      and(
        eq(passkeys.credentialId, credentialId),
        eq(passkeys.userId, userId),
        sql`(${passkeys.signCount} < ${signCount} or (${passkeys.signCount} = 0 and ${signCount} = 0))`,
      ),
    )
    .returning({ id: passkeys.id })
  return rows.length === 1
}

type Owned = { userId: string; id: string }

export async function renamePasskey(
  db: Queryable,
  { userId, id, name }: Owned & { name: string },
): Promise<Passkey | undefined> {
  const [row] = await db
    .update(passkeys)
    .set({ name })
    .where(and(eq(passkeys.id, id), eq(passkeys.userId, userId)))
    .returning()
  return row
}

/** Under the lock of the person. `last_way_in`: there is neither a password nor another passkey. */
export async function deletePasskey(
  db: Queryable,
  { userId, id }: Owned,
): Promise<'deleted' | 'not_found' | 'last_way_in'> {
  const [row] = rowsOf<{ is_theirs: boolean; is_last: boolean }>(
    await db.execute(sql`
      with asked as (
        select p.id, not exists (select from credentials c where c.user_id = p.user_id)
          and not exists (select from passkeys o where o.user_id = p.user_id and o.id <> p.id) as is_last
        from passkeys p where p.id = ${uuidOf(id, 'pky')} and p.user_id = ${uuidOf(userId, 'user')}
      ), gone as (
        delete from passkeys p using asked a where p.id = a.id and not a.is_last
      )
      select true as is_theirs, is_last from asked`),
  )
  if (row === undefined) return 'not_found'
  return row.is_last ? 'last_way_in' : 'deleted'
}

/** The person a passkey signs in, under their lock; undefined for somebody who may not sign in. */
export async function lockPasskeyOwner(
  tx: Queryable,
  userId: string,
): Promise<{ userVersion: number; passwordChangedAt: string | undefined } | undefined> {
  const [row] = rowsOf<{ version: string; changed_at: string | null }>(
    await tx.execute(sql`
      select u.version, (select c.changed_at::text from credentials c where c.user_id = u.id) as changed_at
      from users u where u.id = ${uuidOf(userId, 'user')} and u.status = 'active' for no key update of u`),
  )
  if (row === undefined) return undefined
  return { userVersion: Number(row.version), passwordChangedAt: row.changed_at ?? undefined }
}
