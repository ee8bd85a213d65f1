/**
 * The transition table of a sign-in: which steps one of which must be answered next follows from what was proven so far
 * and from what the person has. It is never stored, so a factor that is removed or an address that is proven meanwhile
 * counts at once.
 */
import { isUndecided, type OrganizationChoice } from '../organization-choice.ts'

/** Steps that prove who it is. */
export type FactorStep = 'password' | 'email_code' | 'passkey' | 'totp' | 'recovery_code' | 'enroll_mfa'
export type Step = 'verify_email' | FactorStep | 'select_organization'
/** So many wrong answers end a sign-in; the next one begins with its first factor. */
export const maxWrongAnswers = 5
/** What the person can authenticate with. */
export type Enrolled = { password: boolean; passkeys: boolean; totp: boolean; recoveryCodes: boolean }

export type SignInState = {
  /** `step_up`: a session there is already is authenticated anew. */
  purpose: 'sign_in' | 'step_up'
  isAddressProven: boolean
  /** Authentication methods proven in this transaction (RFC 8176). */
  amr: readonly string[]
  enrolled: Enrolled
  /** One factor is not enough, whatever the person has. */
  requiresMfa: boolean
  /** The person let this device be spared the second factor. */
  isRemembered: boolean
  organization: OrganizationChoice
}

/**
 * Empty: nothing is missing. A person whose address is not proven never gets further. Which organizations somebody
 * belongs to is told to those alone who have proven who they are.
 */
export function nextSteps(state: SignInState): Step[] {
  if (!state.isAddressProven) return ['verify_email']
  const factors = missingFactors(state)
  return factors.length === 0 && isUndecided(state.organization) ? ['select_organization'] : factors
}

/** Of a person whose address is proven. */
export function missingFactors(state: SignInState): FactorStep[] {
  if (isStrong(state.amr)) return []
  return state.purpose === 'sign_in' ? missingToSignIn(state) : missingToStepUp(state)
}

/**
 * A sign-in that begins without a password begins with the code of a mail. Whoever has a second factor is asked for it,
 * but for a device that is remembered, and there as well where one is demanded.
 */
function missingToSignIn({ enrolled, requiresMfa, isRemembered, amr }: SignInState): FactorStep[] {
  if (amr.length === 0) return ['email_code']
  if (isRemembered && !requiresMfa) return []
  if (hasSecondFactor(enrolled)) return secondFactors(enrolled)
  return requiresMfa ? ['enroll_mfa'] : []
}

/**
 * The session has had its first factor: any one factor shows that the person is there. A new second factor is enrolled
 * only after the password.
 */
function missingToStepUp({ enrolled, requiresMfa, amr }: SignInState): FactorStep[] {
  const password: FactorStep[] = enrolled.password ? ['password'] : []
  if (!requiresMfa) return amr.length > 0 ? [] : [...password, ...secondFactors(enrolled)]
  if (hasSecondFactor(enrolled)) return secondFactors(enrolled)
  return amr.includes('pwd') ? ['enroll_mfa'] : password
}

export const isSecondFactor = (step: Step): boolean => step === 'passkey' || step === 'totp' || step === 'recovery_code'

/**
 * Whether the answer to this step may have the device remembered: it shows a factor that the person keeps, where nobody
 * else demands one. A recovery code stands for one that was lost.
 */
export const mayRemember = ({ purpose, requiresMfa }: SignInState, step: Step): boolean =>
  purpose === 'sign_in' && !requiresMfa && (step === 'totp' || step === 'passkey')

/** Recovery codes stand in for a factor and are none. */
export const hasSecondFactor = ({ passkeys, totp }: Enrolled): boolean => passkeys || totp

const secondFactors = (enrolled: Enrolled): FactorStep[] => [
  ...(enrolled.passkeys ? (['passkey'] as const) : []),
  ...(enrolled.totp ? (['totp'] as const) : []),
  ...(hasSecondFactor(enrolled) && enrolled.recoveryCodes ? (['recovery_code'] as const) : []),
]

const isStrong = (amr: readonly string[]): boolean => amr.includes('mfa')

/**
 * What a step proves (RFC 8176). A second factor is only ever asked for after a first one, here or in the session that
 * is raised; a passkey is two in one.
 */
const methodsOf: Readonly<Record<FactorStep, readonly string[]>> = {
  password: ['pwd'],
  email_code: ['otp'],
  passkey: ['pop', 'user', 'mfa'],
  totp: ['otp', 'mfa'],
  recovery_code: ['otp', 'mfa'],
  enroll_mfa: ['otp', 'mfa'],
}

/** The methods after one more step was answered. */
export const amrAfter = (step: FactorStep, amr: readonly string[]): string[] => [
  ...new Set([...amr, ...methodsOf[step]]),
]
