/**
 * An authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), read and judged. Until client and redirect
 * URI are known to belong together nothing may be sent there; from then on every refusal goes to the client.
 */
import type { GrantType } from '@gatehouse/contracts/http/tokens/oauth-client'
import type { OAuthErrorCode } from '@gatehouse/contracts/problems/oauth-errors'
import { scopesWithin } from './grant-types.ts'
import { namedOrganization } from './named-organization.ts'
import { invalidTarget, isWithin, resourcesIn } from './resource-indicators.ts'
import { grantedScope, parseScope } from './scopes.ts'

/** As it is stored until somebody has decided. `state` and `nonce` are the client's words and come back unchanged. */
export type AuthorizationRequest = {
  redirectUri: string
  scope: string[]
  codeChallenge: string
  state?: string
  nonce?: string
  /** Of OpenID Connect Core §3.1.2.1. */
  prompt: string[]
  maxAgeSeconds?: number
  acrValues?: string[]
  loginHint?: string
  uiLocales?: string
  /** The organization the client wants the person to act for; looked up where it is named by its slug. */
  organizationId?: string
  /** RFC 8707 §2: the resource servers the token may be for; absent: all that the client registered. */
  resources?: string[]
  /** RFC 9449 §10: the key that exchanges the code. */
  dpopJkt?: string
}

export type Refusal = { error: OAuthErrorCode; description: string }
type Judged = { kind: 'accepted'; request: AuthorizationRequest } | ({ kind: 'refused' } & Refusal)

type Parameters = ReadonlyMap<string, string>
type ClientRules = { scopes: readonly string[]; grantTypes: readonly GrantType[]; audiences: readonly string[] }

/** RFC 7636 §4.2: 43 characters of base64url hold a SHA-256. */
const challengeForm = /^[A-Za-z0-9_-]{43}$/
const prompts = ['none', 'login', 'consent', 'select_account']

const refused = (error: OAuthErrorCode, description: string): { kind: 'refused' } & Refusal => ({
  kind: 'refused',
  error,
  description,
})

/** The redirect URI is known to be the client's. */
export function judgeAuthorizationRequest(parameters: Parameters, client: ClientRules): Judged {
  if (!client.grantTypes.includes('authorization_code'))
    return refused('unauthorized_client', 'The client did not register authorization codes.')
  const complaint = refusalOfForm(parameters) ?? refusalOfProof(parameters) ?? refusalOfOpenid(parameters)
  if (complaint !== undefined) return { kind: 'refused', ...complaint }
  const resources = resourcesIn(parameters)
  if (resources !== undefined && !isWithin(resources, client.audiences)) return refused('invalid_target', invalidTarget)
  const asked = parseScope(parameters.get('scope') ?? '')
  if (parameters.has('scope') && asked === undefined) return refused('invalid_scope', 'The scope is malformed.')
  const scope = grantedScope(asked ?? [], scopesWithin(client))
  if (scope.length === 0) return refused('invalid_scope', 'None of the scopes is registered for this client.')
  return { kind: 'accepted', request: { ...requestOf(parameters, scope), ...(resources && { resources }) } }
}

function refusalOfForm(parameters: Parameters): Refusal | undefined {
  const responseType = parameters.get('response_type')
  if (responseType === undefined) return refused('invalid_request', 'response_type is missing.')
  if (responseType !== 'code')
    return refused('unsupported_response_type', 'Only the response type "code" is supported.')
  if ((parameters.get('response_mode') ?? 'query') !== 'query')
    return refused('invalid_request', 'Only the response mode "query" is supported.')
  if (parameters.has('request')) return refused('request_not_supported', 'Request objects are not supported.')
  if (parameters.has('request_uri')) return refused('request_uri_not_supported', 'Request URIs are not supported.')
  if (parameters.has('registration')) return refused('registration_not_supported', 'Register the client beforehand.')
  return undefined
}

/** PKCE always, and S256 only (RFC 9700 §2.1.1): `plain` proves nothing to who has seen the request. */
function refusalOfProof(parameters: Parameters): Refusal | undefined {
  if (!parameters.has('code_challenge')) return refused('invalid_request', 'code_challenge is missing (RFC 7636).')
  if (parameters.get('code_challenge_method') !== 'S256')
    return refused('invalid_request', 'code_challenge_method must be S256.')
  if (!challengeForm.test(parameters.get('code_challenge') ?? ''))
    return refused('invalid_request', 'code_challenge is not a SHA-256 in base64url.')
  if (!challengeForm.test(parameters.get('dpop_jkt') ?? parameters.get('code_challenge') ?? ''))
    return refused('invalid_request', 'dpop_jkt is not a thumbprint (RFC 7638).')
  return undefined
}

function refusalOfOpenid(parameters: Parameters): Refusal | undefined {
  const prompt = promptOf(parameters)
  if (prompt.some((one) => !prompts.includes(one))) return refused('invalid_request', 'The prompt is not known.')
  if (prompt.includes('none') && prompt.length > 1)
    return refused('invalid_request', 'The prompt "none" stands alone (OpenID Connect Core 3.1.2.1).')
  if (!/^[0-9]{1,9}$/.test(parameters.get('max_age') ?? '0'))
    return refused('invalid_request', 'max_age is not a number of seconds.')
  if (namedOrganization(parameters).kind === 'malformed')
    return refused('invalid_request', 'organization_id or organization names no organization.')
  return undefined
}

const promptOf = (parameters: Parameters): string[] =>
  (parameters.get('prompt') ?? '').split(' ').filter((one) => one !== '')

function requestOf(parameters: Parameters, scope: string[]): AuthorizationRequest {
  const maxAge = parameters.get('max_age')
  const acrValues = parameters.get('acr_values')
  return {
    redirectUri: parameters.get('redirect_uri') ?? '',
    scope,
    codeChallenge: parameters.get('code_challenge') ?? '',
    prompt: promptOf(parameters),
    ...given('state', parameters.get('state')),
    ...given('nonce', parameters.get('nonce')),
    ...given('loginHint', parameters.get('login_hint')?.slice(0, 254)),
    ...given('uiLocales', parameters.get('ui_locales')?.slice(0, 200)),
    ...given('dpopJkt', parameters.get('dpop_jkt')),
    ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }),
    ...(acrValues !== undefined && { acrValues: acrValues.split(' ').filter((one) => one !== '') }),
  }
}

const given = <Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string }

/**
 * What the sign-in has to be before this request may be approved, beyond what it is (RFC 9470 §3); undefined: it is
 * enough.
 */
export type MissingStrength = { acrValues?: string[]; maxAgeSeconds?: number }

export function missingStrength(o: {
  request: AuthorizationRequest
  /** When the request arrived: seconds since the epoch. A sign-in since then is as recent as any client can ask for. */
  requestedAt: number
  signIn: { authTime: number; acr: string }
}): MissingStrength | undefined {
  const { request, signIn } = o
  const isTooOld = request.maxAgeSeconds !== undefined && o.requestedAt - signIn.authTime > request.maxAgeSeconds
  const isFromBefore = request.prompt.includes('login') && signIn.authTime < o.requestedAt
  const acrValues = request.acrValues?.filter((acr) => knownAcr.includes(acr))
  const isTooWeak = acrValues !== undefined && acrValues.length > 0 && !acrValues.some((acr) => signIn.acr >= acr)
  if (!isTooOld && !isFromBefore && !isTooWeak) return undefined
  return {
    ...((isTooOld || isFromBefore) && { maxAgeSeconds: isFromBefore ? 0 : (request.maxAgeSeconds ?? 0) }),
    ...(isTooWeak && { acrValues }),
  }
}

/** In order of strength; others are voluntary wishes (OpenID Connect Core §3.1.2.1) that cannot be met. */
export const knownAcr = ['aal1', 'aal2']
