/**
 * A person who is signed in, but too weakly or too long ago, answers one more step and comes back to the page they were
 * on (RFC 9470).
 */
import { StepUp } from '@gatehouse/contracts/http/identity/sign-in'
import type { AppError } from '@gatehouse/service-kit/errors/app-error'
import { requireToken, spokenFor, type Visit } from '../browser/visit.ts'
import type { Deps } from '../deps.ts'
import type { RedirectAnswer } from '../serve/answer.ts'
import { advance } from './advance-sign-in.ts'

/** @throws AppError `token_revoked` and of identity */
export async function beginStepUp(
  deps: Pick<Deps, 'identity' | 'tokens' | 'clock'>,
  visit: Visit,
  refusal: AppError,
): Promise<RedirectAnswer> {
  const acrValues = /acr_values="([^"]+)"/.exec(refusal.challenge ?? '')?.[1]
  const user = await requireToken(deps, visit)
  const result = await deps.identity.call(StepUp, {
    ...spokenFor(visit),
    body: acrValues === undefined ? {} : { acr_values: acrValues },
    user,
  })
  return advance(deps, visit, {
    result,
    way: visit.way.request === undefined ? { ...visit.way, next: visit.path } : visit.way,
  })
}
