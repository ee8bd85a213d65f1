/** Opens what tokens depends on and hands it over as one plain object. */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import { loadServiceKeys } from '@gatehouse/service-kit/config/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '@gatehouse/service-kit/events/nats'
import { createSpine, type Spine } from '@gatehouse/service-kit/events/producer'
import type { Projection } from '@gatehouse/service-kit/events/projection'
import { createSpineClient, type SpineClient } from '@gatehouse/service-kit/events/spine-client'
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/service-kit/http/access-token'
import type { AssertionVerifier } from '@gatehouse/service-kit/http/assertion'
import { createJwksSource } from '@gatehouse/service-kit/http/jwks-source'
import { createServiceClient } from '@gatehouse/service-kit/http/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { createEnvelope, parseKey, type Envelope } from '@gatehouse/service-kit/secrets/envelope'
import type { Config } from './config.ts'
import { createKeyRing, type KeyRing } from './crypto/key-ring.ts'
import { followIdentity, followOrgs } from './events/projections.ts'
import { listSigningKeys } from './store/signing-keys.ts'

export type Deps = {
  log: Logger
  clock: Clock
  issuer: string
  /** The runtime role: sees the rows of the person the transaction is for. */
  db: Db
  /** The system role: look-ups by secret hash, signing keys, upkeep, projections. */
  system: Db
  spine: Spine
  /** What we know of people, and of organizations and memberships, with proof of how current it is. */
  identity: Projection
  orgs: Projection
  keyRing: KeyRing
  envelope: Envelope
  assertions: AssertionVerifier
  accessTokens: AccessTokenVerifier
  ready(): Promise<ReadyCheck[]>
  close(): Promise<void>
}

/** Neighbours as the projections ask them. */
export type Followed = { identity: SpineClient; orgs: SpineClient }

/** `followed` is given when the neighbours are not asked over HTTP. */
export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }, followed?: Followed): Deps {
  const { log, clock } = runtime
  const { signer, verifier: assertions } = loadServiceKeys('tokens', config)
  const connect = (url: string, role: string) => connectPostgres({ url, schema: 'tokens', applicationName: `tokens ${role}` })
  const asRuntime = connect(config.DATABASE_RUNTIME_URL, 'runtime')
  const asSystem = connect(config.DATABASE_SYSTEM_URL, 'system')
  const nats = connectNats({ url: config.NATS_URL, name: 'tokens', log })
  const peer = (target: 'identity' | 'orgs', baseUrl: string) => createServiceClient({ self: 'tokens', target, baseUrl, signer, log })
  const peers = { identity: peer('identity', config.IDENTITY_URL), orgs: peer('orgs', config.ORGS_URL) }
  const producers = followed ?? { identity: createSpineClient(peers.identity), orgs: createSpineClient(peers.orgs) }
  const following = { system: asSystem.db, nats, log, clock }
  const envelope = createEnvelope({ keys: keyEncryptionKeys(config) })
  const keyRing = createKeyRing(envelope)
  const identity = followIdentity({ ...following, client: producers.identity })
  const orgs = followOrgs({ ...following, client: producers.orgs })
  const jwks = createJwksSource(async () => {
    keyRing.fill((await listSigningKeys(asSystem.db)).keys)
    return keyRing.jwks(clock.now())
  })
  const spine = createSpine({ service: 'tokens', runtime: asRuntime.db, system: asSystem.db, nats, log, clock })
  return {
    log,
    clock,
    issuer: config.GATEHOUSE_ISSUER,
    db: asRuntime.db,
    system: asSystem.db,
    spine,
    identity,
    orgs,
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
      await Promise.allSettled([nats.close(), peers.identity.close(), peers.orgs.close()])
      await Promise.allSettled([asRuntime.close(), asSystem.close()])
    },
  }
}

const keyEncryptionKeys = (config: Config): Buffer[] =>
  [config.KEY_ENCRYPTION_KEY, config.KEY_ENCRYPTION_KEY_PREVIOUS].filter((key) => key !== undefined).map(parseKey)
