/** The keys of people's whereabouts in the audit trail: one per person, sealed, gone once the person is erased. */
import { sql } from 'drizzle-orm'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { SealedRow } from '@gatehouse/service-kit/secrets/reseal'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'

/** `isNew`: made by this transaction, so nobody knows yet whether it stays. `sealed`: null for an erased person. */
export type PersonKey = { userId: string; sealed: string | null; isNew: boolean }

/**
 * The keys of people, `offer`ed where there are none. A rival that makes one at the same time is waited for; everybody
 * makes keys in one order, so that two never wait for each other.
 */
export async function findOrKeepKeys(
  tx: Queryable,
  userIds: readonly string[],
  offer: (userId: string) => string,
): Promise<PersonKey[]> {
  const found = await listKeys(tx, userIds)
  const missing = without(userIds, found)
  if (missing.length === 0) return found
  const offers = JSON.stringify(missing.map((id) => ({ user_id: uuidOf(id, 'user'), sealed: offer(id) })))
  const kept = keysIn(
    await tx.execute(sql`
      insert into audit_person_keys (user_id, key_sealed)
      select user_id, sealed from jsonb_to_recordset(${offers}::jsonb) as offered (user_id uuid, sealed text)
      order by user_id
      on conflict do nothing returning user_id, key_sealed as sealed, true as is_new`),
  )
  const lost = without(missing, kept)
  return [...found, ...kept, ...(lost.length === 0 ? [] : await listKeys(tx, lost))]
}

async function listKeys(tx: Queryable, userIds: readonly string[]): Promise<PersonKey[]> {
  return keysIn(
    await tx.execute(sql`
      select k.user_id, k.key_sealed as sealed, false as is_new
      from jsonb_array_elements_text(${uuidsOf(userIds)}::jsonb) as wanted(id)
      join audit_person_keys k on k.user_id = wanted.id::uuid`),
  )
}

const uuidsOf = (userIds: readonly string[]): string => JSON.stringify(userIds.map((id) => uuidOf(id, 'user')))

function without(userIds: readonly string[], keys: readonly PersonKey[]): string[] {
  const known = new Set(keys.map(({ userId }) => userId))
  return userIds.filter((id) => !known.has(id))
}

const keysIn = (result: ArrayLike<Record<string, unknown>>): PersonKey[] =>
  rowsOf<{ user_id: string; sealed: string | null; is_new: boolean }>(result).map((row) => ({
    userId: typeIdOf('user', row.user_id),
    sealed: row.sealed,
    isNew: row.is_new,
  }))

/** The sealed keys of these people; erased people and strangers have none. */
export async function findKeys(db: Queryable, userIds: readonly string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map()
  const keys = await listKeys(db, userIds)
  return new Map(keys.flatMap(({ userId, sealed }) => (sealed === null ? [] : [[userId, sealed]])))
}

/** Destroys the keys of people for good, in the order of `findOrKeepKeys`: rows without keys stay. */
export async function destroyKeys(tx: Queryable, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return
  await tx.execute(sql`
    insert into audit_person_keys (user_id, key_sealed, destroyed_at)
    select distinct id::uuid, null::text, now() from jsonb_array_elements_text(${uuidsOf(userIds)}::jsonb) as gone(id)
    order by 1
    on conflict (user_id) do update
      set key_sealed = null, destroyed_at = coalesce(audit_person_keys.destroyed_at, now())`)
}

/** At most `limit` keys, of people after `afterId`, that are sealed under another key-encryption key than this one. */
export async function listKeysSealedOtherwise(
  db: Queryable,
  o: { keyId: string; afterId: string | undefined; limit: number },
): Promise<SealedRow[]> {
  const after = o.afterId === undefined ? sql`` : sql`and user_id > ${uuidOf(o.afterId, 'user')}`
  const rows = rowsOf<{ user_id: string; key_sealed: string }>(
    await db.execute(sql`
      select user_id, key_sealed from audit_person_keys
      where key_sealed is not null and split_part(key_sealed, '.', 2) <> ${o.keyId} ${after}
      order by user_id limit ${o.limit}`),
  )
  return rows.map((row) => ({ id: typeIdOf('user', row.user_id), sealed: row.key_sealed }))
}

/** Puts `to` in the place of what was read: a key that was destroyed meanwhile stays destroyed. */
export async function replaceSealedKey(db: Queryable, { id, sealed }: SealedRow, to: string): Promise<void> {
  await db.execute(sql`
    update audit_person_keys set key_sealed = ${to}
    where user_id = ${uuidOf(id, 'user')} and key_sealed = ${sealed}`)
}
