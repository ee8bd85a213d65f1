/** Brings the schema of authz to its newest version, as the owner role, and ends. */
import { fileURLToPath } from 'node:url'
import { migrateConfig } from '@gatehouse/service-kit/config/fragments'
import { loadConfig } from '@gatehouse/service-kit/config/load'
import { migrateService } from '@gatehouse/service-kit/postgres/migrate'
import Type from 'typebox'

const { DATABASE_OWNER_URL: ownerUrl } = loadConfig(Type.Object(migrateConfig), process.env)
await migrateService({ service: 'authz', ownerUrl, migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
