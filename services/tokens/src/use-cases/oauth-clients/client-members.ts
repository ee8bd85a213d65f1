/** The members of a client as the API names them, and as they are kept; and what is wrong with them as a whole. */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import type { ClientChange, ClientRegistration } from '@gatehouse/contracts/http/tokens/oauth-client'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Deps } from '../../deps.ts'
import { complaintAboutKeys } from '../../crypto/client-keys.ts'
import { complaintsAboutClient, defaultScopes } from '../../domain/oauth/client-metadata.ts'
import type { Complaint } from '../../domain/oauth/complaint.ts'
import { defaultGrantTypes } from '../../domain/oauth/grant-types.ts'
import type { ClientUpdate, NewClient } from '../../store/oauth-clients.ts'

const kept = {
  name: 'name',
  status: 'status',
  jwks: 'jwks',
  jwks_uri: 'jwksUri',
  grant_types: 'grantTypes',
  redirect_uris: 'redirectUris',
  post_logout_redirect_uris: 'postLogoutRedirectUris',
  allowed_origins: 'allowedOrigins',
  backchannel_logout_uri: 'backchannelLogoutUri',
  scopes: 'scopes',
  audiences: 'audiences',
  id_token_signed_response_alg: 'idTokenAlg',
  first_party: 'isFirstParty',
  dpop_bound_access_tokens: 'dpopBoundAccessTokens',
  require_pushed_authorization_requests: 'requiresPushedRequests',
  security_profile: 'securityProfile',
  access_token_lifetime_seconds: 'accessTokenSeconds',
  session_lifetime_seconds: 'sessionSeconds',
  logo_uri: 'logoUri',
  policy_uri: 'policyUri',
  tos_uri: 'tosUri',
} as const satisfies Record<keyof ClientChange, keyof ClientUpdate>

/** What a change names; the rest stays as it is. */
export const updateOf = (change: ClientChange): ClientUpdate =>
  Object.fromEntries(
    Object.entries(kept).flatMap(([name, member]) => {
      const value = change[name as keyof ClientChange]
      return value === undefined ? [] : [[member, value]]
    }),
  ) as ClientUpdate

/** A client as it is registered, with what it did not say. */
export const clientOf = (
  { auth_method: authMethod = 'client_secret', ...wish }: ClientRegistration,
  o: { orgId: string | null; createdBy: string },
): NewClient => ({
  id: newId('client'),
  ...o,
  authMethod,
  jwks: null,
  jwksUri: null,
  grantTypes: [...defaultGrantTypes],
  redirectUris: [],
  postLogoutRedirectUris: [],
  allowedOrigins: [],
  backchannelLogoutUri: null,
  scopes: [...defaultScopes],
  audiences: [],
  idTokenAlg: wish.security_profile === 'fapi2' ? 'ES256' : 'RS256',
  isFirstParty: false,
  dpopBoundAccessTokens: false,
  requiresPushedRequests: false,
  securityProfile: 'oauth2',
  accessTokenSeconds: null,
  sessionSeconds: null,
  logoUri: null,
  policyUri: null,
  tosUri: null,
  registrationHash: null,
  documentExpiresAt: null,
  documentReference: null,
  ...updateOf(wish),
  name: wish.name,
})

/** What is wrong with a client as a whole, each with its place. */
export function complaintsAbout(
  { issuer, clientDocuments }: Pick<Deps, 'issuer' | 'clientDocuments'>,
  client: Omit<NewClient, 'id'>,
): Complaint[] {
  const { jwksUri } = client
  const isFetched = jwksUri === null || clientDocuments.isAllowed(jwksUri)
  const aboutKeys = client.jwks === null ? undefined : complaintAboutKeys(client.jwks)
  return [
    ...complaintsAboutClient(client, { issuer, ownAudience: accessTokenAudience }),
    ...(aboutKeys === undefined ? [] : [{ path: '/jwks', message: aboutKeys }]),
    ...(isFetched ? [] : [{ path: '/jwks_uri', message: 'is no address from which this provider fetches keys' }]),
  ]
}
