/**
 * The answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3): a client's access token, and the ID
 * token where the scope asks for one.
 */
import type { PersonClaims } from '@gatehouse/contracts/claims/access-token'
import type { Deps } from '../../deps.ts'
import { clientAccessClaims, idTokenClaims } from '../../domain/oauth/client-tokens.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { organizationClaims } from './organization-claims.ts'

export type TokenAnswer = {
  access_token: string
  token_type: 'Bearer' | 'DPoP'
  expires_in: number
  scope?: string
  refresh_token?: string
  /** Of a token exchange (RFC 8693 §2.2.1). */
  issued_token_type?: string
  id_token?: string
}

export async function clientTokens(
  deps: Pick<Deps, 'keyRing' | 'issuer' | 'system' | 'clients' | 'log'>,
  o: {
    client: OAuthClient
    claims: PersonClaims
    scope: readonly string[]
    audience: string[]
    nonce: string | undefined
    refreshToken: string | undefined
    jkt: string | undefined
  },
): Promise<TokenAnswer> {
  const { client, claims, scope } = o
  const organization = await organizationClaims(deps, { userId: claims.sub, organizationId: claims.org_id, scope })
  // The key is chosen by the present: `iat` is cut to seconds, and a key made within this second would not be there
  // yet.
  const now = new Date()
  const { accessTokenSeconds: seconds } = client
  const access = clientAccessClaims(claims, { audience: o.audience, scope, jkt: o.jkt, seconds })
  return {
    access_token: deps.keyRing.signJwt({ typ: 'at+jwt', alg: 'ES256', claims: access, now }),
    token_type: o.jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: access.exp - access.iat,
    scope: access.scope,
    ...(o.refreshToken !== undefined && { refresh_token: o.refreshToken }),
    ...(scope.includes('openid') && {
      id_token: deps.keyRing.signJwt({
        typ: 'JWT',
        alg: client.idTokenAlg,
        claims: idTokenClaims(claims, { clientId: client.id, nonce: o.nonce, organization }),
        now,
      }),
    }),
  }
}
