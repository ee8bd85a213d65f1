/**
 * What the rules of alerts remember: observations of a window, devices of people, owners of organizations. Under the
 * system role.
 */
import { typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { WithClaim } from '@gatehouse/spine/consume/consumer'
import { sql, type SQL } from 'drizzle-orm'
import type { Condition } from '../alerts/rules.ts'
import { personLock } from './erased-people.ts'

/** What an event says to a rule, and the condition under which it is a finding. */
export type Note = { eventId: string; at: string; when: Condition }

/**
 * Notes what events say, in this order. @returns the places of those whose condition holds. Two notes under one key,
 * or of one person, take turns: of many at once one is the last, and it sees all of them.
 */
export async function noteFindings(tx: Queryable, notes: readonly Note[]): Promise<Set<number>> {
  if (notes.length === 0) return new Set()
  const rows = rowsOf<{ place: number }>(await tx.execute(sql`select place from ${noting(notes, true)}`))
  return new Set(rows.map(({ place }) => place))
}

/**
 * Where no condition holds, the events of `delivered d` are noted and claimed by one statement. The others are noted
 * anew where they are told of, which changes nothing.
 */
export const ofNoNews = (notes: readonly Note[]): WithClaim => ({
  only: sql`d.event_id not in (select event_id from ${noting(notes, false)})`,
})

const noting = (notes: readonly Note[], isTold: boolean): SQL =>
  sql`note_findings(${JSON.stringify(notes.map(rowOf))}::jsonb, ${isTold})`

function rowOf({ eventId, at, when }: Note, place: number): Record<string, unknown> {
  const row = { place, event_id: uuidOf(eventId, 'evt'), kind: when.kind, at }
  if (when.kind === 'unknown_device') {
    const userId = uuidOf(when.userId, 'user')
    return { ...row, locked: personLock(when.userId), user_id: userId, key: when.device }
  }
  const key = `${when.kind} ${when.key}`
  return {
    ...row,
    locked: `observed ${key}`,
    key,
    member: when.member,
    seconds: when.windowSeconds,
    at_least: when.atLeast,
  }
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

export const areOwnersLearned = async (db: Queryable): Promise<boolean> =>
  rowsOf(await db.execute(sql`select 1 from owners_learned`)).length > 0

export async function markOwnersLearned(db: Queryable): Promise<void> {
  await db.execute(sql`insert into owners_learned default values on conflict do nothing`)
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
