/**
 * Every secret of a deployment: made once, kept in a folder, the same on every later run. A server whose URL is in the
 * environment (`DATABASE_URL` of the administrator, `REDIS_URL`, `NATS_URL`, `SMTP_URL`) is the operator's; the others
 * get a password of their own.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { roleUrl, rolesOf } from '@gatehouse/service-kit/postgres/provision'
import { SERVICES } from '../services.ts'
import { isAlwaysGiven, type Setting } from '../settings.ts'
import { natsAuthorization, natsUrlOf } from '../servers/bus-users.ts'
import { redisUrlOf, redisUserLines } from '../servers/redis-users.ts'
import { readJson, writeJson } from './json-file.ts'
import { ensureKeys, otherKeyEncryptionKey } from './keys.ts'

const DATABASE = 'gatehouse'

/** Name → value, by who reads it: a service, the migrations of one (`<service>-owner`), a server, the administrator. */
export type Secrets = Record<string, Record<string, string>>

export type Addresses = Record<'postgres' | 'redis' | 'nats' | 'smtp', string>

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param o.folder where keys and passwords are kept
 * @param o.addresses `host:port` of the servers that come with the deployment
 */
export function makeSecrets(o: {
  folder: string
  settings: Record<ServiceName, Setting[]>
  addresses: Addresses
  env: Environment
}): Secrets {
  mkdirSync(o.folder, { recursive: true, mode: 0o700 })
  const password = passwordsIn(join(o.folder, 'passwords.json'))
  const keys = ensureKeys(o.folder, SERVICES)
  const otherKey = otherKeyEncryptionKey(o.folder)
  const given = (name: string): string | undefined => o.env[name] || undefined
  const adminUrl =
    given('DATABASE_URL') ?? `postgres://gatehouse_admin:${password('postgres')}@${o.addresses.postgres}/postgres`
  const role = (name: string): string => roleUrl({ adminUrl, database: DATABASE, role: name, password: password(name) })
  const valuesOf = (service: ServiceName): Record<string, string> => ({
    SERVICE_PRIVATE_KEY: compact(keys.privateKey(service)),
    SERVICE_JWKS: compact(keys.jwks),
    KEY_ENCRYPTION_KEY: readFileSync(keys.keyEncryptionKey, 'utf8').trim(),
    REVISION_KEY: readFileSync(keys.revisionKey, 'utf8').trim(),
    PAGES_COOKIE_KEY: readFileSync(keys.cookieKey, 'utf8').trim(),
    DATABASE_RUNTIME_URL: role(rolesOf(service).runtime),
    DATABASE_SYSTEM_URL: role(rolesOf(service).system),
    REDIS_URL: given('REDIS_URL') ?? redisUrlOf(o.addresses.redis, service, password),
    NATS_URL: given('NATS_URL') ?? natsUrlOf(o.addresses.nats, service, password),
    SMTP_URL: given('SMTP_URL') ?? `smtp://${o.addresses.smtp}`,
    BOOTSTRAP_ADMIN_PASSWORD: password('platform admin'),
    ...(otherKey === undefined ? {} : { KEY_ENCRYPTION_KEY_PREVIOUS: readFileSync(otherKey, 'utf8').trim() }),
  })
  const services = SERVICES.map((service) => [service, pick(service, o.settings[service], valuesOf(service))] as const)
  const owners = SERVICES.filter((service) =>
    o.settings[service].some(({ name }) => name === 'DATABASE_SYSTEM_URL'),
  ).map((service) => [`${service}-owner`, { DATABASE_OWNER_URL: role(rolesOf(service).owner) }] as const)
  return {
    ...Object.fromEntries([...services, ...owners]),
    'postgres-admin': { DATABASE_URL: adminUrl },
    ...serverSecrets(password),
  }
}

/** What the servers that come with a deployment read themselves. */
const serverSecrets = (password: (name: string) => string): Secrets => ({
  postgres: { POSTGRES_PASSWORD: password('postgres') },
  redis: {
    'redis.conf': [
      `requirepass ${password('redis')}`,
      ...redisUserLines(password),
      'dir /data',
      'appendonly yes',
      'maxmemory-policy noeviction',
      '',
    ].join('\n'),
  },
  nats: {
    'nats.conf':
      `${natsAuthorization(password)}\njetstream { store_dir: /data, max_memory_store: 64MB, ` +
      `max_file_store: 4GB }\n`,
  },
})

/** A service's own secrets; one nobody knows how to make is an error that names it. */
function pick(
  service: ServiceName,
  settings: readonly Setting[],
  values: Record<string, string>,
): Record<string, string> {
  const secrets = settings.filter(({ from }) => from === 'secret')
  const unknown = secrets.filter((setting) => isAlwaysGiven(setting) && values[setting.name] === undefined)
  if (unknown.length > 0)
    throw new Error(
      `${service} needs ${unknown.map(({ name }) => name).join(', ')}: say in infra/deploy/src/secrets/values.ts ` +
        `how it is made`,
    )
  return Object.fromEntries(secrets.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])))
}

const compact = (file: string): string => JSON.stringify(readJson(file))

function passwordsIn(file: string): (name: string) => string {
  const known = readJson<Record<string, string>>(file) ?? {}
  return (name) => {
    known[name] ??= randomBytes(24).toString('base64url')
    writeJson(file, known)
    return known[name]
  }
}
