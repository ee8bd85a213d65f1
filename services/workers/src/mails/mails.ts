/** Every mail, written out: what is not in this list is not sent. */
import { emailVerification } from './email-verification.ts'
import { invitation } from './invitation.ts'
import type { Mail } from './mail.ts'
import { passwordChanged } from './password-changed.ts'
import { passwordReset } from './password-reset.ts'
import { refreshTokenReused } from './refresh-token-reused.ts'
import { signInLocked } from './sign-in-locked.ts'
import { signInRefusedWhileLocked } from './sign-in-refused-while-locked.ts'

export const mails: readonly Mail[] = [
  emailVerification,
  invitation,
  passwordReset,
  passwordChanged,
  refreshTokenReused,
  signInLocked,
  signInRefusedWhileLocked,
]
