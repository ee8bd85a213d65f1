/** Opens what authz depends on and hands it over as one plain object. */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Consumer } from '@gatehouse/spine/consume/consumer'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { createLocalClient, createSpine, type Spine } from '@gatehouse/spine/produce/producer'
import type { Projection } from '@gatehouse/spine/follow/projection'
import type { Reader } from '@gatehouse/spine/follow/reader'
import { createSpineClient, type SpineClient } from '@gatehouse/spine/follow/spine-client'
import { check, type ReadyCheck } from '@gatehouse/service-kit/health/checks'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { createJwksSource, type Jwks } from '@gatehouse/access/tokens/jwks-source'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import type { Config } from './config.ts'
import { consumePlatformAdmins, followIdentity, followOrgs, followOwnWrites, followTokens } from './events/follow.ts'
import { probeSchema } from './store/facts.ts'
import { createDecisionRecorder, type DecisionRecorder } from './decision-log/decision-recorder.ts'
import { createFactCache, type FactCache } from './facts/fact-cache.ts'
import { writeState } from './use-cases/projections/write-snapshot.ts'

export type Deps = {
  log: Logger
  clock: Clock
  issuer: string
  /** The runtime role: sees what the transaction's scope allows. */
  db: Db
  /** The system role: the platform's own model, copies of neighbours' facts, snapshots. */
  system: Db
  spine: Spine
  /** Copies and own writes, with proof of how current they are. */
  following: { identity: Projection; orgs: Projection; tokens: Projection; own: Reader }
  platformAdmins: Consumer
  factCache: FactCache
  decisions: DecisionRecorder
  /** Share of recorded decisions a draft may turn round without confirmation. */
  impactThreshold: number
  assertions: AssertionVerifier
  accessTokens: AccessTokenVerifier
  ready(): Promise<ReadyCheck[]>
  close(): Promise<void>
}

/** Neighbours as authz asks them. */
export type Neighbours = { identity: SpineClient; orgs: SpineClient; tokens: SpineClient; jwks(): Promise<Jwks> }

/** `neighbours` is given when they are not asked over HTTP. */
export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }, neighbours?: Neighbours): Deps {
  const { log, clock } = runtime
  const { signer, verifier: assertions } = loadServiceKeys('authz', config)
  const connect = (url: string, role: string) =>
    connectPostgres({ url, schema: 'authz', applicationName: `authz ${role}` })
  const asRuntime = connect(config.DATABASE_RUNTIME_URL, 'runtime')
  const asSystem = connect(config.DATABASE_SYSTEM_URL, 'system')
  const system = asSystem.db
  const nats = connectNats({ url: config.NATS_URL, name: 'authz', log })
  const peer = (target: 'identity' | 'orgs' | 'tokens', baseUrl: string) =>
    createServiceClient({ self: 'authz', target, baseUrl, signer, log })
  const peers = {
    identity: peer('identity', config.IDENTITY_URL),
    orgs: peer('orgs', config.ORGS_URL),
    tokens: peer('tokens', config.TOKENS_URL),
  }
  const asked = neighbours ?? {
    identity: createSpineClient(peers.identity),
    orgs: createSpineClient(peers.orgs),
    tokens: createSpineClient(peers.tokens),
    jwks: () => peers.tokens.call(GetInternalJwks, {}),
  }
  const spine = createSpine({ service: 'authz', runtime: asRuntime.db, system, nats, log, clock })
  const factCache = createFactCache({ db: asRuntime.db })
  const shared = { system, nats, log, clock }
  const following = followAll({
    ...shared,
    factCache,
    asked,
    own: createLocalClient({ spine, system, snapshots: { state: writeState } }),
  })
  const decisions = createDecisionRecorder({ system, log, clock, sampleRate: config.DECISION_LOG_SAMPLE_RATE })
  const platformAdmins = consumePlatformAdmins({ ...shared, client: asked.identity })
  return {
    log,
    clock,
    issuer: config.GATEHOUSE_ISSUER,
    db: asRuntime.db,
    system,
    spine,
    following,
    platformAdmins,
    factCache,
    decisions,
    impactThreshold: config.POLICY_PUBLISH_IMPACT_THRESHOLD,
    assertions,
    accessTokens: createAccessTokenVerifier({
      issuer: config.GATEHOUSE_ISSUER,
      audience: accessTokenAudience,
      jwks: createJwksSource(asked.jwks),
      clock,
    }),
    ready: () =>
      Promise.all([
        check('postgres', () => Promise.all([asRuntime.ping(), asSystem.ping()])),
        check('schema', () => probeSchema(system)),
        check('identity_projection', () => following.identity.ready()),
        check('orgs_projection', () => following.orgs.ready()),
        check('tokens_projection', () => following.tokens.ready()),
        check('own_events', () => following.own.ready()),
      ]),
    async close() {
      await Promise.allSettled([platformAdmins.stop(), ...Object.values(following).map((follower) => follower.stop())])
      await decisions.stop()
      await spine.stop()
      await Promise.allSettled([nats.close(), ...Object.values(peers).map((client) => client.close())])
      await Promise.allSettled([asRuntime.close(), asSystem.close()])
    },
  }
}

type Followed = Omit<Parameters<typeof followIdentity>[0], 'client'> & { asked: Neighbours; own: SpineClient }

const followAll = ({ asked, own, ...shared }: Followed): Deps['following'] => ({
  identity: followIdentity({ ...shared, client: asked.identity }),
  orgs: followOrgs({ ...shared, client: asked.orgs }),
  tokens: followTokens({ ...shared, client: asked.tokens }),
  own: followOwnWrites({ ...shared, client: own }),
})

/** Announces, follows, consumes; after the server listens. */
export function startBackground(deps: Pick<Deps, 'spine' | 'following' | 'platformAdmins' | 'decisions'>): void {
  deps.decisions.start()
  deps.spine.start()
  for (const follower of Object.values(deps.following)) follower.start()
  deps.platformAdmins.start()
}
