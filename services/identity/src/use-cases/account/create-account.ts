/**
 * Makes a person whose address somebody vouched for (an accepted invitation, the operator), in the transaction of the
 * caller.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { normalizedAddressOf } from '../requested-address.ts'
import { insertCredential } from '../../store/accounts.ts'
import { claimProvenAddress } from '../../store/emails.ts'
import { insertUser } from '../../store/users.ts'

export type NewAccount = {
  userId: string
  address: string
  name: string
  phc: string
  via: 'invitation' | 'bootstrap' | 'import'
  actor: Actor
  invitationId?: string
  locale?: string | undefined
  timeZone?: string | undefined
  reason?: string
}

/** False, with nothing written, when somebody has the address. */
export async function createAccount(tx: Tx, account: NewAccount): Promise<boolean> {
  const { userId, address, name, phc, via, actor, invitationId, locale, timeZone, reason } = account
  const email = { id: newId('eml'), userId, address, normalizedAddress: normalizedAddressOf(address) }
  if (!(await claimProvenAddress(tx, email))) return false
  await insertUser(tx, { id: userId, name, invitationId, locale, timeZone })
  await insertCredential(tx, { userId, phc })
  await appendEvent(tx, {
    contract: UserRegistered,
    aggregateType: 'user',
    aggregateId: userId,
    version: 1,
    userId,
    actor,
    data: { user_id: userId, email_verified: true, via, ...(reason !== undefined && { reason }) },
  })
  return true
}
