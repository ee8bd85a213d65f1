/** A verification mail is due. The link's secret is minted when the mail is sent. */
import Type, { type Static } from 'typebox'
import { EmailVerificationId, UserId } from '../../common/ids.ts'

export const EmailVerificationRequested = {
  type: 'gatehouse.identity.email_verification.requested.v1',
  data: Type.Object({
    verification_id: EmailVerificationId,
    user_id: UserId,
  }),
} as const

export type EmailVerificationRequested = Static<typeof EmailVerificationRequested.data>
