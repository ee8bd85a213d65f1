/**
 * Which client asks at the token endpoint (RFC 6749 §2.3). `client_secret_basic` and `client_secret_post` are taken alike, because libraries choose; a
 * request that uses both, or names two clients, is refused. A public client names itself and proves nothing.
 */
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { findActiveClient, hasSecret, type OAuthClient } from '../../store/oauth-clients.ts'

export type Presented = { parameters: Parameters; authorization: string | undefined }
export type ClientCredentials = { id: string; secret: string | undefined; isBasic: boolean }

/** @throws OAuthError `invalid_client` */
export async function authenticateClient(deps: Pick<Deps, 'system'>, presented: Presented): Promise<OAuthClient> {
  const { id, secret, isBasic } = credentialsOf(presented)
  const client = await findActiveClient(deps.system, id)
  const isProven =
    client !== undefined &&
    (client.authMethod === 'none'
      ? secret === undefined
      : secret !== undefined && (await hasSecret(deps.system, { clientId: id, hash: hashSecret(secret) })))
  if (!isProven) throw invalidClient(isBasic)
  return client
}

/** One answer for every client that is not good, and the challenge of the scheme it used (RFC 6749 §5.2). */
export const invalidClient = (isBasic: boolean) =>
  oauthError('invalid_client', {
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
