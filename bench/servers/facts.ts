/**
 * People, organizations and memberships as rows of authz's own tables. Ids follow from numbers, so that a million of
 * them need no list: the last digits of the UUID are the number in hexadecimal.
 */
import { typeIdOf } from '@gatehouse/service-kit/ids/type-id'
import type postgres from 'postgres'
import type { Member } from './authz.ts'

const kinds = { user: '01', org: '02', mem: '03', role: '04', pol: '05', hold: '06' } as const
type Kind = keyof typeof kinds

const prefixOf = (kind: Kind): string => `01900000-0000-7000-80${kinds[kind]}-`

export const idOf = (kind: Exclude<Kind, 'hold'>, number: number): string =>
  typeIdOf(kind, `${prefixOf(kind)}${number.toString(16).padStart(12, '0')}`)
export const uuidFor = (kind: Kind, number: number): string =>
  `${prefixOf(kind)}${number.toString(16).padStart(12, '0')}`

/** The UUID of a number, for SQL that makes its own numbers. */
const uuidSql = (sql: postgres.Sql, kind: Kind, number: string) =>
  sql`(${prefixOf(kind)} || lpad(to_hex(${sql.unsafe(number)}), 12, '0'))::uuid`

/** The member with that number, in the organization with that one. */
export const memberOf = (index: number, org: number): Member => ({
  userId: idOf('user', index),
  orgId: idOf('org', org),
  membershipId: idOf('mem', index),
})

export type Tenants = {
  readonly membersEach: number
  readonly rolesEach: number
  readonly rolesPerMember: number
  readonly attributes: object
}

/**
 * Organizations `from` to `to` (exclusive) with their own roles and their members: member `n` belongs to organization
 * `n / membersEach`.
 */
export async function insertTenants(
  sql: postgres.Sql,
  o: Tenants & { from: number; to: number; roles: readonly { key: string; permissions: readonly string[] }[] },
): Promise<void> {
  await insertOrganizations(sql, o)
  for (const [nth, { key, permissions }] of o.roles.entries()) {
    await sql`insert into roles (id, version, org_id, key, name, permissions)
      select ${uuidSql(sql, 'role', `n * ${o.rolesEach} + ${nth}`)}, 1, ${uuidSql(sql, 'org', 'n')}, ${key}, ${key},
        ${sql.array([...permissions])}
      from generate_series(${o.from}::int, ${o.to - 1}::int) n`
  }
  const step = 100_000
  const last = o.to * o.membersEach
  for (let at = o.from * o.membersEach; at < last; at += step)
    await insertMembers(sql, { ...o, from: at, to: Math.min(at + step, last) })
}

export async function insertOrganizations(sql: postgres.Sql, o: { from: number; to: number }): Promise<void> {
  await sql`
    insert into organizations (id, version, status)
    select ${uuidSql(sql, 'org', 'n')}, 1, 'active' from generate_series(${o.from}::int, ${o.to - 1}::int) n`
}

async function insertMembers(sql: postgres.Sql, o: Tenants & { from: number; to: number }): Promise<void> {
  const numbers = sql`generate_series(${o.from}::int, ${o.to - 1}::int) n`
  const [user, mem, org] = [
    uuidSql(sql, 'user', 'n'),
    uuidSql(sql, 'mem', 'n'),
    uuidSql(sql, 'org', `n / ${o.membersEach}`),
  ]
  await sql`insert into users (id, version, status, email_verified) select ${user}, 1, 'active', true from ${numbers}`
  await sql`
    insert into memberships (id, version, org_id, user_id, status, is_owner, attributes)
    select ${mem}, 1, ${org}, ${user}, 'active', false, ${sql.json(o.attributes as postgres.JSONValue)} from ${numbers}`
  await sql`
    insert into role_holders (membership_id, org_id, user_id, version, joined_version)
    select ${mem}, ${org}, ${user}, 0, 1 from ${numbers}`
  for (let nth = 0; nth < o.rolesPerMember; nth += 1) {
    const role = `(n / ${o.membersEach}) * ${o.rolesEach} + (n + ${nth * 7}) % ${o.rolesEach}`
    await sql`
      insert into assignments
        (id, scope, org_id, principal_type, principal_id, membership_id, role_id, given_by)
      select uuidv7(), 'organization', ${org}, 'user', ${user}, ${mem}, ${uuidSql(sql, 'role', role)}, 'system'
      from ${numbers}`
  }
}

export type PolicyRow = {
  readonly key: string
  readonly effect: 'allow' | 'deny'
  readonly resourceType: string
  readonly actions: readonly string[]
  readonly source: string
  readonly condition: object
}

/** In a condition, stands for a number of the organization's own. */
export const ownNumber = 7_000_000

/** The policies of each of the organizations; `ownNumber` is another one in each, unless they are `alike`. */
export async function insertPolicies(
  sql: postgres.Sql,
  o: { from: number; to: number; each: number; policies: readonly PolicyRow[]; alike: boolean; version?: number },
): Promise<void> {
  const own = o.alike ? sql`${ownNumber}::int` : sql`${ownNumber}::int + n`
  for (const [nth, { key, effect, resourceType, actions, source, condition }] of o.policies.entries()) {
    await sql`insert into policies (id, version, org_id, key, effect, resource_type, actions, when_source, condition)
      select ${uuidSql(sql, 'pol', `n * ${o.each} + ${nth}`)}, ${o.version ?? 1}, ${uuidSql(sql, 'org', 'n')},
        ${key}, ${effect}, ${resourceType}, ${sql.array([...actions])},
        replace(${source}::text, ${String(ownNumber)}, (${own})::text),
        replace(${JSON.stringify(condition)}::text, ${String(ownNumber)}, (${own})::text)::jsonb
      from generate_series(${o.from}::int, ${o.to - 1}::int) n`
  }
}

/** Every policy of every organization ends, as by an update: what follows are the next versions. */
export const endPolicies = (sql: postgres.Sql): Promise<unknown> =>
  sql`update policies set valid_to = clock_timestamp() where org_id is not null and valid_to is null`
