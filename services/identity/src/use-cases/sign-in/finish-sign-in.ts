/** What follows the last step: tokens opens a session, or raises the one of a step-up. A sign-in that nothing came of is given back. */
import type { AnswerResult } from '@gatehouse/contracts/http/identity/sign-in'
import type { Deps } from '../../deps.ts'
import { releaseSignIn, type OpenSignIn } from '../../store/sign-in-transactions.ts'

export type AnswerOutcome = { result: AnswerResult; deviceToken?: string }
type FinishDeps = Pick<Deps, 'system' | 'clients' | 'log' | 'devices'>
type Finished = { signIn: OpenSignIn; deviceId: string | undefined }

/** @throws AppError of tokens */
export async function finishSignIn(deps: FinishDeps, { signIn, deviceId }: Finished): Promise<AnswerOutcome> {
  const { id, userId, userVersion, amr, organization, sessionId, password } = signIn
  const { tokens } = deps.clients
  try {
    if (sessionId !== undefined)
      return { result: await tokens.raiseSession({ sessionId, userId, amr: [...amr], organization }) }
    const result = await tokens.startSession({ userId, userVersion, amr: [...amr], organization })
    if (deviceId !== undefined || password === undefined) return { result }
    return { result, deviceToken: deps.devices.mint({ userId, passwordChangedAt: password.changedAt }) }
  } catch (err) {
    // A lost answer may have left a session whose tokens nobody holds: it is of no use to anybody and ends when idle.
    await releaseSignIn(deps.system, id).catch((lost: unknown) =>
      deps.log.warn({ err: lost, sign_in: id }, 'a sign-in without a session could not be given back'),
    )
    throw err
  }
}
