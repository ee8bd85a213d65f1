/** Every mail, written out: what is not in this list is not sent. */
import { accessRequest } from './access-request.ts'
import { accessRequestApproved } from './access-request-approved.ts'
import { accessRequestDenied } from './access-request-denied.ts'
import { accountDeletion } from './account-deletion.ts'
import { accountImpersonated } from './account-impersonated.ts'
import { addressChange } from './address-change.ts'
import { addressChanged } from './address-changed.ts'
import { emailVerification } from './email-verification.ts'
import { factorsChanged } from './factors-changed.ts'
import { invitation } from './invitation.ts'
import { invitationResent } from './invitation-resent.ts'
import type { Mail } from './mail.ts'
import { notificationDigest } from './notification-digest.ts'
import { organizationDeletion } from './organization-deletion.ts'
import { passkeyCopied } from './passkey-copied.ts'
import { passwordChanged } from './password-changed.ts'
import { passwordReset } from './password-reset.ts'
import { platformWebhookDisabled } from './platform-webhook-disabled.ts'
import { recoveryCodeUsed } from './recovery-code-used.ts'
import { refreshTokenReused } from './refresh-token-reused.ts'
import { secondFactorLocked } from './second-factor-locked.ts'
import { securityAlertRaised } from './security-alert-raised.ts'
import { signInCode } from './sign-in-code.ts'
import { signInLocked } from './sign-in-locked.ts'
import { signInRefusedWhileLocked } from './sign-in-refused-while-locked.ts'
import { webhookDisabled } from './webhook-disabled.ts'

export const mails: readonly Mail[] = [
  emailVerification,
  factorsChanged,
  invitation,
  invitationResent,
  accessRequest,
  accessRequestApproved,
  accessRequestDenied,
  accountDeletion,
  accountImpersonated,
  addressChange,
  addressChanged,
  organizationDeletion,
  notificationDigest,
  passwordReset,
  passwordChanged,
  passkeyCopied,
  recoveryCodeUsed,
  refreshTokenReused,
  secondFactorLocked,
  securityAlertRaised,
  signInCode,
  signInLocked,
  signInRefusedWhileLocked,
  webhookDisabled,
  platformWebhookDisabled,
]
