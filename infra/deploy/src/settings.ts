/**
 * What each service can be told, as its `--print-config` says, and who tells it when it is deployed. The chart, the
 * Compose file, the secrets command and the reference are made from this, so that a new setting is in all of them.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { describeConfig, type SettingDescription } from '@gatehouse/service-kit/config/describe'
import { migrateConfig } from '@gatehouse/service-kit/config/fragments'
import Type, { type TObject } from 'typebox'
import { SERVICES, STORING_SERVICES } from './services.ts'

/**
 * - `place`: where the process listens; the deployment decides.
 * - `shared`: one value for all services.
 * - `peer`: the address of another service.
 * - `secret`: a file from the service's own secret.
 * - `split`: what tells the processes of one service apart.
 * - `option`: whoever deploys may decide it for this service.
 */
export type Source = 'place' | 'shared' | 'peer' | 'secret' | 'split' | 'option'

export type Setting = SettingDescription & { from: Source }

export type Server = 'postgres' | 'redis' | 'nats' | 'smtp'

const PLACE = ['HOST', 'PORT', 'MANAGEMENT_PORT']
const SHARED = ['GATEHOUSE_ENV', 'LOG_LEVEL', 'GATEHOUSE_ISSUER', 'PUBLIC_URL']
/** Public keys are no secret, but they come with the private ones. */
const WITH_SECRETS = ['SERVICE_JWKS']

const serverVariables: Record<string, Server> = {
  DATABASE_RUNTIME_URL: 'postgres',
  DATABASE_SYSTEM_URL: 'postgres',
  REDIS_URL: 'redis',
  NATS_URL: 'nats',
  SMTP_URL: 'smtp',
}

function sourceOf({ name, secret }: SettingDescription): Source {
  if (PLACE.includes(name)) return 'place'
  if (SHARED.includes(name)) return 'shared'
  if (secret || WITH_SECRETS.includes(name)) return 'secret'
  if (name === 'WORKERS_PIPELINES') return 'split'
  return peerOf(name) === undefined ? 'option' : 'peer'
}

/** The service whose address a variable holds. */
export const peerOf = (variable: string): ServiceName | undefined =>
  SERVICES.find((service) => variable === `${service.toUpperCase()}_URL`)

/** The server whose address a variable holds. */
export const serverOf = (variable: string): Server | undefined => serverVariables[variable]

/** Whether a secret is always handed over: it is required, or the address of a server that is there anyway. */
export const isAlwaysGiven = ({ name, required }: SettingDescription): boolean =>
  required || serverOf(name) !== undefined

export async function settingsOf(root: string, service: ServiceName): Promise<Setting[]> {
  const { config } = (await import(pathToFileURL(join(root, 'services', service, 'src', 'config.ts')).href)) as {
    config: TObject
  }
  return describeConfig(config).map((setting) => ({ ...setting, from: sourceOf(setting) }))
}

export async function allSettings(root: string): Promise<Record<ServiceName, Setting[]>> {
  return Object.fromEntries(
    await Promise.all(SERVICES.map(async (service) => [service, await settingsOf(root, service)])),
  ) as Record<ServiceName, Setting[]>
}

/** What the program that migrates a schema can be told. */
export const migrationSettings = (): SettingDescription[] => describeConfig(Type.Object(migrateConfig))

export type Arrows = { calls: ServiceName[]; servers: Server[] }

/** Whom a service speaks to. */
export function arrowsOf(settings: readonly Setting[]): Arrows {
  const named = <T>(find: (name: string) => T | undefined): T[] => [
    ...new Set(settings.map(({ name }) => find(name)).filter((one) => one !== undefined)),
  ]
  return { calls: named(peerOf), servers: named(serverOf) }
}

export const isStoring = (service: ServiceName): boolean => STORING_SERVICES.some((one) => one === service)
