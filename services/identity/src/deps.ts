/** Opens what identity depends on and hands it over as one plain object. */
import type { Clock } from '@gatehouse/service-kit/context/clock'
import type { Logger } from '@gatehouse/service-kit/logging/logger'
import { createWorkerPool, siblingModule } from '@gatehouse/service-kit/concurrency/worker-pool'
import { gauge } from '@gatehouse/service-kit/telemetry/metrics'
import { createEnvelope, parseKey, type Envelope } from '@gatehouse/service-kit/secrets/envelope'
import { openService, type Service } from '@gatehouse/spine/open-service'
import { createAuthzClient, type AuthzClient } from './clients/authz.ts'
import { createOrgsClient, type OrgsClient } from './clients/orgs.ts'
import { createTokensClient, type TokensClient } from './clients/tokens.ts'
import type { Config } from './config.ts'
import { createDeviceTokens, type DeviceTokens } from './devices/device-tokens.ts'
import type { SignInLimits } from './domain/sign-in-limits.ts'
import { createRelyingParty, type RelyingParty } from './factors/relying-party.ts'
import { createTotpCodes, type TotpCodes } from './factors/totp-codes.ts'
import { createConstantTimeAnswers, type ConstantTimeAnswers } from './passwords/constant-time-answers.ts'
import { createStrengthEstimator, type StrengthEstimator } from './passwords/strength-estimate.ts'
import { createHashQueue } from './passwords/hash-queue.ts'
import { createPasswordHasher, type PasswordHasher } from './passwords/password-hasher.ts'
import type * as strengthWork from './strength-worker.ts'

export type Settings = {
  verificationTtlSeconds: number
  registrationTtlSeconds: number
  resendCooldownSeconds: number
  challengeTtlSeconds: number
  resetTtlSeconds: number
  addressUndoSeconds: number
  deletionGraceSeconds: number
  /** Whether people may sign in with a code that comes by mail. */
  emailCodes: boolean
  emailCodeTtlSeconds: number
  recentSignInSeconds: number
  /** For how long a device may be spared the second factor; 0: never. */
  rememberedDeviceDays: number
  limits: SignInLimits
  /** Of second factors. */
  factorLimits: SignInLimits
}

export type Deps = Service<'tokens' | 'authz' | 'orgs'> & {
  clients: { tokens: TokensClient; authz: AuthzClient; orgs: OrgsClient }
  hasher: PasswordHasher
  estimateStrength: StrengthEstimator
  constantTime: ConstantTimeAnswers
  devices: DeviceTokens
  /** Of secrets at rest. */
  envelope: Envelope
  totp: TotpCodes
  relyingParty: RelyingParty
  clock: Clock
  settings: Settings
}

export async function openDeps(config: Config, runtime: { log: Logger; clock: Clock }): Promise<Deps> {
  const hasher = await openHasher(config, runtime.clock)
  const envelope = createEnvelope({ keys: keyEncryptionKeys(config) })
  const service = openService({ service: 'identity', peers: ['tokens', 'authz', 'orgs'], config, runtime })
  const strengthPool = createWorkerPool<typeof strengthWork>({
    name: 'password_strength',
    module: siblingModule(import.meta.url, 'strength-worker'),
    threads: 1,
    capacity: config.IDENTITY_HASH_QUEUE,
  })
  return {
    ...service,
    close: async () => {
      await service.close()
      await strengthPool.close()
    },
    clients: {
      tokens: createTokensClient(service.peers.tokens),
      authz: createAuthzClient(service.peers.authz),
      orgs: createOrgsClient(service.peers.orgs),
    },
    hasher,
    estimateStrength: createStrengthEstimator(strengthPool),
    constantTime: createConstantTimeAnswers({ clock: runtime.clock, spanMs: config.IDENTITY_ANSWER_SPAN_MS }),
    devices: createDeviceTokens({
      privateKey: config.SERVICE_PRIVATE_KEY,
      clock: runtime.clock,
      ttlSeconds: config.IDENTITY_DEVICE_TTL_DAYS * 86_400,
    }),
    envelope,
    totp: createTotpCodes({
      envelope,
      issuer: config.IDENTITY_TOTP_ISSUER,
    }),
    relyingParty: createRelyingParty(relyingPartyOf(config)),
    clock: runtime.clock,
    settings: settingsOf(config),
  }
}

function openHasher(config: Config, clock: Clock): Promise<PasswordHasher> {
  const parameters = {
    memoryKib: config.IDENTITY_ARGON2_MEMORY_KIB,
    passes: config.IDENTITY_ARGON2_PASSES,
    lanes: config.IDENTITY_ARGON2_LANES,
  }
  const queue = createHashQueue({
    concurrency: config.IDENTITY_HASH_CONCURRENCY,
    capacity: config.IDENTITY_HASH_QUEUE,
    maxWaitMs: config.IDENTITY_HASH_WAIT_MS,
    clock,
  })
  gauge('identity_password_queue_waiting', 'Passwords waiting to be hashed', queue.waiting)
  return createPasswordHasher({ parameters, queue })
}

const keyEncryptionKeys = (config: Config): Buffer[] =>
  [config.KEY_ENCRYPTION_KEY, config.KEY_ENCRYPTION_KEY_PREVIOUS].filter((key) => key !== undefined).map(parseKey)

/** Where people sign in is where the platform is, unless pages of other origins of the same site are named. */
function relyingPartyOf(config: Config): Parameters<typeof createRelyingParty>[0] {
  const { hostname, origin } = new URL(config.GATEHOUSE_ISSUER)
  const origins = config.IDENTITY_PASSKEY_ORIGINS?.split(',').map((one) => one.trim()) ?? [origin]
  return { id: config.IDENTITY_PASSKEY_RP_ID ?? hostname, name: config.IDENTITY_TOTP_ISSUER, origins }
}

const settingsOf = (config: Config): Settings => ({
  verificationTtlSeconds: config.IDENTITY_VERIFICATION_TTL_SECONDS,
  registrationTtlSeconds: Math.max(config.IDENTITY_REGISTRATION_TTL_SECONDS, config.IDENTITY_VERIFICATION_TTL_SECONDS),
  resendCooldownSeconds: config.IDENTITY_RESEND_COOLDOWN_SECONDS,
  challengeTtlSeconds: config.IDENTITY_CHALLENGE_TTL_SECONDS,
  resetTtlSeconds: config.IDENTITY_RESET_TTL_SECONDS,
  addressUndoSeconds: config.IDENTITY_ADDRESS_UNDO_SECONDS,
  emailCodes: config.IDENTITY_EMAIL_CODES === 'on',
  emailCodeTtlSeconds: config.IDENTITY_EMAIL_CODE_TTL_SECONDS,
  deletionGraceSeconds: config.IDENTITY_DELETION_GRACE_SECONDS,
  recentSignInSeconds: config.IDENTITY_RECENT_SIGN_IN_SECONDS,
  rememberedDeviceDays: config.IDENTITY_REMEMBERED_DEVICE_DAYS,
  limits: limitsOf(config),
  factorLimits: {
    ...limitsOf(config),
    pair: config.IDENTITY_FACTOR_LIMIT,
    account: config.IDENTITY_FACTOR_LIMIT,
    device: config.IDENTITY_FACTOR_LIMIT,
  },
})

const limitsOf = (config: Config): SignInLimits => ({
  pair: config.IDENTITY_THROTTLE_LIMIT,
  account: config.IDENTITY_THROTTLE_ACCOUNT_LIMIT,
  source: config.IDENTITY_THROTTLE_SOURCE_LIMIT,
  device: config.IDENTITY_THROTTLE_DEVICE_LIMIT,
  halfLifeSeconds: config.IDENTITY_THROTTLE_HALF_LIFE_SECONDS,
})
