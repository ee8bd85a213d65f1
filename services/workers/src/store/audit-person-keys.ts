/** The keys of people's whereabouts in the audit trail: one per person, sealed, gone once the person is erased. */
import { sql } from 'drizzle-orm'
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import type { SealedRow } from '@gatehouse/service-kit/secrets/reseal'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'

/** `isNew`: made by this transaction, so nobody knows yet whether it stays. `sealed`: null for an erased person. */
export type PersonKey = { sealed: string | null; isNew: boolean }

/** The key of the person, `offered` where there is none. A rival that makes one at the same time is waited for. */
export async function findOrKeepKey(tx: Queryable, o: { userId: string; offered: string }): Promise<PersonKey> {
  const user = uuidOf(o.userId, 'user')
  const find = sql`select key_sealed as sealed, false as is_new from audit_person_keys where user_id = ${user}`
  const keep = sql`insert into audit_person_keys (user_id, key_sealed) values (${user}, ${o.offered})
    on conflict do nothing returning key_sealed as sealed, true as is_new`
  for (const statement of [find, keep, find]) {
    const [row] = rowsOf<{ sealed: string | null; is_new: boolean }>(await tx.execute(statement))
    if (row) return { sealed: row.sealed, isNew: row.is_new }
  }
  throw new Error('a key that was there is gone')
}

/** The sealed keys of these people; erased people and strangers have none. */
export async function findKeys(db: Queryable, userIds: readonly string[]): Promise<Map<string, string>> {
  if (userIds.length === 0) return new Map()
  const wanted = JSON.stringify(userIds.map((id) => uuidOf(id, 'user')))
  const rows = rowsOf<{ user_id: string; key_sealed: string }>(
    await db.execute(sql`
      select k.user_id, k.key_sealed from jsonb_array_elements_text(${wanted}::jsonb) as wanted(id)
      join audit_person_keys k on k.user_id = wanted.id::uuid where k.key_sealed is not null`),
  )
  return new Map(rows.map((row) => [typeIdOf('user', row.user_id), row.key_sealed]))
}

/** Destroys the key of a person for good: a row without a key stays, so that none is made again. */
export async function destroyKey(tx: Queryable, userId: string): Promise<void> {
  await tx.execute(sql`
    insert into audit_person_keys (user_id, key_sealed, destroyed_at) values (${uuidOf(userId, 'user')}, null, now())
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
