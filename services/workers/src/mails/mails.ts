/** Every mail, written out: what is not in this list is not sent. */
import { emailVerification } from './email-verification.ts'
import { invitation } from './invitation.ts'
import type { Mail } from './mail.ts'
import { refreshTokenReused } from './refresh-token-reused.ts'

export const mails: readonly Mail[] = [emailVerification, invitation, refreshTokenReused]
