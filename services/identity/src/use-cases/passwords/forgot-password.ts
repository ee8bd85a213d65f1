/**
 * Asks for the mail that sets a new password. Every address takes the same statements and gets the same answer at the
 * same time, whether or not a mail follows. None follows beyond the limits; then the mailbox holds links that still
 * work, so nobody can be kept from their account by asking for them.
 */
import { PasswordResetRequested } from '@gatehouse/contracts/events/identity/password-reset'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Deps } from '../../deps.ts'
import { claimReset } from '../../store/password-resets.ts'
import { countMailRequest } from '../../store/sign-in-counters.ts'
import { normalizedAddressOf } from '../requested-address.ts'
import type { Requester } from '../requester.ts'
import { writeWithoutRevision } from '../write-without-revision.ts'

/** Room for the owner beside a stranger who was faster. */
export const mailsPerCooldown = 3
/** What one address is sent, and what one network makes us send, over time: both counts halve every hour. */
export const addressLimit = { ceiling: 20, halfLifeSeconds: 3600 }
export const networkLimit = { ceiling: 60, halfLifeSeconds: 3600 }

export function forgotPassword(
  deps: Pick<Deps, 'spine' | 'constantTime' | 'settings'>,
  { email }: { email: string },
  { networks }: Requester,
): Promise<void> {
  const normalizedAddress = normalizedAddressOf(email)
  return deps.constantTime.always(() =>
    writeWithoutRevision(deps, (tx) =>
      requestReset(tx, {
        normalizedAddress,
        network: networks[0],
        cooldownSeconds: deps.settings.resendCooldownSeconds,
      }),
    ),
  )
}

type Wanted = { normalizedAddress: string; cooldownSeconds: number }

async function requestReset(tx: Tx, { network, ...wanted }: Wanted & { network: string }): Promise<void> {
  // The network's first: whoever holds the row of an address never waits for that of a network.
  const byNetwork = await countMailRequest(tx, { parts: ['reset', 'network', network], ...networkLimit })
  await requestResetMail(tx, { ...wanted, isAllowed: Math.round(byNetwork) < networkLimit.ceiling })
}

/** Asks for the mail in the transaction of the caller; false when none follows. */
export async function requestResetMail(
  tx: Tx,
  { normalizedAddress, cooldownSeconds, isAllowed = true }: Wanted & { isAllowed?: boolean },
): Promise<boolean> {
  const toAddress = await countMailRequest(tx, { parts: ['reset', 'address', normalizedAddress], ...addressLimit })
  const id = newId('rst')
  const userId = await claimReset(tx, {
    id,
    normalizedAddress,
    cooldownSeconds,
    mailsPerCooldown,
    isAllowed: isAllowed && Math.round(toAddress) < addressLimit.ceiling,
  })
  const about = userId ?? newId('user')
  await appendEvent(tx, {
    contract: PasswordResetRequested,
    aggregateType: 'password_reset',
    aggregateId: id,
    version: 1,
    userId: about,
    actor: 'system',
    data: { reset_id: id, user_id: about },
    isWanted: userId !== undefined,
  })
  return userId !== undefined
}
