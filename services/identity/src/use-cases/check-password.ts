/**
 * Whether address and password belong together. Unknown address, wrong password, throttled source and disabled person end alike:
 * one hash, one even time, `invalid_credentials`. A wrong password for an existing person is announced.
 */
import { SignInFailed } from '@gatehouse/contracts/events/identity/sign-in-failed.v1'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { appendEvent } from '@gatehouse/service-kit/events/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../deps.ts'
import { normalizeAddress } from '../domain/email-address.ts'
import { normalizePassword } from '../domain/password-rules.ts'
import { isThrottled } from '../domain/sign-in.ts'
import { claimRehash, findAccountByAddress, type Account } from '../store/accounts.ts'
import { countAttempt, dropDecayedAttempts, forgetAttempts } from '../store/sign-in-throttles.ts'

type CheckDeps = Pick<Deps, 'spine' | 'system' | 'hasher' | 'even' | 'settings' | 'log'>
type Presented = { email: string; password: string; source: string }

/** @throws AppError `invalid_credentials`, `unavailable` when too many wait for hashing */
export function checkPassword(deps: CheckDeps, { email, source, ...typed }: Presented): Promise<Account> {
  const password = normalizePassword(typed.password)
  return deps.even.onFailure(async () => {
    const account = await findAccountByAddress(deps.system, normalizeAddress(email))
    const attempts = account === undefined ? 0 : await count(deps, account.userId, source)
    const isRight = await deps.hasher.verify(account?.phc, password, source)
    if (account === undefined) throw problem('invalid_credentials')
    if (!isRight) await announceFailure(deps, account.userId)
    if (!isRight || account.status !== 'active' || isThrottled(attempts, deps.settings.throttle)) throw problem('invalid_credentials')
    await forgetAttempts(deps.system, { userId: account.userId, source })
    await strengthen(deps, { account, password, source })
    return account
  })
}

function count({ system, settings }: CheckDeps, userId: string, source: string): Promise<number> {
  const { limit, halfLifeSeconds } = settings.throttle
  return countAttempt(system, { userId, source, halfLifeSeconds, ceiling: 2 * limit })
}

async function announceFailure({ spine, settings }: CheckDeps, userId: string): Promise<void> {
  await spine.write(
    {},
    async (tx) => {
      await appendEvent(tx, {
        contract: SignInFailed,
        aggregateType: 'sign_in',
        aggregateId: newId('sin'),
        version: 1,
        userId,
        actor: 'system',
        data: { user_id: userId },
      })
      await dropDecayedAttempts(tx, 20 * settings.throttle.halfLifeSeconds)
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
