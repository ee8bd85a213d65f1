/**
 * Which client asks at the token endpoint (RFC 6749 §2.3): by a secret, by a signed assertion (RFC 7523), or by its
 * name alone. `client_secret_basic` and `client_secret_post` are taken alike, because libraries choose; a request that
 * uses both, or names two clients, is refused. A public client names itself and proves nothing.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { isSignedByClient, readAssertion } from '../../crypto/client-keys.ts'
import { judgeAssertion } from '../../domain/oauth/assertion-claims.ts'
import { mayUseAlg } from '../../domain/oauth/security-profile.ts'
import { hasSecret, type OAuthClient } from '../../store/oauth-clients.ts'
import { findClientNamed, type FindClientDeps } from './find-client.ts'
import { claimAssertion } from '../../store/used-assertions.ts'

export type Presented = { parameters: Parameters; authorization: string | undefined }
/** With a proof that the client holds a key (RFC 9449), where it sent one. */
export type PresentedWithProof = Presented & { method: string; proof: string | undefined }
export type ClientCredentials = { id: string; secret: string | undefined; isBasic: boolean }

/** @throws OAuthError `invalid_client`, `invalid_request` */
export async function authenticateClient(deps: FindClientDeps, presented: Presented): Promise<OAuthClient> {
  if (presented.parameters.has('client_assertion')) return await clientOfAssertion(deps, presented)
  const { id, secret, isBasic } = credentialsOf(presented)
  const client = await clientNamed(deps, id)
  if (client === undefined || !(await isProven(deps, client, secret))) throw invalidClient(isBasic)
  return client
}

async function clientNamed(deps: FindClientDeps, id: unknown): Promise<OAuthClient | undefined> {
  const found = typeof id === 'string' ? await findClientNamed(deps, id) : undefined
  if (found?.kind === 'refused') throw invalidClient(false, found.why)
  return found?.kind === 'found' ? found.client : undefined
}

async function isProven(deps: FindClientDeps, client: OAuthClient, secret: string | undefined): Promise<boolean> {
  switch (client.authMethod) {
    case 'none':
      return secret === undefined
    case 'client_secret':
      return secret !== undefined && (await hasSecret(deps.system, { clientId: client.id, hash: hashSecret(secret) }))
    case 'private_key_jwt':
      return false
  }
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * `private_key_jwt` (OpenID Connect Core §9, RFC 7523 §2.2): signed with a key of the client, for this issuer, and used
 * for the first time.
 */
async function clientOfAssertion(deps: FindClientDeps, presented: Presented): Promise<OAuthClient> {
  const { parameters, authorization } = presented
  if (parameters.get('client_assertion_type') !== assertionType)
    throw oauthError('invalid_request', { description: 'client_assertion_type is missing or not known.' })
  if (authorization !== undefined || parameters.has('client_secret'))
    throw oauthError('invalid_request', { description: 'The client authenticates in one way at a time.' })
  const read = readAssertion(parameters.get('client_assertion') ?? '')
  const named = parameters.get('client_id') ?? read?.claims['iss']
  const client = await clientNamed(deps, named)
  if (read === undefined || client === undefined) throw invalidClient(false)
  const keys =
    client.jwksUri === null ? client.jwks : await deps.clientDocuments.keysAt(client.jwksUri, read.header['kid'])
  if (!keys || !isSignedByClient(read, keys)) throw invalidClient(false)
  if (!mayUseAlg(client, String(read.header['alg']))) throw invalidClient(false, 'an algorithm of another profile')
  const judged = judgeAssertion(read.claims, {
    clientId: client.id,
    issuer: deps.issuer,
    now: deps.clock.now().getTime() / 1000,
  })
  if (judged.kind === 'bad') throw invalidClient(false, judged.because)
  const { jti, exp } = judged.claims
  const use = { clientId: client.id, hash: hashSecret(jti), expiresAt: new Date(exp * 1000) }
  if (!(await claimAssertion(deps.system, use))) throw invalidClient(false, 'the assertion was used before')
  return client
}

/** One answer for every client that is not good, and the challenge of the scheme it used (RFC 6749 §5.2). */
export const invalidClient = (isBasic: boolean, internal?: string) =>
  oauthError('invalid_client', {
    internal,
    description: 'The client is not known, or does not prove itself as it was registered.',
    ...(isBasic && { challenge: 'Basic realm="gatehouse", charset="UTF-8"' }),
  })

/** @throws OAuthError `invalid_client`, `invalid_request` */
export function credentialsOf({ parameters, authorization }: Presented): ClientCredentials {
  const named = parameters.get('client_id')
  const posted = parameters.get('client_secret')
  if (authorization === undefined) {
    if (named === undefined) throw invalidClient(false)
    return { id: named, secret: posted, isBasic: false }
  }
  const basic = basicCredentials(authorization)
  if (basic === undefined) throw invalidClient(true)
  if (posted !== undefined || (named !== undefined && named !== basic.id))
    throw oauthError('invalid_request', { description: 'The client authenticates in one way at a time.' })
  return { ...basic, isBasic: true }
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined and put into base64. */
function basicCredentials(authorization: string): { id: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) return undefined
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  try {
    return { id: formDecoded(id), secret: formDecoded(secret) }
  } catch {
    return undefined
  }
}

const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))
