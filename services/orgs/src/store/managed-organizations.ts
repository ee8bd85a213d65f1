/** Organizations as operators list, suspend and restore them. Only the system role sees all. */
import { isTypeId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Queryable, Tx } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm'
import type { OrganizationStatus } from '../domain/organization-status.ts'
import { organizations, type OrganizationRow } from './schema.ts'

export type ManagedOrganization = {
  id: string
  name: string
  slug: string
  status: Exclude<OrganizationStatus, 'deleted'>
  members: number
  createdAt: string
}

type Row = Pick<ManagedOrganization, 'id' | 'name' | 'slug' | 'status' | 'members'> & { created_at: string }

const listed = sql`
  select o.id, o.name, o.slug, o.status, (select count(*)::int from memberships m where m.org_id = o.id
    and m.status <> 'removed') as members,
    to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at
  from organizations o
  where o.status <> 'deleted'`

const organizationOf = ({ created_at: createdAt, ...row }: Row): ManagedOrganization => ({
  ...row,
  id: typeIdOf('org', row.id),
  createdAt,
})

export async function findManagedOrganization(db: Queryable, id: string): Promise<ManagedOrganization | undefined> {
  const [row] = rowsOf<Row>(await db.execute(sql`${listed} and o.id = ${uuidOf(id, 'org')}`))
  return row && organizationOf(row)
}

export type OrganizationFilter = {
  limit: number
  afterId: string | undefined
  /** An id, or the beginning of a slug or a name. */
  search: string | undefined
  status: ManagedOrganization['status'] | undefined
}

/** Newest first, at most `limit`. Ids grow with the time they were made. */
export async function listManagedOrganizations(db: Queryable, o: OrganizationFilter): Promise<ManagedOrganization[]> {
  const conditions = [
    ...(o.afterId === undefined ? [] : [sql`o.id < ${uuidOf(o.afterId, 'org')}`]),
    ...(o.status === undefined ? [] : [sql`o.status = ${o.status}`]),
    ...(o.search === undefined ? [] : [matching(o.search)]),
  ]
  const filters = sql.join(
    conditions.map((condition) => sql`and ${condition}`),
    sql` `,
  )
  const rows = rowsOf<Row>(await db.execute(sql`${listed} ${filters} order by o.id desc limit ${o.limit}`))
  return rows.map(organizationOf)
}

/** A union, so that each half is found by its own index. */
function matching(search: string): SQL {
  const isId: boolean = isTypeId('org', search)
  if (isId) return sql`o.id = ${uuidOf(search, 'org')}`
  const beginning = `${search
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\\%_]/g, '\\$&')}%`
  return sql`o.id in (
    select id from organizations where lower(name) like ${beginning}
    union select id from organizations where slug like ${beginning})`
}

/**
 * The organization suspended or restored by an operator, or undefined when it was so already (or is not there).
 * Suspending voids every access token made for it. Whose owner asked for its deletion goes on waiting for it once an
 * operator restores it.
 */
export async function claimStatus(
  tx: Tx,
  o: { id: string; status: 'active' | 'suspended' },
): Promise<OrganizationRow | undefined> {
  const floor = { minVersion: sql`${organizations.version} + 1`, floorChangedAt: sql`now()` }
  const [row] = await tx
    .update(organizations)
    .set({
      status:
        o.status === 'suspended'
          ? o.status
          : sql`case when ${organizations.deletionDueAt} is null then 'active' else 'deleting' end`,
      version: sql`${organizations.version} + 1`,
      ...(o.status === 'suspended' ? floor : {}),
    })
    .where(
      and(
        eq(organizations.id, o.id),
        o.status === 'suspended'
          ? inArray(organizations.status, ['active', 'deleting'])
          : eq(organizations.status, 'suspended'),
      ),
    )
    .returning()
  return row
}
