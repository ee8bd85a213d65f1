/** Addresses that take no mail, each as a hash. */
import { createHash } from 'node:crypto'
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { normalizeEmailAddress } from '@gatehouse/service-kit/text/email-address'
import { sql } from 'drizzle-orm'
import { lockPerson } from './erased-people.ts'
import { utc } from './webhook-endpoints.ts'

export type Undeliverable = {
  id: string
  userId: string | null
  mail: string
  reason: string
  refusals: number
  firstAt: string
  lastAt: string
}

type Row = {
  id: string
  user_id: string | null
  mail: string
  reason: string
  refusals: string
  first_at: string
  last_at: string
}

const columns = sql`id, user_id, mail, reason, refusals,
  ${utc(sql`first_at`)} as first_at, ${utc(sql`last_at`)} as last_at`

const undeliverableOf = (row: Row): Undeliverable => ({
  id: typeIdOf('und', row.id),
  userId: row.user_id === null ? null : typeIdOf('user', row.user_id),
  mail: row.mail,
  reason: row.reason,
  refusals: Number(row.refusals),
  firstAt: row.first_at,
  lastAt: row.last_at,
})

const hashOf = (address: string): Buffer =>
  createHash('sha256')
    .update(normalizeEmailAddress(address) ?? address)
    .digest()

export async function isUndeliverable(db: Queryable, address: string): Promise<boolean> {
  const hash = hashOf(address)
  return rowsOf(await db.execute(sql`select from undeliverable_addresses where address_hash = ${hash}`)).length > 0
}

/** Counts one more refusal; undefined of a person who was erased, of whom nothing is kept. */
export async function recordRefusal(
  tx: Queryable,
  o: { address: string; userId: string | undefined; mail: string; reason: string },
): Promise<Undeliverable | undefined> {
  const user = o.userId === undefined ? null : uuidOf(o.userId, 'user')
  if (o.userId !== undefined) await lockPerson(tx, o.userId)
  const [row] = rowsOf<Row>(
    await tx.execute(sql`
      insert into undeliverable_addresses as u (id, address_hash, user_id, mail, reason)
      select ${uuidOf(newId('und'))}::uuid, ${hashOf(o.address)}::bytea, ${user}::uuid, ${o.mail}, ${o.reason}
      where not exists (select from erased_people e where e.user_id = ${user}::uuid)
      on conflict (address_hash) do update set user_id = coalesce(excluded.user_id, u.user_id), mail = excluded.mail,
        reason = excluded.reason, refusals = u.refusals + 1, last_at = now()
      returning ${columns}`),
  )
  return row && undeliverableOf(row)
}

/** The address took a mail; undefined when nothing spoke against it. */
export async function clearAddress(tx: Queryable, address: string): Promise<Undeliverable | undefined> {
  const [row] = rowsOf<Row>(
    await tx.execute(sql`
      delete from undeliverable_addresses where address_hash = ${hashOf(address)} returning ${columns}`),
  )
  return row && undeliverableOf(row)
}

export async function deleteUndeliverable(tx: Queryable, id: string): Promise<Undeliverable | undefined> {
  const [row] = rowsOf<Row>(
    await tx.execute(sql`delete from undeliverable_addresses where id = ${uuidOf(id, 'und')} returning ${columns}`),
  )
  return row && undeliverableOf(row)
}

/** Newest first, at most `limit`. */
export async function listUndeliverable(
  db: Queryable,
  o: { limit: number; beforeId: string | undefined; userId: string | undefined },
): Promise<Undeliverable[]> {
  const before = o.beforeId === undefined ? sql`` : sql`and id < ${uuidOf(o.beforeId, 'und')}`
  const ofPerson = o.userId === undefined ? sql`` : sql`and user_id = ${uuidOf(o.userId, 'user')}`
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select ${columns} from undeliverable_addresses
      where true ${before} ${ofPerson} order by id desc limit ${o.limit}`),
  )
  return rows.map(undeliverableOf)
}
