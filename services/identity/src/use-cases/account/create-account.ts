/** Makes a person out of an address nobody has: the person, the address and `user.registered`, in the transaction of the caller. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { normalizeAddress } from '../../domain/email-address.ts'
import { insertCredential } from '../../store/accounts.ts'
import { claimAddress } from '../../store/emails.ts'
import { insertUser } from '../../store/users.ts'

export type NewAccount = {
  userId: string
  address: string
  name: string
  /** Given when somebody vouched for the address (an accepted invitation, the operator): it counts as proven. Without proof nobody has a password. */
  phc?: string
  via: UserRegistered['via']
  actor: Actor
  invitationId?: string
}

/** The id of the address's row; undefined, with nothing written, when somebody has the address. */
export async function createAccount(tx: Tx, account: NewAccount): Promise<{ emailId: string } | undefined> {
  const { userId, address, name, phc, via, actor, invitationId } = account
  const isVerified = phc !== undefined
  const emailId = newId('eml')
  if (
    !(await claimAddress(tx, {
      id: emailId,
      userId,
      address,
      normalizedAddress: normalizeAddress(address),
      isVerified,
    }))
  )
    return undefined
  await insertUser(tx, { id: userId, name, ...(invitationId === undefined ? {} : { invitationId }) })
  if (isVerified) await insertCredential(tx, { userId, phc })
  await appendEvent(tx, {
    contract: UserRegistered,
    aggregateType: 'user',
    aggregateId: userId,
    version: 1,
    userId,
    actor,
    data: { user_id: userId, email_verified: isVerified, via },
  })
  return { emailId }
}
