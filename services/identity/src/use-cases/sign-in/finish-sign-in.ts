/**
 * What follows the last step: tokens opens a session, or raises the one of a step-up. A sign-in that nothing came of is
 * given back; one that is too weak for the organization it is for goes on to a second factor, and one whose chosen
 * organization does not let it in may choose another.
 */
import type { AnswerResult } from '@gatehouse/contracts/http/identity/sign-in'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { maxWrongAnswers, missingFactors } from '../../domain/sign-in/steps.ts'
import { releaseSignIn, reopenChoice, type OpenSignIn } from '../../store/sign-in-transactions.ts'
import { isTooWeak } from './too-weak.ts'

export type AnswerOutcome = { result: AnswerResult; deviceToken?: string; rememberedDevice?: string }
type FinishDeps = Pick<Deps, 'system' | 'clients' | 'log' | 'devices'>
type Finished = {
  signIn: OpenSignIn
  deviceId: string | undefined
  /** The secret of the device, where it has just been remembered. */
  rememberedDevice?: string | undefined
  challenge: string
}

/** @throws AppError of tokens */
export async function finishSignIn(
  deps: FinishDeps,
  { signIn, deviceId, rememberedDevice, challenge }: Finished,
): Promise<AnswerOutcome> {
  const { id, userId, password, sessionId } = signIn
  try {
    const result = await openOrRaise(deps, signIn)
    const outcome = { result, ...remembered(rememberedDevice) }
    if (sessionId !== undefined || deviceId !== undefined || password === undefined) return outcome
    return { ...outcome, deviceToken: deps.devices.mint({ userId, passwordChangedAt: password.changedAt }) }
  } catch (err) {
    const next = isTooWeak(err) ? missingFactors({ ...signIn, requiresMfa: true }) : []
    if (next.length > 0) {
      await releaseSignIn(deps.system, { id, requiresMfa: true })
      return { result: { status: 'challenge', challenge, next }, ...remembered(rememberedDevice) }
    }
    // A lost answer may have left a session whose tokens nobody holds: it is of no use to anybody and ends when idle.
    await giveBack(deps, signIn, err).catch((lost: unknown) =>
      deps.log.warn({ err: lost, sign_in: id }, 'a sign-in without a session could not be given back'),
    )
    throw err
  }
}

export const remembered = (rememberedDevice: string | undefined): { rememberedDevice?: string } =>
  rememberedDevice === undefined ? {} : { rememberedDevice }

function giveBack({ system }: FinishDeps, { id, organization }: OpenSignIn, err: unknown): Promise<void> {
  if (organization.kind !== 'choose') return releaseSignIn(system, { id, requiresMfa: false })
  const isRefused = isAppError(err, 'not_found') || isAppError(err, 'forbidden')
  return reopenChoice(system, { id, refusals: isRefused ? 1 : 0, max: maxWrongAnswers })
}

function openOrRaise({ clients: { tokens } }: FinishDeps, signIn: OpenSignIn): Promise<AnswerResult> {
  const { userId, userVersion, organization, sessionId } = signIn
  const amr = [...signIn.amr]
  return sessionId === undefined
    ? tokens.startSession({ userId, userVersion, amr, organization })
    : tokens.raiseSession({ sessionId, userId, amr, organization })
}
