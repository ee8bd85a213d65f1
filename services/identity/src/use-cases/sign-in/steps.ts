/** The factors a person shows within a stored sign-in, each its own file: what is not in this list is not asked for. */
import type { FactorStep } from '../../domain/sign-in/steps.ts'
import { answerEmailCode } from './email-code.ts'
import { answerEnrollMfa } from './enroll-mfa.ts'
import { answerPasskey } from './passkey.ts'
import { answerPassword } from './password.ts'
import { answerRecoveryCode } from './recovery-code.ts'
import type { AnswerStep } from './step.ts'
import { answerTotp } from './totp.ts'

export const answerSteps: Readonly<Record<FactorStep, AnswerStep>> = {
  password: answerPassword,
  email_code: answerEmailCode,
  passkey: answerPasskey,
  totp: answerTotp,
  recovery_code: answerRecoveryCode,
  enroll_mfa: answerEnrollMfa,
}
