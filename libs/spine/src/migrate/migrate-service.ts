/**
 * Migrations of one service: first the kit's spine, then the service's own, each with its journal in the service's
 * schema. They run as the owner role under an advisory lock, one transaction per file; a file that was applied may
 * never be edited. drizzle's own `migrate()` takes no lock and wants the right to create schemas, which no service role
 * has.
 */
import { fileURLToPath } from 'node:url'
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator'
import postgres from 'postgres'
import { rolesOf } from '@gatehouse/service-kit/postgres/provision'

const spineJournal = '__spine_migrations'
const ownJournal = '__migrations'
const spineFolder = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * Brings the schema of `service` to its newest version. `migrationsFolder` is absolute and holds `meta/_journal.json`.
 * `isRestored`: the database came out of a backup, so its spine begins a new epoch and every reader loads anew.
 */
export async function migrateService(options: {
  service: string
  ownerUrl: string
  migrationsFolder?: string
  isRestored?: boolean
}): Promise<void> {
  const client = postgres(options.ownerUrl, {
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: `${options.service} migrate`, search_path: options.service, TimeZone: 'UTC' },
  })
  try {
    const reader = rolesOf(options.service).system
    await client`select pg_advisory_lock(hashtext('gatehouse migrate'), hashtext(${options.service}))`
    await applyFolder(client, { folder: spineFolder, journal: spineJournal, reader })
    if (options.migrationsFolder !== undefined)
      await applyFolder(client, { folder: options.migrationsFolder, journal: ownJournal, reader })
    await client`select maintain_partitions()`
    if (options.isRestored) await client`update spine_head set epoch = gen_random_uuid()`
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** How many migrations of this version the schema still lacks, seen as the system role. `migrationsFolder` as above. */
export async function countMissingMigrations(options: {
  service: string
  systemUrl: string
  migrationsFolder: string
}): Promise<number> {
  const client = postgres(options.systemUrl, {
    max: 1,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: `${options.service} schema`, search_path: options.service },
  })
  const wanted = [
    { folder: spineFolder, journal: spineJournal },
    { folder: options.migrationsFolder, journal: ownJournal },
  ]
  try {
    const missing = await Promise.all(
      wanted.map(async ({ folder, journal }) => {
        const [found] = await client<{ exists: boolean }[]>`select to_regclass(${journal}) is not null as exists`
        const applied =
          found?.exists === true
            ? new Set((await client<{ hash: string }[]>`select hash from ${client(journal)}`).map(({ hash }) => hash))
            : new Set()
        return readMigrationFiles({ migrationsFolder: folder }).filter(({ hash }) => !applied.has(hash)).length
      }),
    )
    return missing.reduce((sum, one) => sum + one, 0)
  } finally {
    await client.end({ timeout: 5 })
  }
}

async function applyFolder(
  client: postgres.Sql,
  o: { folder: string; journal: string; reader: string },
): Promise<void> {
  await client`create table if not exists ${client(o.journal)} (created_at bigint primary key, hash text not null,
    applied_at timestamptz not null default now())`
  // A replica asks it whether the schema is the one it needs.
  await client`grant select on ${client(o.journal)} to ${client(o.reader)}`
  const applied = new Map(
    (await client<{ created_at: string; hash: string }[]>`select created_at, hash from ${client(o.journal)}`).map(
      (row) => [Number(row.created_at), row.hash],
    ),
  )
  for (const migration of readMigrationFiles({ migrationsFolder: o.folder })) {
    const hash = applied.get(migration.folderMillis)
    if (hash === undefined) await applyOne(client, o.journal, migration)
    else if (hash !== migration.hash)
      throw new Error(
        `A migration of ${o.folder} was edited after it had been applied (${migration.folderMillis}); add a new ` +
          `one instead`,
      )
  }
}

async function applyOne(client: postgres.Sql, journal: string, migration: MigrationMeta): Promise<void> {
  await client.begin(async (tx) => {
    for (const statement of migration.sql) await tx.unsafe(statement)
    await tx`insert into ${tx(journal)} (created_at, hash) values (${migration.folderMillis}, ${migration.hash})`
  })
}
