/** Opens what tokens depends on and hands it over as one plain object. */
import { accessTokenAudience, apiKeyPrefixes } from '@gatehouse/contracts/claims/access-token'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { createSpine, type Spine } from '@gatehouse/spine/produce/producer'
import type { Projection } from '@gatehouse/spine/follow/projection'
import { createSpineClient, type SpineClient } from '@gatehouse/spine/follow/spine-client'
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { createJwksSource } from '@gatehouse/access/tokens/jwks-source'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { createEnvelope, parseKey, type Envelope } from '@gatehouse/service-kit/secrets/envelope'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import type { Config } from './config.ts'
import { createKeyRing, type KeyRing } from './crypto/key-ring.ts'
import { followIdentity, followOrgs } from './events/projections.ts'
import { listSigningKeys } from './store/signing-keys.ts'

export type Deps = {
  log: Logger
  clock: Clock
  issuer: string
  /** How the API keys of this environment begin. */
  apiKeyPrefix: string
  /** The runtime role: sees the rows of the person the transaction is for. */
  db: Db
  /** The system role: look-ups by secret hash, signing keys, upkeep, projections. */
  system: Db
  spine: Spine
  /** What we know of people, and of organizations and memberships, with proof of how current it is. */
  identity: Projection
  orgs: Projection
  authz: AuthzClient
  keyRing: KeyRing
  envelope: Envelope
  assertions: AssertionVerifier
  accessTokens: AccessTokenVerifier
  ready(): Promise<ReadyCheck[]>
  close(): Promise<void>
}

/** Neighbours as tokens asks them. */
export type Neighbours = { identity: SpineClient; orgs: SpineClient; authz: AuthzClient }

/** `neighbours` is given when they are not asked over HTTP. */
export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }, neighbours?: Neighbours): Deps {
  const { log, clock } = runtime
  const { signer, verifier: assertions } = loadServiceKeys('tokens', config)
  const connect = (url: string, role: string) =>
    connectPostgres({ url, schema: 'tokens', applicationName: `tokens ${role}` })
  const asRuntime = connect(config.DATABASE_RUNTIME_URL, 'runtime')
  const asSystem = connect(config.DATABASE_SYSTEM_URL, 'system')
  const nats = connectNats({ url: config.NATS_URL, name: 'tokens', log })
  const peer = (target: 'identity' | 'orgs' | 'authz', baseUrl: string) =>
    createServiceClient({ self: 'tokens', target, baseUrl, signer, log })
  const peers = {
    identity: peer('identity', config.IDENTITY_URL),
    orgs: peer('orgs', config.ORGS_URL),
    authz: peer('authz', config.AUTHZ_URL),
  }
  const asked = neighbours ?? {
    identity: createSpineClient(peers.identity),
    orgs: createSpineClient(peers.orgs),
    authz: createAuthzClient(peers.authz),
  }
  const following = { system: asSystem.db, nats, log, clock }
  const envelope = createEnvelope({ keys: keyEncryptionKeys(config) })
  const keyRing = createKeyRing(envelope)
  const identity = followIdentity({ ...following, client: asked.identity })
  const orgs = followOrgs({ ...following, client: asked.orgs })
  const jwks = createJwksSource(async () => {
    keyRing.fill((await listSigningKeys(asSystem.db)).keys)
    return keyRing.jwks(clock.now())
  })
  const spine = createSpine({ service: 'tokens', runtime: asRuntime.db, system: asSystem.db, nats, log, clock })
  return {
    log,
    clock,
    issuer: config.GATEHOUSE_ISSUER,
    apiKeyPrefix: apiKeyPrefixes[config.GATEHOUSE_ENV],
    db: asRuntime.db,
    system: asSystem.db,
    spine,
    identity,
    orgs,
    authz: asked.authz,
    keyRing,
    envelope,
    assertions,
    accessTokens: createAccessTokenVerifier({ issuer: config.GATEHOUSE_ISSUER, audience: accessTokenAudience, jwks }),
    ready: () =>
      Promise.all([
        check('postgres', () => Promise.all([asRuntime.ping(), asSystem.ping()])),
        check('signing_key', () => keyRing.canSign(clock.now())),
        check('identity_projection', () => identity.ready()),
        check('orgs_projection', () => orgs.ready()),
      ]),
    async close() {
      await Promise.allSettled([identity.stop(), orgs.stop(), spine.stop()])
      await Promise.allSettled([nats.close(), ...Object.values(peers).map((client) => client.close())])
      await Promise.allSettled([asRuntime.close(), asSystem.close()])
    },
  }
}

const keyEncryptionKeys = (config: Config): Buffer[] =>
  [config.KEY_ENCRYPTION_KEY, config.KEY_ENCRYPTION_KEY_PREVIOUS].filter((key) => key !== undefined).map(parseKey)
