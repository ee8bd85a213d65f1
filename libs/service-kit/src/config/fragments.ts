/** Settings that several services share; each service spreads the fragments it needs into its own schema. */
import Type from 'typebox'
import { SecretKey, SecretUrl, Url, type DatabaseRole } from './schema.ts'

const Port = (description: string, defaultPort: number) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: defaultPort, description })

/**
 * PostgreSQL as one of the three roles of a service, which its grants name: no other role will do, least of all another
 * service’s.
 */
const DatabaseUrl = (role: DatabaseRole, description: string) =>
  SecretUrl(['postgres:', 'postgresql:'], { description, databaseRole: role })

/** What every process has. */
export const serviceConfig = {
  GATEHOUSE_ENV: Type.Union([Type.Literal('production'), Type.Literal('development')], {
    default: 'production',
    description: 'Outside development weak secrets are refused.',
  }),
  LOG_LEVEL: Type.Union(
    [
      Type.Literal('fatal'),
      Type.Literal('error'),
      Type.Literal('warn'),
      Type.Literal('info'),
      Type.Literal('debug'),
      Type.Literal('trace'),
      Type.Literal('silent'),
    ],
    { default: 'info', description: 'Least severe level that is written.' },
  ),
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
  PORT: Port('Port to listen on; 0 takes a free one and logs it.', 0),
  MANAGEMENT_PORT: Port(
    'Port for /livez /readyz /startupz /metrics, on the same address; 0 takes a free one and logs it.',
    0,
  ),
  GATEHOUSE_ISSUER: Url({
    description: 'The issuer of access tokens: the public address of the platform, without a trailing slash.',
  }),
  SERVICE_PRIVATE_KEY: SecretKey({
    description: 'This service’s own P-256 key as a private JWK; signs its assertions to other services.',
  }),
  SERVICE_JWKS: Type.String({
    minLength: 1,
    description: 'JWKS with the public keys of all services, as JSON; a kid begins with the name of its service.',
  }),
}

/**
 * Connections of one process as one role. The defaults are such that two replicas of everything start against a server
 * with PostgreSQL's own `max_connections` of 100 (docs/reference/connections.md counts them).
 */
const PoolSize = (role: DatabaseRole, size: number) =>
  Type.Integer({
    minimum: 2,
    maximum: 500,
    default: size,
    description: `Connections to PostgreSQL a process holds at most as the ${role} role.`,
  })

export const poolConfig = (sizes: { runtime: number; system: number }) => ({
  DATABASE_POOL_RUNTIME: PoolSize('runtime', sizes.runtime),
  DATABASE_POOL_SYSTEM: PoolSize('system', sizes.system),
})

export const postgresConfig = {
  DATABASE_RUNTIME_URL: DatabaseUrl('runtime', 'PostgreSQL as this service’s runtime role.'),
  DATABASE_SYSTEM_URL: DatabaseUrl('system', 'PostgreSQL as this service’s system role.'),
  REVISION_KEY: SecretKey({
    pattern: '^[A-Za-z0-9_-]{43}=?$',
    description: 'Seals the header Gatehouse-Revision: base64url of 32 random bytes, the same for all services.',
  }),
  ...poolConfig({ runtime: 4, system: 3 }),
}

/** For `migrate.ts` alone: the running service never holds it. */
export const migrateConfig = {
  GATEHOUSE_ENV: serviceConfig.GATEHOUSE_ENV,
  DATABASE_OWNER_URL: DatabaseUrl('owner', 'PostgreSQL as the owner of this service’s schema.'),
  DATABASE_URL: Type.Optional(
    SecretUrl(['postgres:', 'postgresql:'], {
      description:
        'PostgreSQL as its administrator. When given, the database, the schema and the three roles are made first, ' +
        'with the passwords of the three URLs.',
    }),
  ),
  DATABASE_RUNTIME_URL: Type.Optional(postgresConfig.DATABASE_RUNTIME_URL),
  DATABASE_SYSTEM_URL: Type.Optional(postgresConfig.DATABASE_SYSTEM_URL),
}

/** For `migrate.ts --wait`: what the running service holds anyway. */
export const waitConfig = {
  GATEHOUSE_ENV: serviceConfig.GATEHOUSE_ENV,
  DATABASE_SYSTEM_URL: postgresConfig.DATABASE_SYSTEM_URL,
}

export const natsConfig = {
  NATS_URL: SecretUrl(['nats:', 'tls:'], { description: 'NATS with JetStream.' }),
}

export const redisConfig = {
  REDIS_URL: SecretUrl(['redis:', 'rediss:'], { description: 'Redis.' }),
}

/** `IDENTITY_EMAIL_CODES`: identity sends them, and pages offer them. */
export const emailCodes = Type.Union([Type.Literal('on'), Type.Literal('off')], {
  default: 'off',
  description: 'Whether people may sign in with a code that comes by mail, without a password.',
})

/** Internal addresses of the services; each service takes those it calls. */
export const peerConfig = {
  IDENTITY_URL: Url({ description: 'Internal address of identity.' }),
  TOKENS_URL: Url({ description: 'Internal address of tokens.' }),
  ORGS_URL: Url({ description: 'Internal address of orgs.' }),
  AUTHZ_URL: Url({ description: 'Internal address of authz.' }),
  WORKERS_URL: Url({ description: 'Internal address of workers.' }),
}
