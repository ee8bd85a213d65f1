/**
 * The views other services rebuild from: who exists in which version, and which floors still matter. Read page by page
 * inside one transaction.
 */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql } from 'drizzle-orm'

export type UserState = {
  kind: 'user'
  id: string
  version: number
  min_version: number
  sessions_min_version: number
  status: 'active' | 'disabled'
  email_verified: boolean
}
export type UserFloor = { kind: 'user'; id: string; min_version: number }

/** Longer than an access token lives plus the clock leeway of whoever verifies it. */
const floorWindowMinutes = 10
const pageSize = 1000
const firstUuid = '00000000-0000-0000-0000-000000000000'

type StateRow = {
  id: string
  version: string
  min_version: string
  sessions_min_version: string
  status: 'active' | 'disabled'
  email_verified: boolean
}

/** Every person, ordered by id. Who was erased is there as somebody who may not sign in. */
export async function* streamUserStates(db: Queryable): AsyncGenerator<UserState> {
  for (let after = firstUuid; ;) {
    const rows = rowsOf<StateRow>(
      await db.execute(sql`
        select u.id, u.version, u.min_version, u.sessions_min_version, u.status, exists (select from emails e
          where e.user_id = u.id and e.verified_at is not null) as email_verified
        from (
          select id, version, min_version, sessions_min_version, status from users
          union all select id, version, version, version, 'disabled' from erased_users
        ) u where u.id > ${after}::uuid order by u.id limit ${pageSize}`),
    )
    for (const { id, version, min_version: floor, sessions_min_version: ofSessions, status, email_verified } of rows) {
      yield {
        kind: 'user',
        id: typeIdOf('user', id),
        version: Number(version),
        min_version: Number(floor),
        sessions_min_version: Number(ofSessions),
        status,
        email_verified,
      }
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageSize) return
    after = last.id
  }
}

/** Floors raised so recently that a token minted below one could still be alive. */
export async function listRecentFloors(db: Queryable): Promise<UserFloor[]> {
  const rows = rowsOf<{ id: string; min_version: string }>(
    await db.execute(
      sql`
        select id, min_version from users where floor_changed_at > now() - make_interval(mins => ${floorWindowMinutes})
        union all
        select id, version from erased_users where erased_at > now() - make_interval(mins => ${floorWindowMinutes})`,
    ),
  )
  return rows.map(({ id, min_version: floor }) => ({
    kind: 'user',
    id: typeIdOf('user', id),
    min_version: Number(floor),
  }))
}
