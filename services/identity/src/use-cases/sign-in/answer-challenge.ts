/**
 * Resumes a stored sign-in once its step is done. The challenge works once: it is consumed before tokens are asked for,
 * and given back when no session came of it.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { challengePrefix } from '../../domain/secret-prefixes.ts'
import { claimSignIn, findOpenSignIn, releaseSignIn, type ClaimedSignIn } from '../../store/sign-in-transactions.ts'
import type { SignInOutcome } from './sign-in.ts'

type AnswerDeps = Pick<Deps, 'system' | 'clients' | 'log' | 'devices'>

/** While the step is not done: the same challenge again. @throws AppError `invalid_token`; of tokens as in signIn */
export async function answerChallenge(deps: AnswerDeps, { challenge }: { challenge: string }): Promise<SignInOutcome> {
  if (!isWellFormed(challengePrefix, challenge)) throw problem('invalid_token')
  const challengeHash = hashSecret(challenge)
  const claimed = await claimSignIn(deps.system, challengeHash)
  if (claimed) return startSession(deps, claimed)
  const open = await findOpenSignIn(deps.system, challengeHash)
  if (open === undefined) throw problem('invalid_token')
  return { result: { status: 'challenge', challenge, next: open.next } }
}

async function startSession(
  deps: AnswerDeps,
  { id, userId, userVersion, passwordChangedAt, amr, organization }: ClaimedSignIn,
): Promise<SignInOutcome> {
  try {
    const result = await deps.clients.tokens.startSession({ userId, userVersion, amr, organization })
    return { result, deviceToken: deps.devices.mint({ userId, passwordChangedAt }) }
  } catch (err) {
    // A lost answer may have left a session whose tokens nobody holds: it is of no use to anybody and ends when idle.
    await releaseSignIn(deps.system, id).catch((lost: unknown) =>
      deps.log.warn({ err: lost, sign_in: id }, 'a sign-in without a session could not be given back'),
    )
    throw err
  }
}
