/**
 * Pushed authorization requests (RFC 9126): the client proves itself, its request is judged as the authorization
 * endpoint would, and the browser carries a reference alone. What is wrong is told to the client at once, where nobody
 * is sent anywhere.
 */
import { PushAuthorization } from '@gatehouse/contracts/http/tokens/openid-provider'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { hashSecret, isWellFormed, mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { judgeAuthorizationRequest } from '../../domain/oauth/authorization-request.ts'
import { claimPushedRequest, insertPushedRequest } from '../../store/pushed-requests.ts'
import { authenticateClient, type PresentedWithProof } from './authenticate-client.ts'
import type { FindClientDeps } from './find-client.ts'
import { badProof, claimPossessionOf, possessionOf } from './prove-possession.ts'
import { redirectUriOf } from './redirect-uri-of.ts'

/** §2.2: "short lived, e.g., between 5 and 600 seconds". A browser follows at once. */
const lifetimeSeconds = 90
const uriPrefix = 'urn:ietf:params:oauth:request_uri:'
const secretPrefix = 'gtpr_'
const credentials = ['client_secret', 'client_assertion', 'client_assertion_type']

type PushDeps = FindClientDeps & Pick<Deps, 'envelope'>
type Pushed = { request_uri: string; expires_in: number }

/** @throws OAuthError `invalid_client`, and what the authorization endpoint would answer with */
export async function pushAuthorization(deps: PushDeps, presented: PresentedWithProof): Promise<Pushed> {
  const possession = possessionOf(deps, { ...presented, path: PushAuthorization.path })
  const client = await authenticateClient(deps, presented)
  if (possession !== undefined) await claimPossessionOf(deps, { client, possession })
  const parameters = withKey(deps, presented.parameters, possession?.jkt)
  // §2.1: a reference to a reference is none.
  if (parameters.has('request_uri'))
    throw oauthError('invalid_request', { description: 'request_uri cannot be pushed.' })
  redirectUriOf(client, parameters)
  const judged = judgeAuthorizationRequest(parameters, client)
  if (judged.kind === 'refused') throw oauthError(judged.error, { description: judged.description })
  const { secret, hash } = mintSecret(secretPrefix)
  const kept = Object.fromEntries([...parameters].filter(([name]) => !credentials.includes(name)))
  await insertPushedRequest(deps.system, {
    id: newId('par'),
    hash,
    clientId: client.id,
    parameters: kept,
    lifetimeSeconds,
  })
  return { request_uri: uriPrefix + secret, expires_in: lifetimeSeconds }
}

/** RFC 9449 §10.1: a proof that comes with the request is as good as `dpop_jkt` in it, and says the same. */
function withKey(deps: PushDeps, parameters: Parameters, jkt: string | undefined): Parameters {
  const named = parameters.get('dpop_jkt')
  if (jkt === undefined) return parameters
  if (named !== undefined && named !== jkt)
    throw badProof(deps, { internal: 'dpop_jkt is another key', isAtResource: false })
  return new Map([...parameters, ['dpop_jkt', jkt]])
}

/**
 * The parameters behind the reference that a browser brought; those it brought itself where there is no such reference.
 * @throws OAuthError `invalid_request_uri`, for a page
 */
export async function pushedParameters(
  deps: Pick<Deps, 'system'>,
  o: { clientId: string; parameters: Parameters },
): Promise<Parameters> {
  const uri = o.parameters.get('request_uri')
  if (uri === undefined || !uri.startsWith(uriPrefix)) return o.parameters
  const secret = uri.slice(uriPrefix.length)
  const pushed = isWellFormed(secretPrefix, secret)
    ? await claimPushedRequest(deps.system, { hash: hashSecret(secret), clientId: o.clientId })
    : undefined
  if (pushed === undefined)
    throw oauthError('invalid_request_uri', {
      description: 'This request is over, was used before or is of another application.',
    })
  return new Map(Object.entries(pushed))
}
