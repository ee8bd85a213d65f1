/** Brings the schema of workers to its newest version, as the owner role, and ends. */
import { fileURLToPath } from 'node:url'
import { runMigrations } from '@gatehouse/spine/migrate/run-migrations'

await runMigrations({ service: 'workers', migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
