/**
 * What is left to do before an authorization request can be allowed. Pure: the person, their session and what they
 * allowed before are given.
 */
import type { AuthorizationNeed } from '@gatehouse/contracts/http/tokens/authorizations'
import { type AuthorizationRequest, missingStrength } from './authorization-request.ts'

/** The signed-in person as the request meets them. */
export type PersonAtHand = {
  userId: string
  signIn: { authTime: number; acr: string }
  /** Those they may choose for this request. */
  organizations: readonly string[]
  /** For which they would act without choosing: null is none, `undecided` asks for a choice. */
  organizationId: string | null | 'undecided'
  /** The scope they allowed this client. */
  allowed: readonly string[]
}

export function needsOf(o: {
  request: AuthorizationRequest
  isFirstParty: boolean
  /** When the request arrived: seconds since the epoch. */
  requestedAt: number
  person: PersonAtHand | undefined
}): AuthorizationNeed[] {
  const { request, person, requestedAt, isFirstParty } = o
  const isSignedIn =
    person !== undefined && missingStrength({ request, requestedAt, signIn: person.signIn }) === undefined
  const isAllowed =
    isFirstParty ||
    (person !== undefined &&
      !request.prompt.includes('consent') &&
      request.scope.every((scope) => person.allowed.includes(scope)))
  return [
    ...(isSignedIn ? [] : (['sign_in'] as const)),
    ...(person?.organizationId === 'undecided' ? (['select_organization'] as const) : []),
    ...(isAllowed ? [] : (['consent'] as const)),
  ]
}

/** Whether the client wants the person to be asked, whatever is known of them (OpenID Connect Core §3.1.2.1). */
export const wantsAsking = ({ prompt, maxAgeSeconds }: AuthorizationRequest): boolean =>
  maxAgeSeconds === 0 || prompt.some((one) => one !== 'none')

/** The refusal of a request that must not ask (OpenID Connect Core §3.1.2.6), by what would have to be asked first. */
export const refusalWithoutAsking = (need: AuthorizationNeed) =>
  (({ sign_in: 'login_required', select_organization: 'interaction_required', consent: 'consent_required' }) as const)[
    need
  ]
