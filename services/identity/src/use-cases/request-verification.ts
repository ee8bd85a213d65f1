/** Asks for one verification mail in the transaction of the caller. The mail and its secret are made later, by whoever handles the event. */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification-requested.v1'
import { appendEvent } from '@gatehouse/service-kit/events/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { insertVerification, isVerificationRecent } from '../store/email-verifications.ts'
import { lockEmailByAddress } from '../store/emails.ts'

type Asked = { userId: string; emailId: string; actor: Actor }

export async function requestVerification(tx: Tx, { userId, emailId, actor }: Asked): Promise<void> {
  const id = newId('ver')
  await insertVerification(tx, { id, userId, emailId })
  await appendEvent(tx, {
    contract: EmailVerificationRequested,
    aggregateType: 'email_verification',
    aggregateId: id,
    version: 1,
    userId,
    actor,
    data: { verification_id: id, user_id: userId },
  })
}

/**
 * Another mail for an address that waits for verification; nothing for one that is unknown or verified, nor within `cooldownSeconds`
 * of the last one, so nobody's mailbox can be flooded. Anybody may ask, so nobody is named as the one who did.
 */
export async function requestAnotherVerification(tx: Tx, { normalizedAddress, cooldownSeconds }: { normalizedAddress: string; cooldownSeconds: number }): Promise<void> {
  const email = await lockEmailByAddress(tx, normalizedAddress)
  if (email === undefined || email.verifiedAt !== null) return
  if (await isVerificationRecent(tx, { emailId: email.id, withinSeconds: cooldownSeconds })) return
  await requestVerification(tx, { userId: email.userId, emailId: email.id, actor: 'system' })
}
