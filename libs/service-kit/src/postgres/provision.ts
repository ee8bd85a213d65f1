/**
 * Makes a database ready for services: per service one schema and three roles (owner, runtime, system), none of which
 * may bypass row-level security. Everything is idempotent; roles belong to the cluster, so several databases share them
 * and their passwords.
 */
import postgres from 'postgres'

/** The three roles of a service. */
export const rolesOf = (service: string): { owner: string; runtime: string; system: string } => ({
  owner: `${service}_owner`,
  runtime: `${service}_runtime`,
  system: `${service}_system`,
})

/** The connection URL of one role in one database of the administrator's server. */
export function roleUrl(o: { adminUrl: string; database: string; role: string; password: string }): string {
  const url = new URL(o.adminUrl)
  url.username = encodeURIComponent(o.role)
  url.password = encodeURIComponent(o.password)
  url.pathname = `/${encodeURIComponent(o.database)}`
  return url.toString()
}

/** `passwords` is keyed by role name (`tokens_owner`, …) and must name every role of `services`. */
export async function provisionDatabase(o: {
  adminUrl: string
  database: string
  services: readonly string[]
  passwords: Readonly<Record<string, string>>
}): Promise<void> {
  const admin = connectAdmin(o.adminUrl)
  try {
    // Roles are cluster-wide rows: two provisioners at once would fail with "tuple concurrently updated".
    await admin`select pg_advisory_lock(hashtext('gatehouse provision'))`
    for (const service of o.services)
      for (const role of Object.values(rolesOf(service))) await ensureRole(admin, role, o.passwords[role])
    const [existing] = await admin`select from pg_database where datname = ${o.database}`
    if (existing === undefined) await admin`create database ${admin(o.database)} encoding 'UTF8' template template0`
    await ensureSchemas(o)
  } finally {
    await admin.end({ timeout: 5 })
  }
}

const connectAdmin = (url: string) =>
  postgres(url, {
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: 'gatehouse provision' },
  })

/** Attributes a service role must not have, by their column in `pg_roles` and their word in ALTER ROLE. */
const forbiddenAttributes = {
  rolsuper: 'nosuperuser',
  rolcreatedb: 'nocreatedb',
  rolcreaterole: 'nocreaterole',
  rolbypassrls: 'nobypassrls',
  rolreplication: 'noreplication',
} as const

async function ensureRole(admin: postgres.Sql, role: string, password: string | undefined): Promise<void> {
  if (password === undefined || password === '') throw new Error(`No password was given for the role ${role}`)
  const [existing] = await admin<Record<keyof typeof forbiddenAttributes, boolean>[]>`
    select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication from pg_roles where rolname = ${role}`
  const quoted = `'${password.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  const literal = password.includes('\\') ? `E${quoted}` : quoted
  if (existing === undefined) {
    await admin.unsafe(
      `create role "${role}" login password ${literal} ${Object.values(forbiddenAttributes).join(' ')}`,
    )
    return
  }
  // ALTER ROLE … NOSUPERUSER is a superuser's even where it changes nothing: only what has to go is named.
  const columns = Object.keys(forbiddenAttributes) as (keyof typeof forbiddenAttributes)[]
  const excess = columns.filter((column) => existing[column]).map((column) => forbiddenAttributes[column])
  await admin.unsafe(`alter role "${role}" login password ${literal} ${excess.join(' ')}`)
}

async function ensureSchemas(o: { adminUrl: string; database: string; services: readonly string[] }): Promise<void> {
  const url = new URL(o.adminUrl)
  url.pathname = `/${encodeURIComponent(o.database)}`
  const database = connectAdmin(url.toString())
  try {
    await database`revoke all on database ${database(o.database)} from public`
    await database`revoke all on schema public from public`
    for (const service of o.services) await ensureSchema(database, o.database, service)
  } finally {
    await database.end({ timeout: 5 })
  }
}

/**
 * The administrator of a managed PostgreSQL is no superuser: CREATEROLE gives it ADMIN on the roles it made, and with
 * that the right to take their place (SET), which is what owning and granting for them needs (PostgreSQL 16,
 * createrole).
 */
async function ensureSchema(admin: postgres.Sql, name: string, service: string): Promise<void> {
  const { owner, runtime, system } = rolesOf(service)
  const [may] = await admin<{ stand: boolean }[]>`select pg_has_role(current_user, ${owner}, 'SET') as stand`
  if (may?.stand !== true) await admin`grant ${admin(owner)} to current_user with set true, inherit false`
  await admin`grant connect on database ${admin(name)} to ${admin(owner)}, ${admin(runtime)}, ${admin(system)}`
  await admin`create schema if not exists ${admin(service)} authorization ${admin(owner)}`
  for (const role of [owner, runtime, system]) {
    await admin`alter role ${admin(role)} in database ${admin(name)} set search_path = ${admin(service)}`
  }
  await admin.begin(async (tx) => {
    await tx`set local role ${tx(owner)}`
    await tx`grant usage on schema ${tx(service)} to ${tx(runtime)}, ${tx(system)}`
  })
}
