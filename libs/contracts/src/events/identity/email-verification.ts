/** Proving an address. */
import Type, { type Static } from 'typebox'
import { EmailVerificationId, UserId } from '../../common/ids.ts'
import type { EventContract } from '../envelope.ts'

/** A verification mail is due. The link's secret is minted when the mail is sent. */
export const EmailVerificationRequested = {
  type: 'gatehouse.identity.email_verification.requested.v1',
  data: Type.Object({
    verification_id: EmailVerificationId,
    user_id: UserId,
  }),
} as const

export type EmailVerificationRequested = Static<typeof EmailVerificationRequested.data>

export const emailVerificationEvents: readonly EventContract[] = [EmailVerificationRequested]
