/**
 * Makes a database ready for services: per service one schema and three roles (owner, runtime, system), none of which may bypass
 * row-level security. Everything is idempotent; roles belong to the cluster, so several databases share them and their passwords.
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

async function ensureRole(admin: postgres.Sql, role: string, password: string | undefined): Promise<void> {
  if (password === undefined || password === '') throw new Error(`No password was given for the role ${role}`)
  const [existing] = await admin`select from pg_roles where rolname = ${role}`
  const quoted = `'${password.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  const literal = password.includes('\\') ? `E${quoted}` : quoted
  await admin.unsafe(
    `${existing === undefined ? 'create' : 'alter'} role "${role}" login password ${literal} nosuperuser nocreatedb nocreaterole nobypassrls noreplication`,
  )
}

async function ensureSchemas(o: { adminUrl: string; database: string; services: readonly string[] }): Promise<void> {
  const url = new URL(o.adminUrl)
  url.pathname = `/${encodeURIComponent(o.database)}`
  const database = connectAdmin(url.toString())
  try {
    await database`revoke all on database ${database(o.database)} from public`
    await database`revoke all on schema public from public`
    for (const service of o.services) {
      const { owner, runtime, system } = rolesOf(service)
      await database`grant connect on database ${database(o.database)} to ${database(owner)}, ${database(runtime)}, ${database(system)}`
      await database`create schema if not exists ${database(service)}`
      await database`alter schema ${database(service)} owner to ${database(owner)}`
      await database`grant usage on schema ${database(service)} to ${database(runtime)}, ${database(system)}`
      for (const role of [owner, runtime, system]) {
        await database`alter role ${database(role)} in database ${database(o.database)} set search_path = ${database(service)}`
      }
    }
  } finally {
    await database.end({ timeout: 5 })
  }
}
