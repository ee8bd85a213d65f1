/**
 * Registrations that wait for proof, and their mails. Every registration is a claim of its own, because nobody knows yet whose address it is:
 * a mail activates the name and password it was sent for, never those of somebody who registered earlier. Asked for in the transaction of the
 * caller; the mail and its secret are made later, by whoever handles the event.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import {
  countMail,
  countRecentMails,
  findNewestRegistration,
  insertRegistration,
  type Registration,
} from '../../store/email-verifications.ts'
import { lockEmailByAddress } from '../../store/emails.ts'

/** So many registrations get their mail within one cooldown: room for the owner beside somebody who was faster, none for flooding a mailbox. */
const mailsPerCooldown = 3

type Wanted = { normalizedAddress: string; cooldownSeconds: number }

/** Adds a registration to an unproven address and asks for its mail; nothing for a proven one. Beyond the limit it waits for a resend. */
export async function addRegistration(
  tx: Tx,
  { normalizedAddress, cooldownSeconds, name, phc }: Wanted & { name: string; phc: string },
): Promise<void> {
  const email = await lockEmailByAddress(tx, normalizedAddress)
  if (email === undefined || email.verifiedAt !== null) return
  const isCrowded =
    (await countRecentMails(tx, { emailId: email.id, withinSeconds: cooldownSeconds })) >= mailsPerCooldown
  const registration = { id: newId('ver'), userId: email.userId, emailId: email.id, name, phc }
  await insertRegistration(tx, registration)
  // Anybody may register an address, so nobody is named as the one who did.
  if (!isCrowded) await requestMail(tx, { ...registration, actor: 'system' })
}

/** The first registration of an address and its mail. */
export async function startRegistration(
  tx: Tx,
  { actor, ...registration }: Omit<Registration, 'id'> & { actor: Actor },
): Promise<void> {
  const id = newId('ver')
  await insertRegistration(tx, { id, ...registration })
  await requestMail(tx, { id, userId: registration.userId, actor })
}

/** Another mail for the newest registration of an unproven address; nothing within `cooldownSeconds` of any mail to it. */
export async function requestAnotherMail(tx: Tx, { normalizedAddress, cooldownSeconds }: Wanted): Promise<void> {
  const email = await lockEmailByAddress(tx, normalizedAddress)
  if (email === undefined || email.verifiedAt !== null) return
  if ((await countRecentMails(tx, { emailId: email.id, withinSeconds: cooldownSeconds })) > 0) return
  const newest = await findNewestRegistration(tx, email.id)
  if (newest) await requestMail(tx, { id: newest.id, userId: email.userId, actor: 'system' })
}

async function requestMail(tx: Tx, { id, userId, actor }: { id: string; userId: string; actor: Actor }): Promise<void> {
  await appendEvent(tx, {
    contract: EmailVerificationRequested,
    aggregateType: 'email_verification',
    aggregateId: id,
    version: await countMail(tx, id),
    userId,
    actor,
    data: { verification_id: id, user_id: userId },
  })
}
