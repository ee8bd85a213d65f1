/** Opens what the gateway depends on and hands it over as one plain object: no database. */
import { apiKeyPrefixes } from '@gatehouse/contracts/claims/access-token'
import { deviceHeader } from '@gatehouse/contracts/common/services'
import { createDeviceTokenVerifier } from '@gatehouse/access/tokens/device-token'
import type { Jwks } from '@gatehouse/access/tokens/jwks-source'
import { ExchangeApiKey } from '@gatehouse/contracts/http/tokens/service-accounts'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { watchDependency, type Dependency } from '@gatehouse/service-kit/health/dependency'
import { connectRedis, type RedisConnection } from '@gatehouse/service-kit/redis/connect'
import { openPeers, type PeerName, type Peers } from '@gatehouse/spine/open-peers'
import type { FastifyRequest } from 'fastify'
import { createApiKeys, type ApiKeys } from './access/api-keys.ts'
import type { Config } from './config.ts'
import { createAllowedOrigins, type AllowedOrigins } from './edge/allowed-origins.ts'
import { createClientAddressReader } from './edge/client-address.ts'
import { createBudgets, type Budgets } from './edge/rate-limits.ts'
import { createKeptOrigins, type KeptOrigins } from './events/client-origins.ts'
import { createFloors, type Floors } from './events/follow-floors.ts'
import { createLiveAnswers, type LiveAnswers } from './proxy/live-answers.ts'
import { createUpstreams, type Upstreams } from './proxy/upstreams.ts'

const addressKey: unique symbol = Symbol('client address')

declare module 'fastify' {
  interface FastifyRequest {
    [addressKey]?: string
  }
}

export type Deps = Peers<PeerName> & {
  origins: AllowedOrigins
  redis: Dependency
  budgets: Budgets
  addressOf: (request: FastifyRequest) => string
  /** The account whose known device asks, as identity has signed it. */
  deviceOf: (request: FastifyRequest) => string | undefined
  floors: Floors
  apiKeys: ApiKeys
  upstreams: Upstreams
  liveAnswers: LiveAnswers
}

export function openDeps(config: Config, runtime: { log: Logger; clock: Clock }): Deps {
  const { log, clock } = runtime
  const service = openPeers({
    service: 'gateway',
    peers: ['identity', 'tokens', 'orgs', 'authz', 'workers'],
    config,
    runtime,
  })
  const { jwks, accessTokens, peers } = service
  const redis = connectRedis({ url: config.REDIS_URL, name: 'gateway', log })
  const redisWatch = watchDependency({ name: 'redis', probe: redis.ping, log })
  const clientOrigins = createKeptOrigins()
  const floors = createFloors({
    ...service,
    origins: clientOrigins,
    onSigningKeys: () =>
      void jwks
        .refresh()
        .catch((err: unknown) => log.warn({ err }, 'a signing key changed and the key set cannot be fetched')),
  })
  const upstreams = openUpstreams(config)
  const budgets = openBudgets(config, redis.redis)
  return {
    ...service,
    origins: allowedOrigins(config, clientOrigins),
    redis: redisWatch,
    budgets,
    addressOf: addressReader(config.TRUSTED_PROXIES),
    deviceOf: deviceReader(config.SERVICE_JWKS),
    floors,
    apiKeys: createApiKeys({
      clock,
      prefix: apiKeyPrefixes[config.GATEHOUSE_ENV],
      exchange: (key, organization) => peers.tokens.call(ExchangeApiKey, { body: { key, ...named(organization) } }),
      accessTokens,
      floors,
      failures: budgets.failedKeys,
    }),
    upstreams,
    liveAnswers: createLiveAnswers({ accessTokens, floors, clock }),
    close: async () => {
      redisWatch.stop()
      await Promise.allSettled([redis.close(), upstreams.close(), service.close()])
    },
  }
}

const named = (organization: string | undefined) =>
  organization === undefined ? {} : { organization_id: organization }

const allowedOrigins = (config: Config, ofClients: KeptOrigins): AllowedOrigins =>
  createAllowedOrigins({ issuer: config.GATEHOUSE_ISSUER, ofDeployment: config.GATEWAY_CORS_ORIGINS, ofClients })

const openBudgets = (config: Config, redis: RedisConnection['redis']): Budgets =>
  createBudgets(redis, {
    general: config.GATEWAY_RATE_LIMIT_PER_MINUTE,
    credentials: config.GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE,
    check: config.GATEWAY_CHECK_LIMIT_PER_MINUTE,
  })

const openUpstreams = (config: Config): Upstreams =>
  createUpstreams({
    identity: config.IDENTITY_URL,
    tokens: config.TOKENS_URL,
    orgs: config.ORGS_URL,
    authz: config.AUTHZ_URL,
    workers: config.WORKERS_URL,
    pages: config.PAGES_URL,
  })

function deviceReader(jwks: string): Deps['deviceOf'] {
  const accountOf = createDeviceTokenVerifier(JSON.parse(jwks) as Jwks)
  return (request) => {
    const token = request.headers[deviceHeader]
    return typeof token === 'string' ? accountOf(token) : undefined
  }
}

/** The address is asked for several times in a request; a chain of proxies is read once. */
function addressReader(trustedProxies: readonly string[]): Deps['addressOf'] {
  const read = createClientAddressReader(trustedProxies)
  return (request) => {
    const forwardedFor = request.raw.headers['x-forwarded-for'] as string | undefined
    const peer = request.raw.socket.remoteAddress
    if (forwardedFor === undefined) return read(peer, undefined)
    return (request[addressKey] ??= read(peer, forwardedFor))
  }
}
