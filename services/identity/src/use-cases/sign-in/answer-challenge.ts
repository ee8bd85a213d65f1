/**
 * One step of a stored sign-in or step-up, one transaction: the attempt is admitted, answered and counted under the
 * lock of the person. A sign-in with nothing missing is consumed before tokens are asked for a session, and given back
 * when none came of it. A locked attempt answers as a wrong one does.
 */
import type { TotpEnrollment } from '@gatehouse/contracts/http/identity/totp-enrollment'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import {
  amrAfter,
  isSecondFactor,
  maxWrongAnswers,
  mayRemember,
  nextSteps,
  type FactorStep,
  type Step,
} from '../../domain/sign-in/steps.ts'
import {
  claimSignIn,
  countWrongAnswer,
  lockOpenSignIn,
  setProvenMethods,
  type OpenSignIn,
  type Presented,
} from '../../store/sign-in-transactions.ts'
import type { Requester } from '../requester.ts'
import { hashOfRememberedDevice, rememberDevice } from '../remembered-devices/remember-device.ts'
import { hashOfBrowser } from './browser.ts'
import { countWrongCode, readFactorAdmission } from './factor-attempts.ts'
import { finishSignIn, remembered, type AnswerOutcome } from './finish-sign-in.ts'
import { writeWithoutRevision } from '../write-without-revision.ts'
import { offerToRemember } from './offer-to-remember.ts'
import { prepareAnswer, requireMember, type StepMembers } from './prepare-answer.ts'
import { offerOrganizations, selectOrganization } from './select-organization.ts'
import type { Prepared, StepOutcome } from './step.ts'
import { answerSteps } from './steps.ts'

type AnswerDeps = Pick<
  Deps,
  'spine' | 'system' | 'clients' | 'log' | 'devices' | 'settings' | 'totp' | 'hasher' | 'relyingParty' | 'constantTime'
>

export type GivenAnswer = StepMembers & {
  challenge: string
  /** Of step `select_organization`. */
  organizationId: string | undefined
  deviceToken: string | undefined
  browser: string | undefined
  /** Of a device that was remembered. */
  rememberedDevice: string | undefined
  /** The device is to be remembered. */
  remembers: boolean
  userAgent: string | undefined
}

type Outcome =
  | { kind: 'invalid_token' | 'step_unavailable' | 'invalid_code' }
  | (Settled & { kind: 'waiting'; next: Step[]; enrollment?: TotpEnrollment })
  | (Settled & { kind: 'done' })

/**
 * While a step is missing: the same challenge again. @throws AppError `invalid_token`, `step_unavailable`,
 * `invalid_code`; of tokens as in signIn
 */
export async function answerChallenge(
  deps: AnswerDeps,
  given: GivenAnswer,
  requester: Requester,
): Promise<AnswerOutcome> {
  const { challenge } = given
  if (!isWellFormed(challengePrefix, challenge)) throw problem('invalid_token')
  requireMember(given)
  const presented = {
    challengeHash: hashSecret(challenge),
    browserHash: hashOfBrowser(given.browser),
    // Whoever answers a second factor is judged by it, also where another tab had the device remembered meanwhile.
    rememberedHash: isSecondFactor(given.step) ? undefined : hashOfRememberedDevice(given.rememberedDevice),
  }
  const prepared = await prepareAnswer(deps, { ...given, presented, requester })
  const outcome = await settleAttempt(deps, { given, presented, prepared, requester })
  switch (outcome.kind) {
    case 'waiting':
      return goOn(deps, { ...outcome, challenge })
    case 'done':
      return finishSignIn(deps, { ...outcome, challenge })
    default:
      throw problem(outcome.kind)
  }
}

/** What is missing still; where that was the choice among fewer than two organizations, nothing is. */
async function goOn(
  deps: AnswerDeps,
  { challenge, ...waiting }: Extract<Outcome, { kind: 'waiting' }> & { challenge: string },
): Promise<AnswerOutcome> {
  const { signIn, deviceId, rememberedDevice, enrollment } = waiting
  const { next, ...offered } = await offerOrganizations(deps, { userId: signIn.userId, next: waiting.next })
  if (next.length === 0) {
    if (!(await claimSignIn(deps.system, signIn.id))) throw problem('invalid_token')
    return finishSignIn(deps, { signIn, deviceId, rememberedDevice, challenge })
  }
  const offer = { ...offerToRemember(deps, signIn, next), ...offered, ...(enrollment && { enrollment }) }
  return { result: { status: 'challenge', challenge, next, ...offer }, ...remembered(rememberedDevice) }
}

/**
 * A code of a mail is answered in one way and time, and without a revision, whoever is behind the challenge or nobody.
 */
function settleAttempt(deps: AnswerDeps, o: Attempt): Promise<Outcome> {
  const run = (tx: Tx) => attempt(deps, tx, o)
  if (o.given.step !== 'email_code') return deps.spine.write({}, run, { db: 'system' })
  return deps.constantTime.always(async () => {
    const outcome = await writeWithoutRevision(deps, run)
    return outcome.kind === 'invalid_token' || outcome.kind === 'step_unavailable' ? { kind: 'invalid_code' } : outcome
  })
}

type Attempt = {
  given: GivenAnswer
  presented: Presented
  prepared: Prepared
  requester: Requester
}

async function attempt(deps: AnswerDeps, tx: Tx, { given, presented, prepared, requester }: Attempt): Promise<Outcome> {
  const { step } = given
  const signIn = await lockOpenSignIn(tx, presented)
  if (signIn === undefined || signIn.status !== 'active') return { kind: 'invalid_token' }
  const deviceId = deviceOf(deps, signIn, given.deviceToken)
  const next = nextSteps(signIn)
  // While the code of a mail is missing, the challenge tells nobody whether there is a person behind it.
  if (next.includes('email_code') && step !== 'email_code') return { kind: 'invalid_token' }
  if (step === 'verify_email') return settle(tx, { signIn, next, deviceId })
  if (!next.includes(step)) return { kind: 'step_unavailable' }
  if (step === 'select_organization') {
    const selected = await selectOrganization(tx, { signIn, organizationId: given.organizationId })
    return settle(tx, { signIn: selected, next: nextSteps(selected), deviceId })
  }
  const admission = await readFactorAdmission(deps, tx, { userId: signIn.userId, requester, deviceId })
  const isAdmitted = admission.kind === 'admitted'
  const outcome: StepOutcome = isAdmitted
    ? await answerSteps[step](deps, tx, { signIn, ...prepared })
    : { kind: 'wrong' }
  if (outcome.kind === 'shown') return { kind: 'waiting', signIn, next, deviceId, enrollment: outcome.enrollment }
  if (outcome.kind === 'proven') {
    const rememberedDevice = await rememberIfWanted(deps, tx, { signIn, given })
    return advance(tx, { signIn, step, deviceId, rememberedDevice })
  }
  await countWrongAnswer(tx, { id: signIn.id, max: maxWrongAnswers })
  if (isAdmitted) await countWrongCode(deps, tx, { userId: signIn.userId, step, admission })
  return { kind: 'invalid_code' }
}

function deviceOf(
  { devices }: Pick<Deps, 'devices'>,
  { userId, password }: OpenSignIn,
  deviceToken: string | undefined,
): string | undefined {
  return devices.read(deviceToken, password && { userId, passwordChangedAt: password.changedAt })?.id
}

async function rememberIfWanted(
  { settings }: Pick<Deps, 'settings'>,
  tx: Tx,
  { signIn, given }: { signIn: OpenSignIn; given: GivenAnswer },
): Promise<string | undefined> {
  const ttlSeconds = settings.rememberedDeviceDays * 86_400
  if (!given.remembers || ttlSeconds === 0 || !mayRemember(signIn, given.step)) return undefined
  const { userId } = signIn
  return rememberDevice(tx, {
    userId,
    userAgent: given.userAgent,
    ttlSeconds,
    replacedHash: hashOfRememberedDevice(given.rememberedDevice),
  })
}

type Settled = { signIn: OpenSignIn; deviceId: string | undefined; rememberedDevice?: string | undefined }
type Advance = Settled & { step: FactorStep }

async function advance(tx: Tx, { signIn, step, ...device }: Advance): Promise<Outcome> {
  const amr = amrAfter(step, signIn.amr)
  await setProvenMethods(tx, { id: signIn.id, amr })
  const advanced = { ...signIn, amr }
  return settle(tx, { signIn: advanced, next: nextSteps(advanced), ...device })
}

/** A sign-in with nothing missing is consumed here, in the transaction of its last step. */
async function settle(tx: Tx, { signIn, next, ...device }: Settled & { next: Step[] }): Promise<Outcome> {
  if (next.length > 0) return { kind: 'waiting', signIn, next, ...device }
  return (await claimSignIn(tx, signIn.id)) ? { kind: 'done', signIn, ...device } : { kind: 'invalid_token' }
}
