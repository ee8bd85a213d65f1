/**
 * Whether address and password belong together. Unknown address, wrong password, throttled source and disabled person end alike:
 * one hash, one even time, `invalid_credentials`. A wrong password for an existing person is announced.
 */
import { SignInFailed } from '@gatehouse/contracts/events/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { Deps } from '../../deps.ts'
import { normalizeAddress } from '../../domain/email-address.ts'
import { normalizePassword } from '../../domain/password-rules.ts'
import { isThrottled } from '../../domain/sign-in.ts'
import { claimRehash, findAccountByAddress, type Account, type KnownPassword } from '../../store/accounts.ts'
import { countFailure, dropDecayedFailures, findFailures, forgetFailures } from '../../store/sign-in-throttles.ts'

type CheckDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'constantTime' | 'settings' | 'log'>
const outcomes = counter('identity_password_checks_total', 'Passwords presented at sign-in, by what came of it')

export type Authenticated = Omit<Account, 'passwords'> & KnownPassword
type Presented = { email: string; password: string; source: string }

/** The account with the password that was right. @throws AppError `invalid_credentials`, `unavailable` when too many wait for hashing */
export function checkPassword(deps: CheckDeps, { email, source, ...typed }: Presented): Promise<Authenticated> {
  const password = normalizePassword(typed.password)
  return deps.constantTime.onFailure(async () => {
    const found = await findAccountByAddress(deps.system, normalizeAddress(email))
    const right = await findRight(deps.hasher, { passwords: found?.passwords ?? [], password, source })
    if (found === undefined) throw refused('unknown_address')
    if (!right) await recordFailure(deps, found.userId, source)
    if (!right) throw refused('wrong_password')
    const account = { ...found, ...right }
    await admit(deps, account, source)
    await strengthen(deps, { account, password, source })
    outcomes.add(1, { outcome: 'right_password' })
    return account
  })
}

/** Hashes at least once, so an unknown address takes its time too. */
async function findRight(
  hasher: Deps['hasher'],
  { passwords, password, source }: { passwords: KnownPassword[]; password: string; source: string },
): Promise<KnownPassword | undefined> {
  if (passwords.length === 0) await hasher.verify(undefined, password, source)
  for (const known of passwords) if (await hasher.verify(known.phc, password, source)) return known
  return undefined
}

function refused(outcome: string): Error {
  outcomes.add(1, { outcome })
  return problem('invalid_credentials')
}

/**
 * The right password may still come too late or for nobody. Failures are read after the hash, so guesses sent at once stand in each other's way.
 * Only a proven person's password forgives: otherwise who made one registration could guess at another's without end.
 */
async function admit(
  { system, settings }: CheckDeps,
  { userId, status, isEmailVerified }: Authenticated,
  source: string,
): Promise<void> {
  if (status !== 'active') throw refused('disabled')
  const failures = await findFailures(system, { userId, source, halfLifeSeconds: settings.throttle.halfLifeSeconds })
  if (isThrottled(failures, settings.throttle)) throw refused('throttled')
  if (failures > 0 && isEmailVerified) await forgetFailures(system, { userId, source })
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
async function strengthen(
  deps: CheckDeps,
  { account, password, source }: { account: Authenticated; password: string; source: string },
): Promise<void> {
  if (!account.isEmailVerified || !deps.hasher.isOutdated(account.phc)) return
  try {
    const to = await deps.hasher.hash(password, source)
    await claimRehash(deps.system, { userId: account.userId, from: account.phc, to })
  } catch (err) {
    deps.log.warn({ err, user_id: account.userId }, 'a password keeps its older hash for now')
  }
}
