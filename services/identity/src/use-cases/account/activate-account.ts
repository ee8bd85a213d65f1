/**
 * What follows when an address is proven: the person takes the name and password of who proved it, every registration of the address is settled,
 * and a new version is announced. In the transaction that claimed the address, whose row is the lock.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { UserEmailVerified } from '@gatehouse/contracts/events/identity/user'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { insertCredential } from '../../store/accounts.ts'
import { settleRegistrations } from '../../store/email-verifications.ts'
import { activateUser } from '../../store/users.ts'

type Proof = {
  userId: string
  emailId: string
  name: string
  phc: string
  actor: Actor
  /** By the mail of this registration, or by accepting this invitation. */
  by: { verificationId: string } | { invitationId: string }
}

export async function activateAccount(tx: Tx, { userId, emailId, name, phc, actor, by }: Proof): Promise<void> {
  await insertCredential(tx, { userId, phc })
  await settleRegistrations(tx, { emailId, provenId: 'verificationId' in by ? by.verificationId : undefined })
  const version = await activateUser(tx, {
    userId,
    name,
    invitationId: 'invitationId' in by ? by.invitationId : undefined,
  })
  await appendEvent(tx, {
    contract: UserEmailVerified,
    aggregateType: 'user',
    aggregateId: userId,
    version,
    userId,
    actor,
    data: { user_id: userId },
  })
}
