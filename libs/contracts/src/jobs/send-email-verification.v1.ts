/** Send the mail that lets a person show an address is theirs. The link's secret is minted by identity while sending. */
import Type from 'typebox'
import { EmailVerificationId } from '../common/ids.ts'

export const SendEmailVerification = {
  name: 'send-email-verification.v1',
  pipeline: 'mail',
  data: Type.Object({ verification_id: EmailVerificationId }),
} as const
