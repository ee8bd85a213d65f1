/**
 * What the rules of alerts remember: observations of a window, devices of people, owners of organizations. Under the
 * system role.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { sql, type SQL } from 'drizzle-orm'
import { lockPerson } from './erased-people.ts'

export type Observation = {
  /** What is observed, by which rule. */
  key: string
  eventId: string
  member: string
  /** When it happened; the windows are of this time, so a late event counts where it belongs. */
  at: string
}

const hashOf = (key: string): SQL => sql`sha256(convert_to(${key}::text, 'UTF8'))`

/** Two observations under one key take turns: of many at once one is the last, and it sees all of them. */
export async function noteObservation(tx: Queryable, o: Observation): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`observed ${o.key}`}, 0))`)
  await tx.execute(sql`
    insert into alert_observations (key, event_id, member, at)
    values (${hashOf(o.key)}, ${uuidOf(o.eventId, 'evt')}, ${o.member}, ${o.at}::timestamptz) on conflict do nothing`)
}

const within = (seconds: number): SQL => sql`make_interval(secs => ${seconds})`

/** Whether some window that holds `at` has so many different members. */
export async function hasManyMembers(
  tx: Queryable,
  o: { key: string; at: string; windowSeconds: number; atLeast: number },
): Promise<boolean> {
  const rows = rowsOf(
    await tx.execute(sql`
      select 1 from alert_observations last
      where last.key = ${hashOf(o.key)} and last.at >= ${o.at}::timestamptz
        and last.at <= ${o.at}::timestamptz + ${within(o.windowSeconds)}
        and (select count(distinct seen.member) from alert_observations seen
          where seen.key = last.key and seen.at > last.at - ${within(o.windowSeconds)}
            and seen.at <= last.at) >= ${o.atLeast}
      limit 1`),
  )
  return rows.length > 0
}

/** Whether a success at or after `at` has so many failures in the window before it. */
export async function hasSuccessAfterFailures(
  tx: Queryable,
  o: { key: string; at: string; windowSeconds: number; atLeast: number },
): Promise<boolean> {
  const rows = rowsOf(
    await tx.execute(sql`
      select 1 from alert_observations success
      where success.key = ${hashOf(o.key)} and success.member = 'success'
        and success.at >= ${o.at}::timestamptz and success.at <= ${o.at}::timestamptz + ${within(o.windowSeconds)}
        and (select count(*) from alert_observations failure
          where failure.key = success.key and failure.member = 'failure'
            and failure.at > success.at - ${within(o.windowSeconds)} and failure.at <= success.at) >= ${o.atLeast}
      limit 1`),
  )
  return rows.length > 0
}

const mostDevices = 50

/** Notes the device. @returns whether it is one of a person who has others */
export async function noteDevice(tx: Queryable, o: { userId: string; device: string }): Promise<boolean> {
  const user = uuidOf(o.userId, 'user')
  await lockPerson(tx, o.userId)
  const [row] = rowsOf<{ is_new: boolean; others: number }>(
    await tx.execute(sql`
      insert into known_devices as d (user_id, device) select ${user}::uuid, ${hashOf(o.device)}
      where not exists (select from erased_people e where e.user_id = ${user})
      on conflict (user_id, device) do update set seen_at = now()
      returning (xmax = 0) as is_new,
        (select count(*)::int from known_devices k where k.user_id = ${user} and k.device <> d.device) as others`),
  )
  if ((row?.others ?? 0) > mostDevices)
    await tx.execute(sql`
      delete from known_devices where (user_id, device) in (
        select user_id, device from known_devices where user_id = ${user} order by seen_at limit 1)`)
  return row !== undefined && row.is_new && row.others > 0
}

/** What orgs announced last counts, in whatever order it arrives. */
export async function keepOwner(
  tx: Queryable,
  o: { membershipId: string; orgId: string; userId: string; isOwner: boolean; version: number },
): Promise<void> {
  await tx.execute(sql`
    insert into organization_owners as k (membership_id, org_id, user_id, is_owner, version)
    values (${uuidOf(o.membershipId, 'mem')}, ${uuidOf(o.orgId, 'org')}, ${uuidOf(o.userId, 'user')}, ${o.isOwner},
      ${o.version})
    on conflict (membership_id) do update set is_owner = excluded.is_owner, version = excluded.version
      where k.version < excluded.version`)
}

export async function listOwners(tx: Queryable, orgId: string, limit: number): Promise<string[]> {
  const rows = rowsOf<{ user_id: string }>(
    await tx.execute(sql`
      select user_id from organization_owners where org_id = ${uuidOf(orgId, 'org')} and is_owner
      order by membership_id limit ${limit}`),
  )
  return rows.map((row) => typeIdOf('user', row.user_id))
}

/** Forgets observations whose windows are long over; how many. */
export async function deleteOldObservations(
  db: Queryable,
  { olderThanHours, limit }: { olderThanHours: number; limit: number },
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from alert_observations where (key, event_id) in (
        select key, event_id from alert_observations where noted_at < now() - make_interval(hours => ${olderThanHours})
        order by noted_at limit ${limit}) returning 1`),
  )
  return rows.length
}
