/** What tokens does without being asked: announces, follows its neighbours, keeps keys and sessions in order. */
import { createResealing } from '@gatehouse/service-kit/secrets/reseal'
import { createUpkeep, together, type Part } from '@gatehouse/service-kit/concurrency/background'
import type { Deps } from './deps.ts'
import { endSessionsOfDeletedClients } from './use-cases/oauth-clients/end-sessions-of-client.ts'
import {
  endExpiredSessions,
  eraseSeals,
  forgetOldAuthorizations,
  forgetOldSessions,
} from './use-cases/sessions/session-upkeep.ts'
import { remindOfExpiringKeys } from './use-cases/service-accounts/remind-of-api-keys.ts'
import { keepSigningKeys } from './use-cases/keys/keep-signing-keys.ts'
import { sealedSigningKeys } from './use-cases/keys/sealed-signing-keys.ts'

const secondMs = 1000
const hourMs = 3_600_000

export const background = (deps: Deps): Part[] => [
  deps.spine,
  together(Object.values(deps.following)),
  together(upkeepOf(deps)),
]

const upkeepOf = (deps: Deps): Part[] => [
  createUpkeep({
    name: 'signing keys',
    run: () => keepSigningKeys(deps),
    // A key made or voided elsewhere is known here within this time; without any key, a start is retried soon.
    everyMs: () => (deps.keyRing.canSign(deps.clock.now()) ? 5 * secondMs : secondMs),
    log: deps.log,
  }),
  createResealing({ kind: 'signing_keys', log: deps.log, ...sealedSigningKeys(deps) }),
  createUpkeep({ name: 'sealed successors', run: () => eraseSeals(deps), everyMs: 5 * secondMs, log: deps.log }),
  createUpkeep({
    name: 'expired sessions',
    run: () => endExpiredSessions(deps),
    everyMs: 30 * secondMs,
    log: deps.log,
  }),
  createUpkeep({
    name: 'sessions of deleted clients',
    run: () => endSessionsOfDeletedClients(deps),
    everyMs: 30 * secondMs,
    log: deps.log,
  }),
  createUpkeep({
    name: 'old authorizations',
    run: () => forgetOldAuthorizations(deps),
    everyMs: hourMs,
    log: deps.log,
  }),
  createUpkeep({
    name: 'expiring API keys',
    run: () => remindOfExpiringKeys(deps),
    everyMs: hourMs,
    log: deps.log,
  }),
  createUpkeep({ name: 'old sessions', run: () => forgetOldSessions(deps), everyMs: hourMs, log: deps.log }),
]
