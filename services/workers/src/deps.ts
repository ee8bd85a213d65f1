/** Opens what workers depends on and hands it over as one plain object. Holds no grant on any schema but its own. */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { connectNats, type NatsLink } from '@gatehouse/spine/nats/connection'
import { createSpineClient, type SpineClient } from '@gatehouse/spine/follow/spine-client'
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { createJwksSource } from '@gatehouse/access/tokens/jwks-source'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import { createIdentityClient, type IdentityClient } from './clients/identity.ts'
import { createOrgsClient, type OrgsClient } from './clients/orgs.ts'
import type { Config } from './config.ts'
import type { Locale } from './mails/locale.ts'
import { createSmtpMailer, type Mailer } from './providers/smtp.ts'
import { probeSchema } from './store/audit-events.ts'

export type Deps = {
  log: Logger
  clock: Clock
  /** Reads audit events inside a tenant's scope. */
  runtime: Db
  /** Consumes events, keeps the ledger, appends to the audit trail, reads it for the platform. */
  system: Db
  nats: NatsLink
  assertions: AssertionVerifier
  accessTokens: AccessTokenVerifier
  identity: IdentityClient
  orgs: OrgsClient
  authz: AuthzClient
  mailer: Mailer
  publicUrl: string
  /** The language of mails to people whose own is not known. */
  mailLocale: Locale
  /** The feeds of the services whose events are consumed. */
  feeds: Readonly<Partial<Record<ServiceName, SpineClient>>>
  ready(): Promise<ReadyCheck[]>
  close(): Promise<void>
}

export function openDeps(config: Config, { log, clock }: { log: Logger; clock: Clock }): Deps {
  const { signer, verifier: assertions } = loadServiceKeys('workers', config)
  const connect = (url: string, role: string) =>
    connectPostgres({ url, schema: 'workers', applicationName: `workers ${role}` })
  const asRuntime = connect(config.DATABASE_RUNTIME_URL, 'runtime')
  const asSystem = connect(config.DATABASE_SYSTEM_URL, 'system')
  const nats = connectNats({ url: config.NATS_URL, name: 'workers', log })
  const peer = (target: ServiceName, baseUrl: string) =>
    createServiceClient({ self: 'workers', target, baseUrl, signer, log })
  const peers = {
    identity: peer('identity', config.IDENTITY_URL),
    tokens: peer('tokens', config.TOKENS_URL),
    orgs: peer('orgs', config.ORGS_URL),
    authz: peer('authz', config.AUTHZ_URL),
  }
  const jwks = createJwksSource(() => peers.tokens.call(GetInternalJwks, {}))
  const mailer = createSmtpMailer({ url: config.SMTP_URL, from: config.MAIL_FROM })
  return {
    log,
    clock,
    runtime: asRuntime.db,
    system: asSystem.db,
    nats,
    assertions,
    accessTokens: createAccessTokenVerifier({ issuer: config.GATEHOUSE_ISSUER, audience: accessTokenAudience, jwks }),
    identity: createIdentityClient(peers.identity),
    orgs: createOrgsClient(peers.orgs),
    authz: createAuthzClient(peers.authz),
    mailer,
    publicUrl: config.PUBLIC_URL,
    mailLocale: config.MAIL_LOCALE,
    feeds: Object.fromEntries(Object.entries(peers).map(([name, client]) => [name, createSpineClient(client)])),
    // Neither Redis nor the mail server: without them jobs wait in the ledger and everything else works.
    ready: () =>
      Promise.all([
        check('postgres', () => Promise.all([asRuntime.ping(), asSystem.ping()])),
        check('schema', () => probeSchema(asSystem.db)),
      ]),
    async close() {
      mailer.close()
      await Promise.allSettled([nats.close(), ...Object.values(peers).map((client) => client.close())])
      await Promise.allSettled([asRuntime.close(), asSystem.close()])
    },
  }
}
