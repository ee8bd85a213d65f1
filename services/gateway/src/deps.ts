/** Opens what the gateway depends on and hands it over as one plain object. Nothing here waits for anybody: services may start in any order. */
import { accessTokenAudience, apiKeyPrefixes } from '@gatehouse/contracts/claims/access-token'
import { ExchangeApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import { GetInternalJwks } from '@gatehouse/contracts/http/tokens/sessions'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { createSpineClient } from '@gatehouse/spine/follow/spine-client'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import { createJwksSource, type JwksSource } from '@gatehouse/access/tokens/jwks-source'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectRedis } from '@gatehouse/service-kit/redis/connect'
import type { FastifyRequest } from 'fastify'
import { createApiKeys, type ApiKeys } from './access/api-keys.ts'
import { createFailureBudget } from './access/failure-budget.ts'
import type { Config } from './config.ts'
import { createClientAddressReader } from './edge/client-address.ts'
import { createLocalCounter, createRedisCounter, type Counter } from './edge/counters.ts'
import type { Budgets } from './edge/rate-limits.ts'
import { createFloors, type Floors } from './events/follow-floors.ts'
import { createUpstreams, type Upstreams } from './proxy/upstreams.ts'

export type Deps = {
  log: Logger
  clock: Clock
  /** Public address of the platform. */
  issuer: string
  corsOrigins: readonly string[]
  budgets: Budgets
  counter: Counter
  addressOf: (request: FastifyRequest) => string
  jwks: JwksSource
  accessTokens: AccessTokenVerifier
  floors: Floors
  apiKeys: ApiKeys
  signer: AssertionSigner
  upstreams: Upstreams
  close(): Promise<void>
}

export function openDeps(config: Config, { log, clock }: { log: Logger; clock: Clock }): Deps {
  const { signer } = loadServiceKeys('gateway', config)
  const addresses = {
    identity: config.IDENTITY_URL,
    tokens: config.TOKENS_URL,
    orgs: config.ORGS_URL,
    authz: config.AUTHZ_URL,
    workers: config.WORKERS_URL,
  }
  const readAddress = createClientAddressReader(config.TRUSTED_PROXIES)
  const nats = connectNats({ url: config.NATS_URL, name: 'gateway', log })
  const redis = connectRedis({ url: config.REDIS_URL, name: 'gateway', log })
  const client = (target: 'identity' | 'tokens' | 'orgs') =>
    createServiceClient({ self: 'gateway', target, baseUrl: addresses[target], signer, log })
  const clients = { identity: client('identity'), tokens: client('tokens'), orgs: client('orgs') }
  const jwks = createJwksSource(() => clients.tokens.call(GetInternalJwks, { timeoutMs: 1000 }), { clock })
  const floors = createFloors({
    clients: {
      identity: createSpineClient(clients.identity),
      tokens: createSpineClient(clients.tokens),
      orgs: createSpineClient(clients.orgs),
    },
    nats,
    log,
    clock,
    onSigningKeys: () =>
      void jwks
        .refresh()
        .catch((err: unknown) => log.warn({ err }, 'a signing key changed and the key set cannot be fetched')),
  })
  const upstreams = createUpstreams(addresses)
  const counter = createRedisCounter(redis, createLocalCounter(clock.monotonicMs))
  const accessTokens = createAccessTokenVerifier({
    issuer: config.GATEHOUSE_ISSUER,
    audience: accessTokenAudience,
    jwks,
    clock,
  })
  return {
    log,
    clock,
    issuer: config.GATEHOUSE_ISSUER,
    corsOrigins: config.GATEWAY_CORS_ORIGINS,
    budgets: {
      general: config.GATEWAY_RATE_LIMIT_PER_MINUTE,
      credentials: config.GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE,
      check: config.GATEWAY_CHECK_LIMIT_PER_MINUTE,
    },
    counter,
    addressOf: (request) =>
      readAddress(request.socket.remoteAddress, request.headers['x-forwarded-for'] as string | undefined),
    jwks,
    accessTokens,
    floors,
    apiKeys: createApiKeys({
      clock,
      prefix: apiKeyPrefixes[config.GATEHOUSE_ENV],
      exchange: (key) => clients.tokens.call(ExchangeApiKey, { body: { key } }),
      accessTokens,
      floors,
      failures: createFailureBudget({ counter, clock, perMinute: config.GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE }),
    }),
    signer,
    upstreams,
    async close() {
      await floors.stop()
      await Promise.allSettled([
        nats.close(),
        redis.close(),
        upstreams.close(),
        ...Object.values(clients).map((one) => one.close()),
      ])
    },
  }
}
