/** Brings the schema of tokens to its newest version, as the owner role, and ends. */
import { fileURLToPath } from 'node:url'
import { runMigrations } from '@gatehouse/spine/migrate/run-migrations'

await runMigrations({ service: 'tokens', migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
