/** What a person can authenticate with, as the transition table of a sign-in asks for it. */
import type { Enrolled } from '../../domain/sign-in/steps.ts'
import type { FactorList } from '../../store/factors.ts'

export const enrolledOf = (
  { totp, passkeys, recoveryCodesLeft }: FactorList,
  { password = true }: { password?: boolean } = {},
): Enrolled => ({
  password,
  totp: totp !== undefined,
  passkeys: passkeys > 0,
  recoveryCodes: recoveryCodesLeft > 0,
})
