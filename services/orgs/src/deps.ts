/** Opens what orgs depends on and hands it over as one plain object. */
import { randomBytes } from 'node:crypto'
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import type { ServiceName } from '@gatehouse/contracts/common/services'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { createSpine, type Spine } from '@gatehouse/spine/produce/producer'
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { createJwksSource } from '@gatehouse/access/tokens/jwks-source'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import { createIdentityClient, type IdentityClient } from './clients/identity.ts'
import type { Config } from './config.ts'
import { probeSchema } from './store/organizations.ts'

export type Deps = {
  log: Logger
  clock: Clock
  /** The runtime role: sees what the transaction's scope allows. */
  db: Db
  /** The system role: for links, which know no organization, and for snapshots. */
  system: Db
  spine: Spine
  identity: IdentityClient
  authz: AuthzClient
  assertions: AssertionVerifier
  accessTokens: AccessTokenVerifier
  /** Lower-case letters and digits that make a derived slug unlike another. */
  slugSuffix(): string
  ready(): Promise<ReadyCheck[]>
  close(): Promise<void>
}

export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }): Deps {
  const { log, clock } = runtime
  const { signer, verifier: assertions } = loadServiceKeys('orgs', config)
  const connect = (url: string, role: string) =>
    connectPostgres({ url, schema: 'orgs', applicationName: `orgs ${role}` })
  const asRuntime = connect(config.DATABASE_RUNTIME_URL, 'runtime')
  const asSystem = connect(config.DATABASE_SYSTEM_URL, 'system')
  const nats = connectNats({ url: config.NATS_URL, name: 'orgs', log })
  const spine = createSpine({ service: 'orgs', runtime: asRuntime.db, system: asSystem.db, nats, log, clock })
  const peer = (target: ServiceName, baseUrl: string) =>
    createServiceClient({ self: 'orgs', target, baseUrl, signer, log })
  const peers = {
    identity: peer('identity', config.IDENTITY_URL),
    tokens: peer('tokens', config.TOKENS_URL),
    authz: peer('authz', config.AUTHZ_URL),
  }
  const jwks = createJwksSource(() => peers.tokens.call(GetInternalJwks, {}))
  return {
    log,
    clock,
    db: asRuntime.db,
    system: asSystem.db,
    spine,
    identity: createIdentityClient(peers.identity),
    authz: createAuthzClient(peers.authz),
    assertions,
    accessTokens: createAccessTokenVerifier({ issuer: config.GATEHOUSE_ISSUER, audience: accessTokenAudience, jwks }),
    slugSuffix: () => randomBytes(3).toString('hex'),
    ready: () =>
      Promise.all([
        check('postgres', () => Promise.all([asRuntime.ping(), asSystem.ping()])),
        check('schema', () => probeSchema(asSystem.db)),
      ]),
    async close() {
      await spine.stop()
      await Promise.allSettled([nats.close(), ...Object.values(peers).map((client) => client.close())])
      await Promise.allSettled([asRuntime.close(), asSystem.close()])
    },
  }
}
