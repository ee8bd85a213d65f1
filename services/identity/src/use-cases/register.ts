/**
 * Opens an account. A known address gets the same answer after the same work: the password is judged and hashed either way,
 * the answer leaves at an even time and carries no revision. A known address that is still unproven gets another mail.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../deps.ts'
import { normalizeAddress } from '../domain/email-address.ts'
import { openAccount } from './open-account.ts'
import { preparePassword } from './prepare-password.ts'
import { requestAnotherVerification, requestVerification } from './request-verification.ts'
import { writeUnseen } from './write-unseen.ts'

type Registration = { email: string; password: string; name: string; source: string }

/** @throws AppError `weak_password`, `unavailable` */
export function register(deps: Pick<Deps, 'spine' | 'hasher' | 'estimateGuesses' | 'even' | 'settings'>, input: Registration): Promise<void> {
  return deps.even.always(async () => {
    const { email: address, name, source } = input
    const phc = await preparePassword(deps, { password: input.password, name, address, source })
    const userId = newId('user')
    const actor = `user:${userId}` as const
    await writeUnseen(deps, async (tx) => {
      const opened = await openAccount(tx, { userId, address, name, phc, via: 'registration', isVerified: false, actor })
      if (opened) return requestVerification(tx, { userId, emailId: opened.emailId, actor })
      return requestAnotherVerification(tx, { normalizedAddress: normalizeAddress(address), cooldownSeconds: deps.settings.resendCooldownSeconds })
    })
  })
}
