/**
 * From `migrate.ts` to a migrated schema: a job of its own, as the owner role, which the running service never is. With
 * the administrator's URL it makes the database, the schema and the roles first. `--wait` changes nothing and ends when
 * the schema is the one this version needs: what a replica does before it starts. Exit code 78 for configuration, 1
 * with one sentence for anything else.
 */
import Type, { type Static } from 'typebox'
import { describeConfig } from '@gatehouse/service-kit/config/describe'
import { migrateConfig, waitConfig } from '@gatehouse/service-kit/config/fragments'
import { isConfigError, loadConfig } from '@gatehouse/service-kit/config/load'
import { countMissingMigrations, migrateService } from './migrate-service.ts'
import { provisionDatabase, rolesOf } from '@gatehouse/service-kit/postgres/provision'

type Migrations = { service: string; migrationsFolder: string }

const exitConfig = 78
const pauseMs = 1000

const settings = Type.Object(migrateConfig)
type Settings = Readonly<Static<typeof settings>>

/**
 * Brings the schema of `service` to its newest version; `migrationsFolder` holds its SQL and journal. With the argument
 * `--restored`, given once after a backup was restored and before any service starts, the spine begins a new epoch.
 */
export async function runMigrations(o: Migrations): Promise<void> {
  try {
    if (process.argv.includes('--print-config'))
      process.stdout.write(
        `${JSON.stringify({ service: `${o.service} migrate`, settings: describeConfig(settings) }, null, 2)}\n`,
      )
    else if (process.argv.includes('--wait')) await waitForSchema(o)
    else
      await migrate(o, loadConfig(settings, process.env, { service: o.service, inspect: complaintsAboutProvisioning }))
  } catch (err) {
    process.stderr.write(`${o.service} migrate: ${(err as Error).message}\n`)
    process.exit(isConfigError(err) ? exitConfig : 1)
  }
}

async function migrate(
  o: Migrations,
  { DATABASE_OWNER_URL: ownerUrl, DATABASE_URL: adminUrl, ...urls }: Settings,
): Promise<void> {
  const { DATABASE_RUNTIME_URL: runtimeUrl, DATABASE_SYSTEM_URL: systemUrl } = urls
  if (adminUrl !== undefined && runtimeUrl !== undefined && systemUrl !== undefined) {
    const { owner, runtime, system } = rolesOf(o.service)
    const passwords = {
      [owner]: passwordOf(ownerUrl),
      [runtime]: passwordOf(runtimeUrl),
      [system]: passwordOf(systemUrl),
    }
    await provisionDatabase({
      adminUrl,
      database: decodeURIComponent(new URL(ownerUrl).pathname.slice(1)),
      services: [o.service],
      passwords,
    })
  }
  await migrateService({ ...o, ownerUrl, isRestored: process.argv.includes('--restored') })
  process.stdout.write(`${o.service}: the schema is at this version\n`)
}

const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)

/** The roles are made with the passwords that are in their URLs, so all three must be there. */
function complaintsAboutProvisioning(config: Record<string, unknown>): string[] {
  if (config['DATABASE_URL'] === undefined) return []
  return ['DATABASE_RUNTIME_URL', 'DATABASE_SYSTEM_URL']
    .filter((name) => config[name] === undefined)
    .map((name) => `${name} is required (or ${name}_FILE) beside DATABASE_URL`)
}

async function waitForSchema({ service, migrationsFolder }: Migrations): Promise<void> {
  const { DATABASE_SYSTEM_URL: systemUrl } = loadConfig(Type.Object(waitConfig), process.env, { service })
  let said = ''
  for (;;) {
    const state = await countMissingMigrations({ service, systemUrl, migrationsFolder }).then(
      (missing) => (missing === 0 ? undefined : `${missing} migrations are missing`),
      (err: unknown) => (err as Error).message,
    )
    if (state === undefined) return
    if (state !== said) process.stdout.write(`${service} waits for its schema: ${state}\n`)
    said = state
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
