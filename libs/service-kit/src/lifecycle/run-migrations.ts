/**
 * From `migrate.ts` to a migrated schema: a job of its own, as the owner role, which the running service never is.
 * Exit code 78 for configuration, 1 with one sentence for anything else.
 */
import Type from 'typebox'
import { migrateConfig } from '../config/fragments.ts'
import { isConfigError, loadConfig } from '../config/load.ts'
import { migrateService } from '../postgres/migrate.ts'

const exitConfig = 78

/**
 * Brings the schema of `service` to its newest version; `migrationsFolder` holds its SQL and journal.
 * With the argument `--restored`, given once after a backup was restored and before any service starts, the spine begins a new epoch.
 */
export async function runMigrations(o: { service: string; migrationsFolder: string }): Promise<void> {
  try {
    const { DATABASE_OWNER_URL: ownerUrl } = loadConfig(Type.Object(migrateConfig), process.env)
    await migrateService({ ...o, ownerUrl, isRestored: process.argv.includes('--restored') })
  } catch (err) {
    process.stderr.write(`${o.service} migrate: ${(err as Error).message}\n`)
    process.exit(isConfigError(err) ? exitConfig : 1)
  }
}
