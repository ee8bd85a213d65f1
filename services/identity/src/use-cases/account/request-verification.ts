/**
 * Asks for the mail of a registration, in the transaction of the caller. The mail and its secret are made later, when
 * the event is handled. Every address takes the same statements, whether or not a mail follows.
 */
import type { Actor } from '@gatehouse/contracts/events/envelope'
import { EmailVerificationRequested } from '@gatehouse/contracts/events/identity/email-verification'
import { appendEvent } from '@gatehouse/spine/produce/outbox'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import type { Settings } from '../../deps.ts'
import { claimMail } from '../../store/email-verifications.ts'
import { countMailRequest } from '../../store/sign-in-counters.ts'

/**
 * So many mails go to an address within one cooldown: room for the owner beside a stranger who was faster, none for
 * flooding a mailbox.
 */
const mailsPerCooldown = 3
/** What one address may be sent over time, whoever asks: the count halves every hour. */
const mailLimit = { ceiling: 20, halfLifeSeconds: 3600 }

type Wanted = {
  email: { id: string; userId: string } | undefined
  normalizedAddress: string
  handleHash: Buffer | undefined
  settings: Pick<Settings, 'resendCooldownSeconds'>
  isResend: boolean
  actor: Actor
}

/**
 * Asks for the mail of the caller's own registration, else of the newest one. Beyond the limits, or right after the
 * last mail, none follows: false.
 */
export async function requestMail(
  tx: Tx,
  { email, normalizedAddress, handleHash, settings, isResend, actor }: Wanted,
): Promise<boolean> {
  const asked = await countMailRequest(tx, { parts: [normalizedAddress], ...mailLimit })
  const claimed = await claimMail(tx, {
    emailId: email?.id,
    handleHash,
    cooldownSeconds: settings.resendCooldownSeconds,
    mailsPerCooldown,
    isResend,
    isAllowed: Math.round(asked) < mailLimit.ceiling,
  })
  const id = claimed?.id ?? newId('ver')
  const userId = email?.userId ?? newId('user')
  await appendEvent(tx, {
    contract: EmailVerificationRequested,
    aggregateType: 'email_verification',
    aggregateId: id,
    version: claimed?.version ?? 1,
    userId,
    actor,
    data: { verification_id: id, user_id: userId },
    isWanted: claimed !== undefined,
  })
  return claimed !== undefined
}
