/**
 * What follows when an address is proven: the person takes the name and password of the reader of the mailbox, and a
 * new version is announced. In the transaction that proved the address, whose row is the lock. Other registrations of
 * the address stay open and answer as before, so that nobody who registered it learns that it was proven; no mail can
 * complete them any more.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { UserEmailVerified } from '@gatehouse/contracts/events/identity/user'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { insertCredential } from '../../store/accounts.ts'
import { closeProvenRegistration } from '../../store/email-verifications.ts'
import { activateUser } from '../../store/users.ts'

type Proof = {
  userId: string
  name: string
  phc: string
  actor: Actor
  /**
   * The registration whose password it is, or the invitation that was accepted; undefined for a password chosen with
   * the link.
   */
  by: { verificationId: string } | { invitationId: string } | undefined
}

export async function activateAccount(tx: Tx, { userId, name, phc, actor, by }: Proof): Promise<void> {
  await insertCredential(tx, { userId, phc })
  if (by !== undefined && 'verificationId' in by) await closeProvenRegistration(tx, by.verificationId)
  const invitationId = by !== undefined && 'invitationId' in by ? by.invitationId : undefined
  const version = await activateUser(tx, { userId, name, invitationId })
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
