/**
 * Client credentials (RFC 6749 §4.4) are a service account and one of its API keys: any OAuth library gets the access
 * token the gateway would exchange the key for. A scope makes it less, never more.
 */
import type { ServiceAccountClaims } from '@gatehouse/contracts/claims/access-token'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Deps } from '../../deps.ts'
import { parseScope } from '../../domain/oauth/scopes.ts'
import { exchangeApiKey } from '../service-accounts/exchange-api-key.ts'
import { credentialsOf, invalidClient, type Presented } from './authenticate-client.ts'
import { claimsIn } from './claims-in.ts'
import type { TokenAnswer } from './token-answer.ts'

type CredentialDeps = Parameters<typeof exchangeApiKey>[0]

/** @throws OAuthError `invalid_client`, `unauthorized_client`, `invalid_scope`; AppError `not_current` */
export async function clientCredentials(deps: CredentialDeps, presented: Presented): Promise<TokenAnswer> {
  const { id, secret, isBasic } = credentialsOf(presented)
  if (secret === undefined) throw invalidClient(isBasic)
  const exchanged = await exchangeApiKey(deps, { presented: secret }).catch((err: unknown) => {
    // A key of the platform names an organization for each request, which this grant has no parameter for.
    if (isAppError(err, 'organization_required')) throw oauthError('unauthorized_client')
    throw isAppError(err, 'invalid_api_key') ? invalidClient(isBasic) : err
  })
  const claims = claimsIn(exchanged.access_token) as ServiceAccountClaims
  if (claims.sub !== id) throw invalidClient(isBasic)
  requireOwnResource(deps, presented.parameters.get('resource'))
  const scope = narrowed(claims.scope, presented.parameters.get('scope'))
  return {
    access_token:
      scope === claims.scope
        ? exchanged.access_token
        : signed(deps, { ...claims, ...(scope !== undefined && { scope }) }),
    token_type: 'Bearer',
    expires_in: exchanged.expires_in,
    ...(scope !== undefined && { scope }),
  }
}

/** RFC 8707 §2: these tokens are for Gatehouse's own API, whose resource identifier is the issuer. */
function requireOwnResource({ issuer }: Pick<CredentialDeps, 'issuer'>, resource: string | undefined): void {
  if (resource !== undefined && resource !== issuer)
    throw oauthError('invalid_target', { description: 'A key of a service account opens the API of Gatehouse alone.' })
}

const signed = (deps: Pick<Deps, 'keyRing'>, claims: ServiceAccountClaims): string =>
  deps.keyRing.sign(claims, new Date())

/** @throws OAuthError `invalid_scope` for what the key does not open */
function narrowed(held: string | undefined, asked: string | undefined): string | undefined {
  if (asked === undefined) return held
  const wanted = parseScope(asked)
  const allowed = held?.split(' ')
  if (wanted === undefined || (allowed !== undefined && wanted.some((one) => !allowed.includes(one))))
    throw oauthError('invalid_scope', { description: 'The key does not open all of this scope.' })
  return wanted.join(' ')
}
