/** Roles over time (see versions.ts). */
import { and, asc, eq, inArray, isNull, notInArray, sql } from 'drizzle-orm'
import type { Queryable } from '@gatehouse/service-kit/postgres/connect'
import { roles, type ContentOf, type RoleRow } from './schema.ts'
import { endingNow, validAt } from './validity.ts'
import { closeVersion, insertFirst, insertNext, listVersions } from './versions.ts'

const current = isNull(roles.validTo)

/**
 * Roles a decision in this organization can meet: the platform's and its own. Without one: the platform's. Now, or as
 * of `at`.
 */
export async function listRolesInReach(db: Queryable, orgId: string | undefined, at?: Date): Promise<RoleRow[]> {
  const reach = orgId === undefined ? isNull(roles.orgId) : sql`(${isNull(roles.orgId)} or ${eq(roles.orgId, orgId)})`
  return db
    .select()
    .from(roles)
    .where(and(validAt(roles, at), reach))
    .orderBy(sql`${roles.orgId} is not null`, asc(roles.key))
}

/**
 * One page of what can be given in the organization, the platform's first; `after` is the place of the last role of the
 * page before.
 */
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

/** Inserts a first version; undefined when the key is taken in its organization. */
export const insertRole = (
  db: Queryable,
  row: Omit<ContentOf<RoleRow>, 'createdAt'> & { createdAt?: Date; validFrom?: string },
): Promise<RoleRow | undefined> => insertFirst(db, roles, row)

export const closeRole = (db: Queryable, o: { id: string; version: number }): Promise<RoleRow | undefined> =>
  closeVersion(db, roles, o)

export const insertNextRole = (
  db: Queryable,
  closed: RoleRow,
  content: Pick<RoleRow, 'name' | 'permissions' | 'inherits'>,
): Promise<RoleRow> => insertNext(db, roles, { closed, content })

export const listRoleVersions = (
  db: Queryable,
  o: { orgId: string; id: string; limit: number; beforeVersion?: number },
): Promise<RoleRow[]> => listVersions(db, roles, o)

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
