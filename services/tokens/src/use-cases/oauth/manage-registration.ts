/**
 * A client that registered itself reads, replaces and deletes what it registered (RFC 7592), with the token it got for
 * that. What an operator gave it beyond, such as resource servers, stays as it is.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import { bearerOf } from '@gatehouse/access/callers/authenticate'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { hashSecret, isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import {
  findRegistered,
  hasSecret,
  lockOAuthClient,
  type NewClient,
  type OAuthClient,
  updateOAuthClient,
} from '../../store/oauth-clients.ts'
import { announceClientDeleted, announceClientUpdated } from '../oauth-clients/announce-client.ts'
import { clientView } from '../oauth-clients/client-views.ts'
import { endSessionsOfClient } from '../oauth-clients/end-sessions-of-client.ts'
import { changedMembers } from '../oauth-clients/update-client.ts'
import { informationOf, invalidToken, registrable, type RegisterDeps, registrationPrefix } from './register-client.ts'

type Asked = { authorization: string | undefined; parameters: Parameters }
type Known = { client: OAuthClient; accessToken: string }

/** @throws OAuthError `invalid_token` */
export async function readRegistration(deps: RegisterDeps, asked: Asked): Promise<object> {
  const { client, accessToken } = await registeredClient(deps, asked)
  return informationOf(deps, { client: clientView(client, []), metadata: undefined, accessToken })
}

/** @throws OAuthError `invalid_token`, `invalid_client_metadata`, `invalid_redirect_uri` */
export async function replaceRegistration(deps: RegisterDeps, asked: Asked & { json: unknown }): Promise<object> {
  const { client, accessToken } = await registeredClient(deps, asked)
  await requireOwnWords(deps, client, asked.json)
  const { row, metadata } = registrable(deps, asked.json, { createdBy: client.createdBy })
  if (row.authMethod !== client.authMethod)
    throw oauthError('invalid_client_metadata', { description: 'token_endpoint_auth_method cannot be changed.' })
  const update = replacementOf(row)
  const replaced = await deps.spine.write(
    {},
    async (tx) => {
      const before = await lockOAuthClient(tx, { id: client.id, orgId: null })
      if (before?.status !== 'active') return undefined
      const changed = changedMembers(before, update)
      if (changed.length === 0) return before
      const after = await updateOAuthClient(tx, client.id, update)
      await announceClientUpdated(tx, { client: after, changed, actor: 'system' })
      return after
    },
    { db: 'system' },
  )
  if (replaced === undefined) throw invalidToken()
  return informationOf(deps, { client: clientView(replaced, []), metadata, accessToken })
}

/** @throws OAuthError `invalid_token` */
export async function deleteRegistration(deps: RegisterDeps, asked: Asked): Promise<void> {
  const { client } = await registeredClient(deps, asked)
  const isGone = await deps.spine.write(
    {},
    async (tx) => {
      if ((await lockOAuthClient(tx, { id: client.id, orgId: null })) === undefined) return false
      const after = await updateOAuthClient(tx, client.id, { status: 'deleted' })
      await announceClientDeleted(tx, after, 'system')
      return true
    },
    { db: 'system' },
  )
  if (!isGone) throw invalidToken()
  await endSessionsOfClient(deps, client.id, 'system')
}

/** RFC 7592 §2.1: one answer for a client that is gone, is disabled, or is not the one of this token. */
async function registeredClient(
  { system }: Pick<RegisterDeps, 'system'>,
  { authorization, parameters }: Asked,
): Promise<Known> {
  const accessToken = bearerOf(authorization)
  if (accessToken === undefined || !isWellFormed(registrationPrefix, accessToken)) throw invalidToken()
  const client = await findRegistered(system, hashSecret(accessToken))
  if (client === undefined || client.id !== parameters.get('client_id')) throw invalidToken()
  return { client, accessToken }
}

const notTheirs = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]

/** RFC 7592 §2.2: the client says who it is, and nothing that is ours to say. */
async function requireOwnWords({ system }: RegisterDeps, { id }: OAuthClient, json: unknown): Promise<void> {
  const said = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const { client_id: named, client_secret: secret } = said
  const isOwnSecret =
    secret === undefined ||
    (typeof secret === 'string' && (await hasSecret(system, { clientId: id, hash: hashSecret(secret) })))
  if (named !== id || !isOwnSecret || notTheirs.some((name) => name in said))
    throw oauthError('invalid_client_metadata', {
      description: `client_id is the client’s, client_secret its own, and ${notTheirs.join(', ')} are absent.`,
    })
}

/** RFC 7592 §2.2: what is left out is as if it had never been said. */
const replacementOf = (row: NewClient) => ({
  name: row.name,
  jwks: row.jwks,
  grantTypes: row.grantTypes,
  redirectUris: row.redirectUris,
  postLogoutRedirectUris: row.postLogoutRedirectUris,
  backchannelLogoutUri: row.backchannelLogoutUri,
  scopes: row.scopes,
  idTokenAlg: row.idTokenAlg,
  dpopBoundAccessTokens: row.dpopBoundAccessTokens,
  requiresPushedRequests: row.requiresPushedRequests,
  logoUri: row.logoUri,
  policyUri: row.policyUri,
  tosUri: row.tosUri,
})
