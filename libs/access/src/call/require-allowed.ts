/**
 * What a refused permission is to whoever asked for it. Where a stronger or more recent sign-in would lift the refusal,
 * it is the challenge of RFC 9470 §3: 401, and in `WWW-Authenticate` what the sign-in has to be. Otherwise it is 403.
 */
import type { Obligation } from '@gatehouse/contracts/http/authz/evaluation'
import type { PrincipalCaller } from '../callers/caller.ts'
import { problem, type AppError } from '@gatehouse/service-kit/errors/app-error'

/** What the policy decision point said of one permission. */
export type PermissionDecision = { readonly allowed: boolean; readonly obligation?: Obligation | undefined }

/** The answer to a check of one permission. Anything but one clear yes is a no. */
export const onlyDecision = ({
  decisions,
  obligations,
}: {
  decisions: readonly boolean[]
  obligations?: readonly (Obligation | null)[] | undefined
}): PermissionDecision => ({
  allowed: decisions.length === 1 && decisions[0] === true,
  obligation: obligations?.[0] ?? undefined,
})

/** @throws AppError `insufficient_user_authentication`, `forbidden` */
export function requireAllowed(
  { allowed, obligation }: PermissionDecision,
  { kind }: Pick<PrincipalCaller, 'kind'>,
  permission: string,
): void {
  if (allowed) return
  const internal = `lacks ${permission}`
  // A service account cannot sign in more strongly.
  if (obligation?.type === 'step_up' && kind === 'user') throw stepUpChallenge(obligation, internal)
  throw problem('forbidden', {
    internal,
    ...(obligation?.type === 'access_request' && { detail: 'Access may be asked for.' }),
  })
}

/** The refusal that a stronger or more recent sign-in lifts, as a problem with its challenge. */
export function stepUpChallenge(
  { acr_values, max_age }: Pick<Obligation, 'acr_values' | 'max_age'>,
  internal: string,
): AppError {
  const [detail, description] =
    max_age === undefined
      ? ['Sign in more strongly.', 'A stronger sign-in is required']
      : [
          `Sign in again${acr_values ? ' and more strongly' : ''}.`,
          `A more recent${acr_values ? ' and stronger' : ''} sign-in is required`,
        ]
  const parameters = [
    'error="insufficient_user_authentication"',
    `error_description="${description}"`,
    ...(acr_values ? [`acr_values="${acr_values.join(' ')}"`] : []),
    ...(max_age === undefined ? [] : [`max_age="${max_age}"`]),
  ]
  return problem('insufficient_user_authentication', { internal, detail, challenge: `Bearer ${parameters.join(', ')}` })
}
