/** Brings the schema of orgs to its newest version, as the owner role, and ends. */
import { fileURLToPath } from 'node:url'
import { runMigrations } from '@gatehouse/spine/migrate/run-migrations'

await runMigrations({ service: 'orgs', migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
