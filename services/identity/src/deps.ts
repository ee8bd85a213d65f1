/** Opens what identity depends on and hands it over as one plain object. */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import { loadServiceKeys } from '@gatehouse/access/tokens/service-keys'
import type { Clock } from '@gatehouse/service-kit/context/clock'
import { connectNats } from '@gatehouse/spine/nats/connection'
import { createSpine, type Spine } from '@gatehouse/spine/produce/producer'
import { createAccessTokenVerifier, type AccessTokenVerifier } from '@gatehouse/access/tokens/access-token'
import type { AssertionVerifier } from '@gatehouse/access/tokens/assertion'
import { createJwksSource } from '@gatehouse/access/tokens/jwks-source'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { connectPostgres, type Db } from '@gatehouse/service-kit/postgres/connect'
import { gauge } from '@gatehouse/service-kit/telemetry/metrics'
import { createTokensClient, type TokensClient } from './clients/tokens.ts'
import type { Config } from './config.ts'
import type { ThrottleSettings } from './domain/sign-in.ts'
import { createConstantTimeAnswers, type ConstantTimeAnswers } from './passwords/constant-time-answers.ts'
import { createStrengthEstimator, type StrengthEstimator } from './passwords/strength-estimate.ts'
import { createHashQueue } from './passwords/hash-queue.ts'
import { createPasswordHasher, type PasswordHasher } from './passwords/password-hasher.ts'

export type Settings = {
  verificationTtlSeconds: number
  resendCooldownSeconds: number
  challengeTtlSeconds: number
  throttle: ThrottleSettings
}

export type Deps = {
  log: Logger
  clock: Clock
  /** The runtime role: sees the rows of the person the transaction is for. */
  db: Db
  /** The system role: look-ups by address or secret hash. */
  system: Db
  spine: Spine
  hasher: PasswordHasher
  estimateStrength: StrengthEstimator
  constantTime: ConstantTimeAnswers
  tokens: TokensClient
  settings: Settings
  assertions: AssertionVerifier
  accessTokens: AccessTokenVerifier
  /** Rejects when PostgreSQL does not answer to one of the roles. */
  ping(): Promise<unknown>
  close(): Promise<void>
}

export async function openDeps(config: Config, { log, clock }: { log: Logger; clock: Clock }): Promise<Deps> {
  const { signer, verifier: assertions } = loadServiceKeys('identity', config)
  const hasher = await openHasher(config)
  const connect = (url: string, role: string) =>
    connectPostgres({ url, schema: 'identity', applicationName: `identity ${role}` })
  const runtime = connect(config.DATABASE_RUNTIME_URL, 'runtime')
  const system = connect(config.DATABASE_SYSTEM_URL, 'system')
  const nats = connectNats({ url: config.NATS_URL, name: 'identity', log })
  const http = createServiceClient({ self: 'identity', target: 'tokens', baseUrl: config.TOKENS_URL, signer, log })
  const tokens = createTokensClient(http)
  const spine = createSpine({ service: 'identity', runtime: runtime.db, system: system.db, nats, log, clock })
  return {
    log,
    clock,
    db: runtime.db,
    system: system.db,
    spine,
    hasher,
    estimateStrength: createStrengthEstimator(),
    constantTime: createConstantTimeAnswers({ clock, spanMs: config.IDENTITY_ANSWER_SPAN_MS }),
    tokens,
    settings: settingsOf(config),
    assertions,
    accessTokens: createAccessTokenVerifier({
      issuer: config.GATEHOUSE_ISSUER,
      audience: accessTokenAudience,
      jwks: createJwksSource(tokens.jwks),
    }),
    ping: () => Promise.all([runtime.ping(), system.ping()]),
    async close() {
      await spine.stop()
      await Promise.allSettled([nats.close(), http.close(), runtime.close(), system.close()])
    },
  }
}

function openHasher(config: Config): Promise<PasswordHasher> {
  const parameters = {
    memoryKib: config.IDENTITY_ARGON2_MEMORY_KIB,
    passes: config.IDENTITY_ARGON2_PASSES,
    lanes: config.IDENTITY_ARGON2_LANES,
  }
  const queue = createHashQueue({ concurrency: config.IDENTITY_HASH_CONCURRENCY, capacity: config.IDENTITY_HASH_QUEUE })
  gauge('identity_password_queue_waiting', 'Passwords waiting to be hashed', queue.waiting)
  return createPasswordHasher({ parameters, queue })
}

const settingsOf = (config: Config): Settings => ({
  verificationTtlSeconds: config.IDENTITY_VERIFICATION_TTL_SECONDS,
  resendCooldownSeconds: config.IDENTITY_RESEND_COOLDOWN_SECONDS,
  challengeTtlSeconds: config.IDENTITY_CHALLENGE_TTL_SECONDS,
  throttle: { limit: config.IDENTITY_THROTTLE_LIMIT, halfLifeSeconds: config.IDENTITY_THROTTLE_HALF_LIFE_SECONDS },
})
