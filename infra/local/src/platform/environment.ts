// What each service finds in its environment: exactly the variables its own configuration declares, and nothing else,
// so the gateway never sees a database password. Settings of a service that the launcher does not decide itself can be
// given to the launcher (`TOKENS_ACCESS_TTL_SECONDS=60 npm start`) and are passed on to the service that declares them.
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { roleUrl, rolesOf } from '@gatehouse/service-kit/postgres/provision'
import type { KeyFiles } from '@gatehouse/deploy/secrets/keys'

/** Where one process listens. */
export type Place = { port: number; managementPort: number }

/** Everything about this run that services may have to know. */
export type PlatformFacts = {
  mode: 'development' | 'production'
  adminUrl: string
  database: string
  rolePassword: (role: string) => string
  redisUrl: string
  natsUrl: string
  /** As the user of one service; the same for all on a server of the operator. */
  serviceUrls: (service: ServiceName) => { redis: string; nats: string }
  smtpUrl: string
  /** Where others find a service, and where its first process answers about itself. */
  ports: Record<ServiceName, Place>
  /** Every process of a service; of one alone, the same place as above. */
  replicas: Record<ServiceName, Place[]>
  keys: KeyFiles
  /** Where the operator says that people reach the platform; absent: on this machine. */
  publicUrl?: string | undefined
  admin: { email: string; password: string }
}

/** Of the launcher's own environment, what any program needs. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS']

/** Whoever starts the platform may decide these differently. */
const OVERRIDABLE = new Set([
  'LOG_LEVEL',
  'DATABASE_POOL_RUNTIME',
  'DATABASE_POOL_SYSTEM',
  'GATEHOUSE_ISSUER',
  'SMTP_URL',
  'PUBLIC_URL',
  'GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE',
  'BOOTSTRAP_ADMIN_EMAIL',
  'BOOTSTRAP_ADMIN_PASSWORD',
])

export function gatewayUrl(facts: Pick<PlatformFacts, 'ports'>): string {
  return `http://127.0.0.1:${facts.ports.gateway.port}`
}

/**
 * What people open and tokens name as their issuer. A name and no number, because passkeys are bound to a domain
 * (WebAuthn Level 3 §5.1.3).
 */
export function publicUrl(facts: Pick<PlatformFacts, 'ports' | 'publicUrl'>): string {
  return facts.publicUrl ?? `http://localhost:${facts.ports.gateway.port}`
}

/** @param o.declared the names of the variables in the service's configuration schema */
export function environmentOf(o: {
  service: ServiceName
  at: Place
  declared: readonly string[]
  facts: PlatformFacts
  env: NodeJS.ProcessEnv
}): NodeJS.ProcessEnv {
  const known = knownValues(o.service, o.at, o.facts)
  const result: NodeJS.ProcessEnv = {}
  for (const name of INHERITED) if (o.env[name] !== undefined) result[name] = o.env[name]
  for (const name of o.declared) {
    const isTheirs = OVERRIDABLE.has(name) || (known[name] === undefined && known[`${name}_FILE`] === undefined)
    for (const variant of [name, `${name}_FILE`]) {
      const value = (isTheirs ? o.env[variant] : undefined) ?? known[variant]
      if (value !== undefined) result[variant] = value
    }
    // A file named by hand replaces a value of ours; both at once would be a contradiction.
    if (isTheirs && o.env[`${name}_FILE`] !== undefined && o.env[name] === undefined) delete result[name]
  }
  return result
}

function knownValues(
  service: ServiceName,
  { port, managementPort }: Place,
  facts: PlatformFacts,
): Record<string, string> {
  const role = (name: string) =>
    roleUrl({ adminUrl: facts.adminUrl, database: facts.database, role: name, password: facts.rolePassword(name) })
  const { runtime, system } = rolesOf(service)
  const peers = Object.entries(facts.ports).map(
    ([peer, at]) => [`${peer.toUpperCase()}_URL`, `http://127.0.0.1:${at.port}`] as const,
  )
  return {
    ...Object.fromEntries(peers),
    GATEHOUSE_ENV: facts.mode,
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    MANAGEMENT_PORT: String(managementPort),
    GATEHOUSE_ISSUER: publicUrl(facts),
    PUBLIC_URL: publicUrl(facts),
    SERVICE_PRIVATE_KEY_FILE: facts.keys.privateKey(service),
    SERVICE_JWKS_FILE: facts.keys.jwks,
    KEY_ENCRYPTION_KEY_FILE: facts.keys.keyEncryptionKey,
    REVISION_KEY_FILE: facts.keys.revisionKey,
    PAGES_COOKIE_KEY_FILE: facts.keys.cookieKey,
    DATABASE_RUNTIME_URL: role(runtime),
    DATABASE_SYSTEM_URL: role(system),
    // Few processes: each may hold more than where every pipeline has replicas of its own.
    DATABASE_POOL_RUNTIME: '8',
    DATABASE_POOL_SYSTEM: '6',
    REDIS_URL: facts.serviceUrls(service).redis,
    NATS_URL: facts.serviceUrls(service).nats,
    SMTP_URL: facts.smtpUrl,
    MAIL_FROM: 'Gatehouse <no-reply@gatehouse.local>',
    // A receiver on this machine is what somebody tries webhooks with.
    ...(facts.mode === 'development' && { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' }),
    // On one machine everybody comes from one address, the demo and every script included.
    GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '300',
    BOOTSTRAP_ADMIN_EMAIL: facts.admin.email,
    BOOTSTRAP_ADMIN_PASSWORD: facts.admin.password,
  }
}
