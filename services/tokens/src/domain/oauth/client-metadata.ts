/** What a client registers about itself, judged as a whole: the one place where a redirect URI can become one. */
import type { GrantType } from '@gatehouse/contracts/http/tokens/oauth-client'
import type { Complaint } from './complaint.ts'
import { tokenExchangeGrant } from './grant-types.ts'
import {
  complaintAboutLogoutUri,
  complaintAboutOrigin,
  complaintAboutRedirectUri,
  complaintAboutWebPage,
} from './redirect-uri.ts'
import { complaintsAboutProfile } from './security-profile.ts'

/** Roles and refresh tokens are for those who ask for them. */
export const defaultScopes: readonly string[] = ['openid', 'profile', 'email']

export type ClientMetadata = {
  authMethod: string
  jwks: object | null
  jwksUri: string | null
  grantTypes: readonly GrantType[]
  redirectUris: readonly string[]
  postLogoutRedirectUris: readonly string[]
  allowedOrigins: readonly string[]
  backchannelLogoutUri: string | null
  audiences: readonly string[]
  idTokenAlg: string
  securityProfile: 'oauth2' | 'fapi2'
  logoUri: string | null
  policyUri: string | null
  tosUri: string | null
}

export function complaintsAboutClient(
  client: ClientMetadata,
  ours: { ownAudience: string; issuer: string },
): Complaint[] {
  const { backchannelLogoutUri: logoutUri } = client
  const logout = logoutUri === null ? undefined : complaintAboutLogoutUri(logoutUri)
  return [
    ...addressComplaints('redirect_uris', client.redirectUris),
    ...addressComplaints('post_logout_redirect_uris', client.postLogoutRedirectUris),
    ...addressComplaints('allowed_origins', client.allowedOrigins, complaintAboutOrigin),
    ...(logout === undefined ? [] : [{ path: '/backchannel_logout_uri', message: logout }]),
    ...pageComplaints(client),
    ...client.audiences.flatMap((audience, at) =>
      isOurs(audience, ours) ? [{ path: `/audiences/${at}`, message: 'is Gatehouse itself' }] : [],
    ),
    ...complaintsAboutGrants(client),
    ...complaintsAboutProfile(client),
  ]
}

/**
 * A code has to go somewhere; without codes there is no use for an address. Who exchanges tokens of others proves who
 * it is.
 */
function complaintsAboutGrants(client: ClientMetadata): Complaint[] {
  const { grantTypes, redirectUris, authMethod, jwks, jwksUri } = client
  const isWithoutAddress = grantTypes.includes('authorization_code') && redirectUris.length === 0
  const isUnproven = grantTypes.includes(tokenExchangeGrant) && authMethod === 'none'
  const stated = Number(jwks !== null) + Number(jwksUri !== null)
  const isKeyed = stated === (authMethod === 'private_key_jwt' ? 1 : 0)
  return [
    ...(isKeyed ? [] : [{ path: '/jwks', message: 'or jwks_uri goes with private_key_jwt, and only with it' }]),
    ...(isWithoutAddress ? [{ path: '/redirect_uris', message: 'is needed for authorization_code' }] : []),
    ...(isUnproven ? [{ path: '/grant_types', message: 'has token exchange, which a public client cannot use' }] : []),
  ]
}

const addressComplaints = (
  name: string,
  addresses: readonly string[],
  complaintAbout = complaintAboutRedirectUri,
): Complaint[] =>
  addresses.flatMap((address, at) => {
    const message = complaintAbout(address)
    return message === undefined ? [] : [{ path: `/${name}/${at}`, message }]
  })

const pageComplaints = ({ logoUri, policyUri, tosUri }: ClientMetadata): Complaint[] =>
  Object.entries({ logo_uri: logoUri, policy_uri: policyUri, tos_uri: tosUri }).flatMap(([name, uri]) => {
    const message = uri === null ? undefined : complaintAboutWebPage(uri)
    return message === undefined ? [] : [{ path: `/${name}`, message }]
  })

/** A token for our own API, or for an endpoint of the provider, is nothing a client may ask for. */
const isOurs = (audience: string, o: { ownAudience: string; issuer: string }): boolean =>
  audience === o.ownAudience || audience === o.issuer || audience.startsWith(`${o.issuer}/`)
