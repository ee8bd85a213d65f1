/**
 * Begins to authenticate the person of a session anew (RFC 9470). The steps are those of a sign-in; the last one raises
 * the session.
 */
import type { UserCaller } from '@gatehouse/access/callers/caller'
import type { Challenged } from '@gatehouse/contracts/http/identity/sign-in'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { Deps } from '../../deps.ts'
import { choiceOf } from '../../domain/organization-choice.ts'
import { nextSteps } from '../../domain/sign-in/steps.ts'
import { findPasswordOf } from '../../store/accounts.ts'
import { listFactors } from '../../store/factors.ts'
import { enrolledOf } from '../factors/enrolled.ts'
import { hashOfBrowser } from './browser.ts'
import { storeSignIn } from './sign-in.ts'

type StepUpDeps = Pick<Deps, 'system' | 'settings'>
type Wanted = { acrValues: string | undefined; browser: string | undefined }

/** The class that asks for a second factor; any other is met by any factor. */
const strongClass = 'aal2'

/** @throws AppError `unauthenticated` when the person is gone or may not sign in any more */
export async function stepUp(
  deps: StepUpDeps,
  caller: UserCaller,
  { acrValues = '', browser }: Wanted,
): Promise<Challenged> {
  const { userId, sessionId, orgId } = caller
  const person = await findPasswordOf(deps.system, userId)
  if (person === undefined) throw problem('unauthenticated')
  const requiresMfa = acrValues.split(' ').includes(strongClass)
  const organization = choiceOf(orgId ?? null)
  const next = nextSteps({
    purpose: 'step_up',
    isAddressProven: true,
    amr: [],
    enrolled: enrolledOf(await listFactors(deps.system, userId), { password: person.hasPassword }),
    requiresMfa,
    isRemembered: false,
    organization,
  })
  const challenge = await storeSignIn(deps, {
    userId,
    sessionId,
    requiresMfa,
    amr: [],
    organization,
    browserHash: hashOfBrowser(browser),
  })
  return { status: 'challenge', challenge, next }
}
