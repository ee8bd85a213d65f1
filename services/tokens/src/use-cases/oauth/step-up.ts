/**
 * What a client wants of a sign-in, as the challenge of RFC 9470 §3: the page that asked for the decision knows which
 * sign-in to begin.
 */
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { MissingStrength } from '../../domain/oauth/authorization-request.ts'

/** @throws AppError `insufficient_user_authentication` */
export function onlyStepUp(missing: MissingStrength | undefined): void {
  if (missing === undefined) return
  const { acrValues, maxAgeSeconds } = missing
  const parameters = [
    'error="insufficient_user_authentication"',
    'error_description="The application asks for another sign-in"',
    ...(acrValues ? [`acr_values="${acrValues.join(' ')}"`] : []),
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
  ]
  throw problem('insufficient_user_authentication', {
    detail: 'The application asks for a stronger or more recent sign-in.',
    challenge: `Bearer ${parameters.join(', ')}`,
  })
}
