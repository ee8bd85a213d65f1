/** Brings the schema of orgs to its newest version, as the owner role, and ends. */
import { fileURLToPath } from 'node:url'
import { migrateService } from '@gatehouse/service-kit/postgres/migrate'

const ownerUrl = process.env['DATABASE_OWNER_URL']
if (!ownerUrl) throw new Error('DATABASE_OWNER_URL is missing: migrations run as the owner role')
await migrateService({ service: 'orgs', ownerUrl, migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
