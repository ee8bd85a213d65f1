/**
 * What the FAPI 2.0 Security Profile (§5.3.2, §5.4.1) adds to what holds for every client. Codes live 60 seconds,
 * assertions are for the issuer alone and PKCE is required of all, so what is left is little.
 */
import type { Complaint } from './complaint.ts'

type Settings = {
  securityProfile: 'oauth2' | 'fapi2'
  requiresPushedRequests: boolean
  dpopBoundAccessTokens: boolean
}

const isFapi = ({ securityProfile }: Pick<Settings, 'securityProfile'>): boolean => securityProfile === 'fapi2'

export const mustPush = (client: Settings): boolean => client.requiresPushedRequests || isFapi(client)
export const mustProveKey = (client: Settings): boolean => client.dpopBoundAccessTokens || isFapi(client)
/** §5.4.1 leaves PKCS #1 v1.5 signatures out. */
export const mayUseAlg = (client: Pick<Settings, 'securityProfile'>, alg: string): boolean =>
  !isFapi(client) || alg !== 'RS256'

export function complaintsAboutProfile(client: {
  securityProfile: 'oauth2' | 'fapi2'
  authMethod: string
  idTokenAlg: string
  redirectUris: readonly string[]
}): Complaint[] {
  if (!isFapi(client)) return []
  return [
    ...(client.authMethod === 'private_key_jwt'
      ? []
      : [{ path: '/auth_method', message: 'is private_key_jwt with the profile fapi2' }]),
    ...(client.idTokenAlg === 'ES256'
      ? []
      : [{ path: '/id_token_signed_response_alg', message: 'is ES256 with the profile fapi2' }]),
    ...client.redirectUris.flatMap((uri, at) =>
      uri.startsWith('https:') ? [] : [{ path: `/redirect_uris/${at}`, message: 'is https with the profile fapi2' }],
    ),
  ]
}
