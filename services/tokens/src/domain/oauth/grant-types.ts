/**
 * What a client may present at the token endpoint (RFC 7591 §2). Client credentials are none of them: they are a
 * service account's.
 */
import type { GrantType } from '@gatehouse/contracts/http/tokens/oauth-client'

export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code'
export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const grantTypes: readonly GrantType[] = [
  'authorization_code',
  'refresh_token',
  deviceCodeGrant,
  tokenExchangeGrant,
]
export const defaultGrantTypes: readonly GrantType[] = ['authorization_code', 'refresh_token']

/** The scopes a client may get: without the grant a refresh token would be of no use. */
export const scopesWithin = (client: { scopes: readonly string[]; grantTypes: readonly GrantType[] }): string[] =>
  client.scopes.filter((scope) => scope !== 'offline_access' || client.grantTypes.includes('refresh_token'))
