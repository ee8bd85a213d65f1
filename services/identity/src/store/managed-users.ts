/** People as operators list, disable and restore them. Only the system role sees everybody. */
import { isTypeId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'

export type ManagedUser = {
  id: string
  name: string
  address: string
  isEmailVerified: boolean
  status: 'active' | 'disabled'
  createdAt: string
  updatedAt: string
}

type Row = {
  id: string
  name: string
  address: string
  is_verified: boolean
  status: ManagedUser['status']
  created_at: string
  updated_at: string
}

const utc = (column: SQL): SQL => sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
const people = sql`
  select u.id, u.name, e.address, e.verified_at is not null as is_verified, u.status,
    ${utc(sql`u.created_at`)} as created_at, ${utc(sql`u.updated_at`)} as updated_at
  from users u join emails e on e.user_id = u.id`

const userOf = ({ id, is_verified, created_at, updated_at, ...row }: Row): ManagedUser => ({
  ...row,
  id: typeIdOf('user', id),
  isEmailVerified: is_verified,
  createdAt: created_at,
  updatedAt: updated_at,
})

export async function findManagedUser(db: Queryable, userId: string): Promise<ManagedUser | undefined> {
  const [row] = rowsOf<Row>(await db.execute(sql`${people} where u.id = ${uuidOf(userId, 'user')}`))
  return row && userOf(row)
}

export type UserFilter = {
  limit: number
  afterId: string | undefined
  /** An id, or the beginning of an address or a name. */
  search: string | undefined
  status: ManagedUser['status'] | undefined
}

/** Newest first, at most `limit`. Ids grow with the time they were made. */
export async function listManagedUsers(db: Queryable, o: UserFilter): Promise<ManagedUser[]> {
  const conditions = [
    ...(o.afterId === undefined ? [] : [sql`u.id < ${uuidOf(o.afterId, 'user')}`]),
    ...(o.status === undefined ? [] : [sql`u.status = ${o.status}`]),
    ...(o.search === undefined ? [] : [matching(o.search)]),
  ]
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
  const rows = rowsOf<Row>(await db.execute(sql`${people} ${where} order by u.id desc limit ${o.limit}`))
  return rows.map(userOf)
}

/** A union, so that each half is found by its own index. */
function matching(search: string): SQL {
  const isId: boolean = isTypeId('user', search)
  if (isId) return sql`u.id = ${uuidOf(search, 'user')}`
  const beginning = `${search
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`
  return sql`u.id in (
    select id from users where lower(name) like ${beginning}
    union select user_id from emails where normalized_address like ${beginning})`
}

export type Change = { kind: 'changed'; version: number } | { kind: 'unchanged' } | { kind: 'unknown' }

/** Disables an active person; every earlier access token and session is below the floors. */
export const disableUser = (db: Queryable, userId: string): Promise<Change> =>
  change(db, userId, {
    set: sql`status = 'disabled', min_version = version + 1, sessions_min_version = version + 1,
      floor_changed_at = now(), updated_at = now()`,
    from: sql`and status = 'active'`,
  })

/** Lets a disabled person in again; the floors stay. */
export const enableUser = (db: Queryable, userId: string): Promise<Change> =>
  change(db, userId, { set: sql`status = 'active', updated_at = now()`, from: sql`and status = 'disabled'` })

/** Voids every earlier access token and session. */
export const signOutUser = (db: Queryable, userId: string): Promise<Change> =>
  change(db, userId, {
    set: sql`min_version = version + 1, sessions_min_version = version + 1, floor_changed_at = now(),
      updated_at = now()`,
    from: sql``,
  })

/** A version of its own for what was done about a person. */
export const noteAboutUser = (db: Queryable, userId: string): Promise<Change> =>
  change(db, userId, { set: sql`updated_at = now()`, from: sql`` })

async function change(db: Queryable, userId: string, { set, from }: { set: SQL; from: SQL }): Promise<Change> {
  const id = uuidOf(userId, 'user')
  const stamp = sql`version = version + 1`
  const [row] = rowsOf<{ version: string }>(
    await db.execute(sql`update users set ${stamp}, ${set} where id = ${id} ${from} returning version`),
  )
  if (row !== undefined) return { kind: 'changed', version: Number(row.version) }
  const found = rowsOf(await db.execute(sql`select 1 from users where id = ${id}`))
  return { kind: found.length === 1 ? 'unchanged' : 'unknown' }
}
