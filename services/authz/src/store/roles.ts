/** Roles over time: a change closes the current row, conditional on its version, and inserts the next. */
import { and, asc, desc, eq, inArray, isNull, lt, notInArray, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { roles, type ContentOf, type RoleRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'

const current = isNull(roles.validTo)

/** Roles a decision in this organization can meet: the platform's and its own. Without one: the platform's. Now, or as of `at`. */
export async function listRolesInReach(db: Queryable, orgId: string | undefined, at?: Date): Promise<RoleRow[]> {
  const reach = orgId === undefined ? isNull(roles.orgId) : sql`(${isNull(roles.orgId)} or ${eq(roles.orgId, orgId)})`
  return db
    .select()
    .from(roles)
    .where(and(validAt(roles, at), reach))
    .orderBy(sql`${roles.orgId} is not null`, asc(roles.key))
}

/** One page of what can be given in the organization, the platform's first; `after` is the place of the last role of the page before. */
export async function listRolesPage(
  db: Queryable,
  o: {
    orgId: string
    limit: number
    hidden: readonly string[]
    after?: { isOwn: boolean; key: string } | undefined
    at?: Date | undefined
  },
): Promise<RoleRow[]> {
  const place = sql`(${roles.orgId} is not null, ${roles.key})`
  const rest = o.after === undefined ? undefined : sql`${place} > (${o.after.isOwn}::boolean, ${o.after.key}::text)`
  return db
    .select()
    .from(roles)
    .where(
      and(
        validAt(roles, o.at),
        sql`(${isNull(roles.orgId)} or ${eq(roles.orgId, o.orgId)})`,
        sql`not (${isNull(roles.orgId)} and ${inArray(roles.key, [...o.hidden])})`,
        rest,
      ),
    )
    .orderBy(sql`${roles.orgId} is not null`, asc(roles.key))
    .limit(o.limit)
}

/** The current version, of the platform or of the scope's organization. */
export async function findRole(db: Queryable, id: string): Promise<RoleRow | undefined> {
  const [row] = await db
    .select()
    .from(roles)
    .where(and(eq(roles.id, id), current))
  return row
}

/** Inserts a version; undefined when the key is taken in its organization. */
export async function insertRole(
  db: Queryable,
  row: Omit<ContentOf<RoleRow>, 'createdAt'> & { createdAt?: Date; validFrom?: string },
): Promise<RoleRow | undefined> {
  const [inserted] = await db.insert(roles).values(row).onConflictDoNothing().returning()
  return inserted
}

/** Ends the current version: the winner's row, or undefined when it is not (any more) the expected one. */
export async function closeRole(db: Queryable, o: { id: string; version: number }): Promise<RoleRow | undefined> {
  const [row] = await db
    .update(roles)
    .set({ validTo: endingNow(roles.validFrom) })
    .where(and(eq(roles.id, o.id), eq(roles.version, o.version), current))
    .returning()
  return row
}

/** The version after `closed`, valid from the moment that one ended. */
export async function insertNextRole(
  db: Queryable,
  closed: RoleRow,
  content: Pick<RoleRow, 'name' | 'permissions' | 'inherits'>,
): Promise<RoleRow> {
  const next = {
    ...closed,
    ...content,
    version: closed.version + 1,
    validFrom: closed.validTo ?? closed.validFrom,
    validTo: null,
  }
  const [row] = await db.insert(roles).values(next).returning()
  return row as RoleRow
}

/** One page of what a role of the organization has been, newest first; of a deleted one too. */
export async function listRoleVersions(
  db: Queryable,
  o: { orgId: string; id: string; limit: number; beforeVersion?: number },
): Promise<RoleRow[]> {
  const rest = o.beforeVersion === undefined ? undefined : lt(roles.version, o.beforeVersion)
  return db
    .select()
    .from(roles)
    .where(and(eq(roles.id, o.id), eq(roles.orgId, o.orgId), rest))
    .orderBy(desc(roles.version))
    .limit(o.limit)
}

/** Whether any organization has a role of its own with one of these keys. */
export async function hasOrganizationRole(db: Queryable, keys: readonly string[]): Promise<boolean> {
  if (keys.length === 0) return false
  const [row] = await db
    .select({ key: roles.key })
    .from(roles)
    .where(and(current, sql`${roles.orgId} is not null`, inArray(roles.key, [...keys])))
    .limit(1)
  return row !== undefined
}

/** Ends every current platform role of the application but those with `keys`. */
export async function claimApplicationRoleEnds(
  db: Queryable,
  o: { application: string; except: readonly string[] },
): Promise<RoleRow[]> {
  const others = o.except.length === 0 ? undefined : notInArray(roles.key, [...o.except])
  return db
    .update(roles)
    .set({ validTo: endingNow(roles.validFrom) })
    .where(and(eq(roles.application, o.application), current, others))
    .returning()
}
