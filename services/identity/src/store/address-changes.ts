/**
 * Changes of address and the secrets of their links, kept as hashes. Whoever uses a secret holds the row of the
 * person, and the unique normalized address settles which of several people has it.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { eq, sql, type SQL } from 'drizzle-orm'
import { addressChanges } from './schema.ts'

export type Purpose = 'confirm' | 'undo'

type NewChange = { id: string; userId: string; address: string; normalizedAddress: string }

/** Stores the one open change of the person in place of an earlier one. */
export async function replaceOpenChange(db: Queryable, change: NewChange): Promise<void> {
  const userId = uuidOf(change.userId, 'user')
  // Two requests of one person take turns.
  await db.execute(sql`select 1 from users where id = ${userId} for update`)
  await db.execute(sql`delete from address_changes where user_id = ${userId} and confirmed_at is null`)
  await db.execute(sql`
    insert into address_changes (id, user_id, address, normalized_address)
    values (${uuidOf(change.id, 'emc')}, ${userId}, ${change.address}, ${change.normalizedAddress})`)
}

type NewSecret = { changeId: string; secretHash: Buffer; purpose: Purpose; ttlSeconds: number; undoSeconds: number }

/**
 * Stores a secret for the mail of this change; whom the mail goes to. Undefined, with nothing stored, when it is of
 * no use any more: replaced, confirmed, undone, too late, of somebody disabled, or because somebody has proven the
 * address.
 */
export async function insertChangeSecret(
  db: Queryable,
  { changeId, secretHash, purpose, ttlSeconds, undoSeconds }: NewSecret,
): Promise<{ address: string; name: string; locale: string | null } | undefined> {
  const [address, isDue] =
    purpose === 'confirm'
      ? [
          sql`c.address`,
          sql`c.confirmed_at is null and not exists (
            select from emails e where e.normalized_address = c.normalized_address and e.verified_at is not null)`,
        ]
      : [sql`c.old_address`, isUndoable(undoSeconds)]
  const life =
    purpose === 'confirm'
      ? sql`now() + make_interval(secs => ${ttlSeconds})`
      : sql`confirmed_at + make_interval(secs => ${undoSeconds})`
  const [row] = rowsOf<{ address: string; name: string; locale: string | null }>(
    await db.execute(sql`
      with due as (
        select c.id, c.user_id, c.confirmed_at, ${address} as address, u.name, u.locale from address_changes c
          join users u on u.id = c.user_id
        where c.id = ${uuidOf(changeId, 'emc')} and u.status = 'active' and ${isDue}
        for key share of c
      ), minted as (
        insert into address_change_secrets (secret_hash, change_id, user_id, purpose, expires_at)
        select ${secretHash}::bytea, id, user_id, ${purpose}, ${life} from due
      )
      select address, name, locale from due`),
  )
  return row
}

const isUndoable = (undoSeconds: number): SQL =>
  sql`c.confirmed_at > now() - make_interval(secs => ${undoSeconds}) and c.undone_at is null`

export type LockedChange = { id: string; userId: string }

/** Locks the active person of a live secret and gives the change it is of. Final until the transaction ends. */
export async function lockChangeBySecret(
  db: Queryable,
  { secretHash, purpose }: { secretHash: Buffer; purpose: Purpose },
): Promise<LockedChange | undefined> {
  const rows = rowsOf(
    await db.execute(sql`
      select 1 from users u
      where u.id = (select s.user_id from address_change_secrets s where s.secret_hash = ${secretHash})
        and u.status = 'active'
      for update of u`),
  )
  if (rows.length === 0) return undefined
  const [row] = rowsOf<{ change_id: string; user_id: string }>(
    await db.execute(sql`
      delete from address_change_secrets
      where secret_hash = ${secretHash} and purpose = ${purpose} and expires_at > now() returning change_id, user_id`),
  )
  return row && { id: typeIdOf('emc', row.change_id), userId: typeIdOf('user', row.user_id) }
}

/**
 * Gives the person the new address and keeps the old one with the change. False when the change is over.
 * @throws a unique violation of `emails_normalized_address` when somebody has the address
 */
export async function confirmChange(db: Queryable, { id, userId }: LockedChange): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      with old as (select address, normalized_address from emails where user_id = ${uuidOf(userId, 'user')}),
      confirmed as (
        update address_changes c set confirmed_at = now(), old_address = old.address,
          old_normalized_address = old.normalized_address
        from old where c.id = ${uuidOf(id, 'emc')} and c.confirmed_at is null
        returning c.user_id, c.address, c.normalized_address
      )
      update emails e set address = n.address, normalized_address = n.normalized_address, verified_at = now()
      from confirmed n where e.user_id = n.user_id returning 1`),
  )
  return rows.length === 1
}

/**
 * Gives the person the address of before this change back, with every later change undone as well. Throws as
 * `confirmChange` does.
 */
export async function undoChange(db: Queryable, { id, userId }: LockedChange): Promise<boolean> {
  const rows = rowsOf(
    await db.execute(sql`
      with undone as (
        update address_changes c set undone_at = now()
        where c.id = ${uuidOf(id, 'emc')} and c.confirmed_at is not null and c.undone_at is null
        returning c.user_id, c.old_address, c.old_normalized_address
      )
      update emails e set address = u.old_address, normalized_address = u.old_normalized_address, verified_at = now()
      from undone u where e.user_id = u.user_id returning 1`),
  )
  if (rows.length === 0) return false
  // What was changed or asked for after it was done by whoever the undoing is meant to stop.
  await db.execute(sql`
    delete from address_changes where user_id = ${uuidOf(userId, 'user')} and id > ${uuidOf(id, 'emc')}`)
  await db.execute(sql`delete from address_change_secrets where change_id = ${uuidOf(id, 'emc')}`)
  return true
}

/** Whoever only registered the address this change is about, and never proved it, leaves; the forgotten people. */
export async function removeUnprovenOwner(
  db: Queryable,
  changeId: string,
): Promise<{ userId: string; version: number } | undefined> {
  const [row] = rowsOf<{ id: string; version: string }>(
    await db.execute(sql`
      delete from users u using emails e, address_changes c
      where c.id = ${uuidOf(changeId, 'emc')}
        and e.normalized_address = coalesce(c.old_normalized_address, c.normalized_address)
        and e.verified_at is null and u.id = e.user_id and u.id <> c.user_id
      returning u.id, u.version`),
  )
  return row && { userId: typeIdOf('user', row.id), version: Number(row.version) }
}

/** Changes that can neither be confirmed nor undone any more; how many. */
export async function deleteOldChanges(
  db: Queryable,
  { olderThanSeconds, limit }: { olderThanSeconds: number; limit: number },
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from address_changes where ctid = any (array(
        select ctid from address_changes
          where coalesce(confirmed_at, requested_at) < now() - make_interval(secs => ${olderThanSeconds})
        limit ${limit} for update skip locked)) returning 1`),
  )
  return rows.length
}

/** Voids the change the person has asked for: whoever did may be whom a new password is meant to lock out. */
export async function deleteOpenChange(db: Queryable, userId: string): Promise<void> {
  await db.execute(sql`delete from address_changes where user_id = ${uuidOf(userId, 'user')} and confirmed_at is null`)
}

type KnownChange = { address: string; oldAddress: string | null; requestedAt: Date; confirmedAt: Date | null }

/** What is still known of a person's changes of address, oldest first. */
export async function listChangesOf(db: Queryable, userId: string): Promise<KnownChange[]> {
  const { address, oldAddress, requestedAt, confirmedAt } = addressChanges
  return db
    .select({ address, oldAddress, requestedAt, confirmedAt })
    .from(addressChanges)
    .where(eq(addressChanges.userId, userId))
    .orderBy(requestedAt)
}
