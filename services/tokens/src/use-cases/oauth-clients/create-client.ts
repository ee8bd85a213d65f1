/** Registers a client. A confidential one gets its first secret. */
import { accessTokenAudience } from '@gatehouse/contracts/claims/access-token'
import type { ClientKeys, ClientRegistration, NewOAuthClient } from '@gatehouse/contracts/http/tokens/oauth-client'
import { keepAnswer } from '@gatehouse/service-kit/context/request-context'
import { actorOf } from '@gatehouse/access/callers/caller'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { complaintAboutKeys } from '../../crypto/client-keys.ts'
import { defaultGrantTypes } from '../../domain/oauth/grant-types.ts'
import {
  complaintsAboutClient,
  complaintsAboutGrants,
  defaultScopes,
  type Complaint,
} from '../../domain/oauth/client-metadata.ts'
import { insertOAuthClient, insertSecret } from '../../store/oauth-clients.ts'
import { announceClientCreated } from './announce-client.ts'
import { type ClientDeps, type ClientScope, ownerOf, requireClients, writeClients } from './client-scope.ts'
import { clientView } from './client-views.ts'

/** Secrets of clients begin with it. */
export const clientSecretPrefix = 'gtcs_'

/** @throws AppError `forbidden`, `validation_failed` */
export async function createClient(
  deps: ClientDeps,
  scope: ClientScope,
  wish: ClientRegistration,
): Promise<NewOAuthClient> {
  await requireClients(deps, scope, 'write')
  const errors = complaintsAbout(deps, {
    redirectUris: wish.redirect_uris,
    postLogoutRedirectUris: wish.post_logout_redirect_uris,
    backchannelLogoutUri: wish.backchannel_logout_uri,
    jwks: wish.jwks,
    audiences: wish.audiences,
  })
  const isByKey = wish.auth_method === 'private_key_jwt'
  if (isByKey !== (wish.jwks !== undefined))
    errors.push({ path: '/jwks', message: 'goes with private_key_jwt, and only with it' })
  const grantTypes = wish.grant_types ?? [...defaultGrantTypes]
  const redirectUris = wish.redirect_uris ?? []
  errors.push(...complaintsAboutGrants({ grantTypes, redirectUris, isPublic: wish.auth_method === 'none' }))
  if (errors.length > 0) throw problem('validation_failed', { errors })
  const actor = actorOf(scope.caller)
  const { orgId } = ownerOf(scope)
  const authMethod = wish.auth_method ?? 'client_secret'
  const minted = authMethod === 'client_secret' ? mintSecret(clientSecretPrefix) : undefined
  return await writeClients(deps, scope, async (tx) => {
    const client = await insertOAuthClient(tx, {
      id: newId('client'),
      orgId,
      name: wish.name,
      authMethod,
      jwks: wish.jwks ?? null,
      grantTypes,
      redirectUris,
      postLogoutRedirectUris: wish.post_logout_redirect_uris ?? [],
      backchannelLogoutUri: wish.backchannel_logout_uri ?? null,
      scopes: wish.scopes ?? [...defaultScopes],
      audiences: wish.audiences ?? [],
      idTokenAlg: wish.id_token_signed_response_alg ?? 'RS256',
      isFirstParty: wish.first_party ?? false,
      dpopBoundAccessTokens: wish.dpop_bound_access_tokens ?? false,
      createdBy: actor,
    })
    const secret = minted && (await insertSecret(tx, secretOf(minted, { clientId: client.id, orgId, actor })))
    await announceClientCreated(tx, client, actor)
    const view = clientView(client, secret === undefined ? [] : [secret])
    return keepAnswer({ ...view, ...(minted && { client_secret: minted.secret }) })
  })
}

/** The row of a new secret. */
export const secretOf = (
  minted: { secret: string; hash: Buffer },
  o: { clientId: string; orgId: string | null; actor: string },
) => ({
  id: newId('cls'),
  clientId: o.clientId,
  orgId: o.orgId,
  hash: minted.hash,
  last4: minted.secret.slice(-4),
  createdBy: o.actor,
})

/** What is wrong with the metadata of a client, each with its place. */
export const complaintsAbout = (
  { issuer }: Pick<ClientDeps, 'issuer'>,
  client: Omit<Parameters<typeof complaintsAboutClient>[0], 'issuer' | 'ownAudience'> & {
    jwks?: ClientKeys | null | undefined
  },
): Complaint[] => {
  const aboutKeys = client.jwks ? complaintAboutKeys(client.jwks) : undefined
  return [
    ...complaintsAboutClient({ ...client, issuer, ownAudience: accessTokenAudience }),
    ...(aboutKeys === undefined ? [] : [{ path: '/jwks', message: aboutKeys }]),
  ]
}
