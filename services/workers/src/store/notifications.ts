/** Notifications, the preferences that choose them, and the daily mails they make due. */
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import type { NotificationKind } from '@gatehouse/contracts/http/workers/notifications'
import { sql } from 'drizzle-orm'
import type { Digest, DueDigest } from '../domain/digest.ts'
import { lockPerson, markErased } from './erased-people.ts'
import { utc } from './webhook-endpoints.ts'

/** The newest that a person keeps. */
export const mostKept = 500
const digestAfterHours = 24

type NewNotification = {
  userId: string
  eventId: string
  kind: NotificationKind
  isRequired: boolean
  data: Readonly<Record<string, unknown>>
  occurredAt: string
}

/** Keeps a notification as its person prefers it, once per event. Nobody who was erased is told anything. */
export async function insertNotification(tx: Queryable, o: NewNotification): Promise<void> {
  const user = uuidOf(o.userId, 'user')
  await lockPerson(tx, o.userId)
  await tx.execute(sql`
    with wanted as (
      select ${o.isRequired}::boolean or coalesce(p.in_app, true) as is_shown, coalesce(p.digest, false) as digest
      from (values (${user}::uuid)) as person (user_id)
      left join notification_preferences p on p.user_id = person.user_id and p.kind = ${o.kind}
      where not exists (select from erased_people e where e.user_id = person.user_id)
    ), told as (
      insert into notifications (id, user_id, event_id, kind, data, is_shown, occurred_at)
      select ${uuidOf(newId('ntf'))}::uuid, ${user}::uuid, ${uuidOf(o.eventId, 'evt')}::uuid, ${o.kind}::text,
        ${JSON.stringify(o.data)}::jsonb, is_shown, ${o.occurredAt}::timestamptz
      from wanted where is_shown or digest on conflict do nothing returning user_id
    )
    insert into notification_digests (user_id, since, due_at)
    select told.user_id, now(), now() + make_interval(hours => ${digestAfterHours}) from told, wanted where digest
    on conflict do nothing`)
  await tx.execute(sql`
    delete from notifications where user_id = ${user} and id <= (
      select id from notifications where user_id = ${user} order by id desc offset ${mostKept} limit 1)`)
}

/** Removes what is kept of a person, for good: what is still on its way to them tells nobody. */
export async function erasePerson(tx: Queryable, userId: string): Promise<void> {
  const user = uuidOf(userId, 'user')
  await markErased(tx, userId)
  await tx.execute(sql`delete from notifications where user_id = ${user}`)
  await tx.execute(sql`delete from notification_preferences where user_id = ${user}`)
  await tx.execute(sql`delete from notification_digests where user_id = ${user}`)
  await tx.execute(sql`delete from undeliverable_addresses where user_id = ${user}`)
}

export type StoredNotification = {
  id: string
  kind: NotificationKind
  data: Record<string, unknown>
  occurredAt: string
  readAt: string | null
}

type Row = {
  id: string
  kind: NotificationKind
  data: Record<string, unknown>
  occurred_at: string
  read_at: string | null
}

const columns = sql`id, kind, data, ${utc(sql`occurred_at`)} as occurred_at, ${utc(sql`read_at`)} as read_at`

const notificationOf = (row: Row): StoredNotification => ({
  id: typeIdOf('ntf', row.id),
  kind: row.kind,
  data: row.data,
  occurredAt: row.occurred_at,
  readAt: row.read_at,
})

/** Newest first, at most `limit`. */
export async function listNotifications(
  db: Queryable,
  o: { userId: string; limit: number; beforeId: string | undefined; isUnread: boolean | undefined },
): Promise<StoredNotification[]> {
  const before = o.beforeId === undefined ? sql`` : sql`and id < ${uuidOf(o.beforeId, 'ntf')}`
  const read = o.isUnread === undefined ? sql`` : o.isUnread ? sql`and read_at is null` : sql`and read_at is not null`
  const rows = rowsOf<Row>(
    await db.execute(sql`
      select ${columns} from notifications where user_id = ${uuidOf(o.userId, 'user')} and is_shown ${before} ${read}
      order by id desc limit ${o.limit}`),
  )
  return rows.map(notificationOf)
}

/** Where a listener goes on: the place of what they have, null when it is not kept, and that of the newest. */
export async function findPlace(
  db: Queryable,
  o: { userId: string; lastId: string | undefined },
): Promise<{ last: number | null; newest: number }> {
  const user = uuidOf(o.userId, 'user')
  const last = o.lastId === undefined ? null : uuidOf(o.lastId, 'ntf')
  const [row] = rowsOf<{ last: string | null; newest: string }>(
    await db.execute(sql`
      select (select seq from notifications where id = ${last}::uuid and user_id = ${user}) as last,
        coalesce((select max(seq) from notifications where user_id = ${user}), 0) as newest`),
  )
  const place = row?.last ?? null
  return { last: place === null ? null : Number(place), newest: Number(row?.newest ?? 0) }
}

export type Told = { userId: string; seq: number; notification: StoredNotification }

/** What each person was told after a place, oldest first. For the system role: whoever asks knows whose it is. */
export async function listTold(
  db: Queryable,
  { after, limit }: { after: readonly (readonly [userId: string, seq: number])[]; limit: number },
): Promise<Told[]> {
  const places = after.map(([userId, seq]) => ({ user_id: uuidOf(userId, 'user'), seq }))
  const rows = rowsOf<Row & { user_id: string; seq: string }>(
    await db.execute(sql`
      select ${columns}, n.user_id, n.seq
      from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as w (user_id uuid, seq bigint)
      cross join lateral (
        select * from notifications t where t.user_id = w.user_id and t.seq > w.seq and t.is_shown
        order by t.seq limit ${limit}) n
      order by n.seq limit ${limit}`),
  )
  return rows.map((row) => ({
    userId: typeIdOf('user', row.user_id),
    seq: Number(row.seq),
    notification: notificationOf(row),
  }))
}

export async function countUnread(db: Queryable, userId: string): Promise<number> {
  const [row] = rowsOf<{ count: number }>(
    await db.execute(sql`
      select count(*)::int as count from notifications
      where user_id = ${uuidOf(userId, 'user')} and is_shown and read_at is null`),
  )
  return row?.count ?? 0
}

/** Undefined when the person has no such notification. The first time it was read is kept. */
export async function setRead(
  db: Queryable,
  o: { userId: string; id: string; isRead: boolean },
): Promise<StoredNotification | undefined> {
  const [row] = rowsOf<Row>(
    await db.execute(sql`
      update notifications set read_at = case when ${o.isRead}::boolean then coalesce(read_at, now()) end
      where id = ${uuidOf(o.id, 'ntf')} and user_id = ${uuidOf(o.userId, 'user')} and is_shown returning ${columns}`),
  )
  return row && notificationOf(row)
}

/** @returns how many were unread */
export async function readAll(db: Queryable, o: { userId: string; upToId: string | undefined }): Promise<number> {
  const upTo = o.upToId === undefined ? sql`` : sql`and id <= ${uuidOf(o.upToId, 'ntf')}`
  const rows = rowsOf(
    await db.execute(sql`
      update notifications set read_at = now()
      where user_id = ${uuidOf(o.userId, 'user')} and is_shown and read_at is null ${upTo} returning 1`),
  )
  return rows.length
}

export type Preference = { kind: string; inApp: boolean; digest: boolean }

/** What the person has said; of a kind that is missing, nothing. */
export async function findPreferences(db: Queryable, userId: string): Promise<Preference[]> {
  const rows = rowsOf<{ kind: string; in_app: boolean; digest: boolean }>(
    await db.execute(sql`
      select kind, in_app, digest from notification_preferences where user_id = ${uuidOf(userId, 'user')}`),
  )
  return rows.map((row) => ({ kind: row.kind, inApp: row.in_app, digest: row.digest }))
}

/** A channel that is not named stays as it is. */
export async function keepPreference(
  db: Queryable,
  o: { userId: string; kind: NotificationKind; inApp: boolean | undefined; digest: boolean | undefined },
): Promise<void> {
  const [inApp, digest] = [o.inApp ?? null, o.digest ?? null]
  await db.execute(sql`
    insert into notification_preferences as p (user_id, kind, in_app, digest)
    values (${uuidOf(o.userId, 'user')}, ${o.kind}, coalesce(${inApp}::boolean, true),
      coalesce(${digest}::boolean, false))
    on conflict (user_id, kind) do update
      set in_app = coalesce(${inApp}::boolean, p.in_app), digest = coalesce(${digest}::boolean, p.digest)`)
}

/** Takes the mails that are due, so that of several replicas one sends each. */
export async function takeDueDigests(tx: Queryable, limit: number): Promise<DueDigest[]> {
  const rows = rowsOf<{ user_id: string; since: string; until: string }>(
    await tx.execute(sql`
      delete from notification_digests where user_id in (
        select user_id from notification_digests where due_at <= now() order by due_at limit ${limit}
        for update skip locked)
      returning user_id, ${utc(sql`since`)} as since, ${utc(sql`now()`)} as until`),
  )
  return rows.map((row) => ({ userId: typeIdOf('user', row.user_id), since: row.since, until: row.until }))
}

/** The unread notifications of a day that the person wants by mail: the newest of them, and how many there are. */
export async function findDigest(db: Queryable, o: DueDigest & { limit: number }): Promise<Digest> {
  const rows = rowsOf<{ kind: NotificationKind; data: Record<string, unknown>; count: number }>(
    await db.execute(sql`
      select n.kind, n.data, count(*) over ()::int as count from notifications n
      join notification_preferences p on p.user_id = n.user_id and p.kind = n.kind and p.digest
      where n.user_id = ${uuidOf(o.userId, 'user')} and n.read_at is null
        and n.created_at >= ${o.since}::timestamptz and n.created_at < ${o.until}::timestamptz
      order by n.id desc limit ${o.limit}`),
  )
  return { notices: rows.map(({ kind, data }) => ({ kind, data })), count: rows[0]?.count ?? 0 }
}

/** Forgets what is old; how many. */
export async function deleteOldNotifications(
  db: Queryable,
  { olderThanDays, limit }: { olderThanDays: number; limit: number },
): Promise<number> {
  const rows = rowsOf(
    await db.execute(sql`
      delete from notifications where id in (
        select id from notifications where created_at < now() - make_interval(days => ${olderThanDays})
        order by created_at limit ${limit}) returning 1`),
  )
  return rows.length
}
