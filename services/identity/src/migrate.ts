/** Brings the schema of identity to its newest version, as its owner; runs before any replica starts. */
import { fileURLToPath } from 'node:url'
import { migrateConfig } from '@gatehouse/service-kit/config/fragments'
import { loadConfig } from '@gatehouse/service-kit/config/load'
import { migrateService } from '@gatehouse/service-kit/postgres/migrate'
import Type from 'typebox'

const { DATABASE_OWNER_URL } = loadConfig(Type.Object(migrateConfig), process.env)
await migrateService({ service: 'identity', ownerUrl: DATABASE_OWNER_URL, migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)) })
