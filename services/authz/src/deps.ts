/** Opens what authz depends on and hands it over as one plain object. */
import { createJwksSource, type Jwks } from '@gatehouse/access/tokens/jwks-source'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { createWorkerPool, siblingModule } from '@gatehouse/service-kit/concurrency/worker-pool'
import { check } from '@gatehouse/service-kit/health/checks'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import type { Consumer } from '@gatehouse/spine/consume/consumer'
import type { Projection } from '@gatehouse/spine/follow/projection'
import type { Reader } from '@gatehouse/spine/follow/reader'
import type { SpineClient } from '@gatehouse/spine/follow/spine-client'
import { openService, type Service } from '@gatehouse/spine/open-service'
import { createLocalClient } from '@gatehouse/spine/produce/producer'
import type { Config } from './config.ts'
import { createDenialRecorder, type DenialRecorder } from './decision-log/denial-recorder.ts'
import { createDecisionRecorder, type DecisionRecorder } from './decision-log/decision-recorder.ts'
import { consumePlatformAdmins, followIdentity, followOrgs, followOwnWrites, followTokens } from './events/follow.ts'
import { createConditionParser, type ConditionParser } from './facts/condition-parser.ts'
import { createFactCache, type FactCache } from './facts/fact-cache.ts'
import type * as parseWork from './parse-worker.ts'
import { probeSchema } from './store/facts.ts'
import { snapshots } from './use-cases/projections/take-snapshot.ts'

type Peer = 'identity' | 'orgs' | 'tokens'

export type Deps = Service<Peer> & {
  /** Copies and own writes, with proof of how current they are. */
  following: { identity: Projection; orgs: Projection; tokens: Projection; own: Reader }
  platformAdmins: Consumer
  factCache: FactCache
  decisions: DecisionRecorder
  denials: DenialRecorder
  parseConditions: ConditionParser
  /** Share of recorded decisions a draft may turn round without confirmation. */
  impactThreshold: number
}

/** Neighbours as authz asks them. */
export type Neighbours = Record<Peer, SpineClient> & { jwks(): Promise<Jwks> }

/** `neighbours` is given when they are not asked over HTTP. */
export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }, neighbours?: Neighbours): Deps {
  const service = openService({
    service: 'authz',
    peers: ['identity', 'orgs', 'tokens'],
    config,
    runtime,
    probeSchema,
    jwks: neighbours && createJwksSource(neighbours.jwks),
    feeds: neighbours,
  })
  const parsePool = createWorkerPool<typeof parseWork>({
    name: 'condition_parser',
    module: siblingModule(import.meta.url, 'parse-worker'),
    threads: 1,
    capacity: 200,
  })
  const factCache = createFactCache({ db: service.db })
  const following = followAll(service, factCache)
  return {
    ...service,
    close: async () => {
      await parsePool.close()
      await service.close()
    },
    parseConditions: createConditionParser(parsePool),
    following,
    platformAdmins: consumePlatformAdmins({ ...service, client: service.feeds.identity }),
    factCache,
    denials: createDenialRecorder(service),
    decisions: createDecisionRecorder({ ...service, sampleRate: config.DECISION_LOG_SAMPLE_RATE }),
    impactThreshold: config.POLICY_PUBLISH_IMPACT_THRESHOLD,
    ready: () =>
      service.ready([
        check('identity_projection', following.identity.ready),
        check('orgs_projection', following.orgs.ready),
        check('tokens_projection', following.tokens.ready),
        check('own_events', following.own.ready),
      ]),
  }
}

const followAll = (service: Service<Peer>, factCache: FactCache): Deps['following'] => ({
  identity: followIdentity({ ...service, factCache, client: service.feeds.identity }),
  orgs: followOrgs({ ...service, factCache, client: service.feeds.orgs }),
  tokens: followTokens({ ...service, factCache, client: service.feeds.tokens }),
  own: followOwnWrites({ ...service, factCache, client: createLocalClient({ ...service, snapshots }) }),
})
