/** What a client registers about itself, judged: the one place where a redirect URI can become one. */
import type { GrantType } from '@gatehouse/contracts/http/tokens/oauth-client'
import { tokenExchangeGrant } from './grant-types.ts'
import { complaintAboutLogoutUri, complaintAboutRedirectUri } from './redirect-uri.ts'

/** Roles and refresh tokens are for those who ask for them. */
export const defaultScopes: readonly string[] = ['openid', 'profile', 'email']

export type Complaint = { path: string; message: string }

export function complaintsAboutClient(client: {
  redirectUris?: readonly string[] | undefined
  postLogoutRedirectUris?: readonly string[] | undefined
  backchannelLogoutUri?: string | null | undefined
  audiences?: readonly string[] | undefined
  ownAudience: string
  issuer: string
}): Complaint[] {
  const { redirectUris = [], postLogoutRedirectUris = [], audiences = [], backchannelLogoutUri } = client
  const logout = typeof backchannelLogoutUri === 'string' && complaintAboutLogoutUri(backchannelLogoutUri)
  return [
    ...addressComplaints('redirect_uris', redirectUris),
    ...addressComplaints('post_logout_redirect_uris', postLogoutRedirectUris),
    ...(logout ? [{ path: '/backchannel_logout_uri', message: logout }] : []),
    ...audiences.flatMap((audience, at) =>
      isOurs(audience, client) ? [{ path: `/audiences/${at}`, message: 'is Gatehouse itself' }] : [],
    ),
  ]
}

/**
 * A code has to go somewhere; without codes there is no use for an address. Who exchanges tokens of others proves who
 * it is.
 */
export function complaintsAboutGrants(o: {
  grantTypes: readonly GrantType[]
  redirectUris: readonly string[]
  isPublic: boolean
}): Complaint[] {
  const isWithoutAddress = o.grantTypes.includes('authorization_code') && o.redirectUris.length === 0
  const isUnproven = o.grantTypes.includes(tokenExchangeGrant) && o.isPublic
  return [
    ...(isWithoutAddress ? [{ path: '/redirect_uris', message: 'is needed for authorization_code' }] : []),
    ...(isUnproven ? [{ path: '/grant_types', message: 'has token exchange, which a public client cannot use' }] : []),
  ]
}

const addressComplaints = (name: string, addresses: readonly string[]): Complaint[] =>
  addresses.flatMap((address, at) => {
    const message = complaintAboutRedirectUri(address)
    return message === undefined ? [] : [{ path: `/${name}/${at}`, message }]
  })

/** A token for our own API, or for an endpoint of the provider, is nothing a client may ask for. */
const isOurs = (audience: string, o: { ownAudience: string; issuer: string }): boolean =>
  audience === o.ownAudience || audience === o.issuer || audience.startsWith(`${o.issuer}/`)
