/** The rows of people. A version only grows, and whoever changes a row gets its new version back to announce. */
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { rowsOfText } from '@gatehouse/service-kit/postgres/transaction'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { eq, inArray, sql } from 'drizzle-orm'
import { emails, users } from './schema.ts'

/** A person with their one address, as profile and lists show it. */
export type Profile = {
  id: string
  name: string
  address: string
  isEmailVerified: boolean
  pictureUrl: string | null
  locale: string | null
  timeZone: string | null
  createdAt: Date
}

/** What a person may change of it; absent: as it was. */
export type ProfileChange = {
  name?: string | undefined
  pictureUrl?: string | null | undefined
  locale?: string | null | undefined
  timeZone?: string | null | undefined
}

const profileColumns = {
  id: users.id,
  name: users.name,
  address: emails.address,
  verifiedAt: emails.verifiedAt,
  pictureUrl: users.pictureUrl,
  locale: users.locale,
  timeZone: users.timeZone,
  createdAt: users.createdAt,
}

const profileOf = ({
  verifiedAt,
  ...row
}: Omit<Profile, 'isEmailVerified'> & { verifiedAt: Date | null }): Profile => ({
  ...row,
  isEmailVerified: verifiedAt !== null,
})

export async function insertUser(
  db: Queryable,
  user: {
    id: string
    name: string
    invitationId?: string | undefined
    locale?: string | undefined
    timeZone?: string | undefined
  },
): Promise<void> {
  await db.insert(users).values(user)
}

/** Stores the person, or nobody: the same statement for both, so that a known address costs what a new one does. */
export async function insertUserWhen(
  db: Queryable,
  { id, name, isWanted }: { id: string; name: string; isWanted: boolean },
): Promise<void> {
  await db.execute(
    sql`insert into users (id, name) select ${uuidOf(id, 'user')}::uuid, ${name} where ${isWanted}::boolean`,
  )
}

/** To build this text for each `GET /v1/me` was a tenth of what identity spent on one. */
const profileText = `
  select u.name, e.address, e.verified_at is not null as "isEmailVerified", u.picture_url as "pictureUrl", u.locale,
    u.time_zone as "timeZone", u.created_at as "createdAt"
  from users u join emails e on e.user_id = u.id
  where u.id = $1`

export async function findProfile(db: Queryable, userId: string): Promise<Profile | undefined> {
  const [row] = await rowsOfText<Omit<Profile, 'id' | 'createdAt'> & { createdAt: string }>(db, profileText, [
    uuidOf(userId, 'user'),
  ])
  return row && { ...row, id: userId, createdAt: new Date(row.createdAt) }
}

/** The known ones of `userIds`, in no order. */
export async function listProfiles(db: Queryable, userIds: readonly string[]): Promise<Profile[]> {
  if (userIds.length === 0) return []
  const rows = await db
    .select(profileColumns)
    .from(users)
    .innerJoin(emails, eq(emails.userId, users.id))
    .where(inArray(users.id, [...userIds]))
  return rows.map(profileOf)
}

export async function findUserIdByInvitation(db: Queryable, invitationId: string): Promise<string | undefined> {
  const rows = await db.select({ id: users.id }).from(users).where(eq(users.invitationId, invitationId))
  return rows[0]?.id
}

/** The new version, and what became different; undefined when nothing did or there is no such person. */
export async function claimProfile(
  db: Queryable,
  { userId, change }: { userId: string; change: ProfileChange },
): Promise<{ version: number; changed: string[] } | undefined> {
  const wanted = Object.entries(change).filter(
    (entry): entry is [keyof ProfileChange, string | null] => entry[1] !== undefined,
  )
  if (wanted.length === 0) return undefined
  const differing = sql.join(
    wanted.map(
      ([field, value]) =>
        sql`case when ${users[field]} is distinct from ${value}::text then ${fieldNames[field]}::text end`,
    ),
    sql`, `,
  )
  const [before] = await db
    .select({ changed: sql<string[]>`array_remove(array[${differing}], null)` })
    .from(users)
    .where(eq(users.id, userId))
    .for('no key update')
  if (before === undefined || before.changed.length === 0) return undefined
  return { version: await raiseVersion(db, userId, Object.fromEntries(wanted)), changed: before.changed }
}

/** As the wire says them. */
const fieldNames: Readonly<Record<keyof ProfileChange, string>> = {
  name: 'name',
  pictureUrl: 'picture_url',
  locale: 'locale',
  timeZone: 'time_zone',
}

/** The person becomes who proved the address. The new version. */
export async function activateUser(
  db: Queryable,
  { userId, name, invitationId }: { userId: string; name: string; invitationId: string | undefined },
): Promise<number> {
  const [row] = await db
    .update(users)
    .set({
      name,
      ...(invitationId !== undefined && { invitationId }),
      version: sql`${users.version} + 1`,
      updatedAt: sql`now()`,
    })
    .where(eq(users.id, userId))
    .returning({ version: users.version })
  if (row === undefined) throw new Error('A person disappeared while being changed')
  return row.version
}

/** A new version, for a change that ends nothing. */
export async function raiseVersion(
  db: Queryable,
  userId: string,
  change: { [field in keyof ProfileChange]: string | null } = {},
): Promise<number> {
  const [row] = await db
    .update(users)
    .set({ ...(change as { name?: string }), version: sql`${users.version} + 1`, updatedAt: sql`now()` })
    .where(eq(users.id, userId))
    .returning({ version: users.version })
  if (row === undefined) throw new Error('A person disappeared while being changed')
  return row.version
}

/**
 * The person's sessions begun with an earlier version are over; with `voidsTokens` every earlier access token is void
 * too. The new version, which is the floor; undefined when there is no such person.
 */
export async function raiseFloors(
  db: Queryable,
  { userId, voidsTokens }: { userId: string; voidsTokens: boolean },
): Promise<number | undefined> {
  const next = sql`${users.version} + 1`
  const [row] = await db
    .update(users)
    .set({
      version: next,
      sessionsMinVersion: next,
      ...(voidsTokens && { minVersion: next, floorChangedAt: sql`now()` }),
      updatedAt: sql`now()`,
    })
    .where(eq(users.id, userId))
    .returning({ version: users.version })
  return row?.version
}
