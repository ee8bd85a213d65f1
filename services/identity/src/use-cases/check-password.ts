/**
 * Whether address and password belong together. Unknown address, wrong password, throttled source and disabled person end alike:
 * one hash, one even time, `invalid_credentials`. A wrong password for an existing person is announced.
 */
import { SignInFailed } from '@gatehouse/contracts/events/identity/sign-in-failed.v1'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/service-kit/events/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Deps } from '../deps.ts'
import { normalizeAddress } from '../domain/email-address.ts'
import { normalizePassword } from '../domain/password-rules.ts'
import { isThrottled } from '../domain/sign-in.ts'
import { claimRehash, findAccountByAddress, type Account } from '../store/accounts.ts'
import { countFailure, dropDecayedFailures, findFailures, forgetFailures } from '../store/sign-in-throttles.ts'

type CheckDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'even' | 'settings' | 'log'>
const outcomes = counter('identity_password_checks_total', 'Passwords presented at sign-in, by what came of it')

type Presented = { email: string; password: string; source: string }

/** @throws AppError `invalid_credentials`, `unavailable` when too many wait for hashing */
export function checkPassword(deps: CheckDeps, { email, source, ...typed }: Presented): Promise<Account> {
  const password = normalizePassword(typed.password)
  return deps.even.onFailure(async () => {
    const account = await findAccountByAddress(deps.system, normalizeAddress(email))
    const isRight = await deps.hasher.verify(account?.phc, password, source)
    if (account === undefined) throw refused('unknown_address')
    if (!isRight) await recordFailure(deps, account.userId, source)
    if (!isRight) throw refused('wrong_password')
    await admit(deps, account, source)
    await strengthen(deps, { account, password, source })
    outcomes.add(1, { outcome: 'right_password' })
    return account
  })
}

function refused(outcome: string): Error {
  outcomes.add(1, { outcome })
  return problem('invalid_credentials')
}

/** The right password may still come too late or for nobody. Failures are read after the hash, so guesses sent at once stand in each other's way. */
async function admit({ system, settings }: CheckDeps, { userId, status }: Account, source: string): Promise<void> {
  if (status !== 'active') throw refused('disabled')
  const failures = await findFailures(system, { userId, source, halfLifeSeconds: settings.throttle.halfLifeSeconds })
  if (isThrottled(failures, settings.throttle)) throw refused('throttled')
  if (failures > 0) await forgetFailures(system, { userId, source })
}

async function recordFailure({ spine, settings }: CheckDeps, userId: string, source: string): Promise<void> {
  const { limit, halfLifeSeconds } = settings.throttle
  await spine.write(
    {},
    async (tx) => {
      await countFailure(tx, { userId, source, halfLifeSeconds, ceiling: 2 * limit })
      await dropDecayedFailures(tx, 20 * halfLifeSeconds)
      await appendEvent(tx, {
        contract: SignInFailed,
        aggregateType: 'sign_in',
        aggregateId: newId('sin'),
        version: 1,
        userId,
        actor: 'system',
        data: { user_id: userId },
      })
    },
    { db: 'system' },
  )
}

/** Hashes again when the parameters have risen. A sign-in never fails for it: the next one tries again. */
async function strengthen(deps: CheckDeps, { account, password, source }: { account: Account; password: string; source: string }): Promise<void> {
  if (!deps.hasher.isOutdated(account.phc)) return
  try {
    const to = await deps.hasher.hash(password, source)
    await claimRehash(deps.system, { userId: account.userId, from: account.phc, to })
  } catch (err) {
    deps.log.warn({ err, user_id: account.userId }, 'a password keeps its older hash for now')
  }
}
