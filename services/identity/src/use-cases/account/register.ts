/**
 * Opens an account. A known address gets the same answer after the same work: the password is judged and hashed either way,
 * the answer leaves at an even time and carries no revision. An address that is known but unproven gets a registration and a mail of its own.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { normalizeAddress } from '../../domain/email-address.ts'
import { createAccount } from './create-account.ts'
import { preparePassword } from '../passwords/prepare-password.ts'
import { addRegistration, startRegistration } from './request-verification.ts'
import { writeWithoutRevision } from './write-without-revision.ts'

type Registration = { email: string; password: string; name: string; source: string }

/** @throws AppError `weak_password`, `unavailable` */
export function register(
  deps: Pick<Deps, 'spine' | 'hasher' | 'estimateStrength' | 'constantTime' | 'settings'>,
  input: Registration,
): Promise<void> {
  return deps.constantTime.always(async () => {
    const { email: address, name, source } = input
    const phc = await preparePassword(deps, { password: input.password, name, address, source })
    const userId = newId('user')
    const actor = `user:${userId}` as const
    await writeWithoutRevision(deps, async (tx) => {
      const opened = await createAccount(tx, { userId, address, name, via: 'registration', actor })
      if (opened) return startRegistration(tx, { userId, emailId: opened.emailId, name, phc, actor })
      return addRegistration(tx, {
        normalizedAddress: normalizeAddress(address),
        name,
        phc,
        cooldownSeconds: deps.settings.resendCooldownSeconds,
      })
    })
  })
}
