/**
 * A client registers itself (RFC 7591) with a token that an operator handed out. It becomes a client of the platform
 * like any other: nobody's but its own, and people are asked before it learns anything of them.
 */
import { ClientMetadata } from '@gatehouse/contracts/http/tokens/client-registration'
import { RegisterClient } from '@gatehouse/contracts/http/tokens/openid-provider'
import { bearerOf } from '@gatehouse/access/callers/authenticate'
import { oauthError, type OAuthError } from '@gatehouse/service-kit/errors/oauth-error'
import { hashSecret, isWellFormed, mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { Value } from 'typebox/value'
import type { Deps } from '../../deps.ts'
import { metadataOf, type Registered, registrationOf } from '../../domain/oauth/client-registration.ts'
import type { NewClient } from '../../store/oauth-clients.ts'
import { claimRegistration, isUsable } from '../../store/registration-tokens.ts'
import { clientOf, complaintsAbout } from '../oauth-clients/client-members.ts'
import { clientView } from '../oauth-clients/client-views.ts'
import { insertClient } from '../oauth-clients/create-client.ts'
import { initialTokenPrefix } from '../oauth-clients/registration-tokens.ts'

export const registrationPrefix = 'gtra_'

export type RegisterDeps = Pick<Deps, 'system' | 'spine' | 'issuer'>
export type Presented = { authorization: string | undefined; json: unknown }

/** @throws OAuthError `invalid_token`, `invalid_client_metadata`, `invalid_redirect_uri` */
export async function registerClient(deps: RegisterDeps, { authorization, json }: Presented): Promise<object> {
  const token = bearerOf(authorization)
  const hash = token !== undefined && isWellFormed(initialTokenPrefix, token) ? hashSecret(token) : undefined
  if (hash === undefined || !(await isUsable(deps.system, hash))) throw invalidToken()
  const { row, metadata } = judged(deps, json, { createdBy: 'system' })
  const access = mintSecret(registrationPrefix)
  const made = await deps.spine.write(
    {},
    async (tx) => {
      const by = await claimRegistration(tx, hash)
      if (by === undefined) return undefined
      const registered = { ...row, registrationHash: access.hash, createdBy: `registration:${by}` }
      return await insertClient(tx, registered, 'system')
    },
    { db: 'system' },
  )
  if (made === undefined) throw invalidToken()
  const { client, secrets, secret } = made
  return {
    ...informationOf(deps, { client: clientView(client, secrets), metadata, accessToken: access.secret }),
    // RFC 7591 §3.2.1: 0 is never.
    ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
  }
}

/** A client as it would be. @throws OAuthError `invalid_client_metadata`, `invalid_redirect_uri` */
export function judged(
  deps: Pick<Deps, 'issuer'>,
  json: unknown,
  { createdBy }: { createdBy: string },
): { row: NewClient; metadata: ClientMetadata } {
  const refused = (description: string) => oauthError('invalid_client_metadata', { description })
  if (typeof json === 'object' && json !== null && 'jwks_uri' in json)
    throw refused('jwks_uri is not fetched: register the keys as jwks.')
  if (!Value.Check(ClientMetadata, json)) {
    const [first] = Value.Errors(ClientMetadata, json)
    throw refused(`${first?.instancePath ?? ''} ${first?.message ?? 'is not what it should be'}`.trim())
  }
  const registration = registrationOf(json)
  if (registration === undefined) throw refused('scope has no scope of this provider.')
  const row = clientOf(registration, { orgId: null, createdBy })
  const [complaint] = complaintsAbout(deps, row)
  if (complaint === undefined) return { row, metadata: json }
  const code = complaint.path.startsWith('/redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  throw oauthError(code, { description: `${complaint.path} ${complaint.message}` })
}

/** The client information response (RFC 7591 §3.2.1, RFC 7592 §3). */
export const informationOf = (
  { issuer }: Pick<Deps, 'issuer'>,
  o: { client: Registered; metadata: ClientMetadata | undefined; accessToken: string },
): object => ({
  ...metadataOf(o.client, o.metadata),
  registration_client_uri: `${issuer}${RegisterClient.path}?client_id=${o.client.id}`,
  registration_access_token: o.accessToken,
})

export const invalidToken = (): OAuthError =>
  oauthError('invalid_token', {
    description: 'The token is not known, is used up, or is for another client.',
    challenge: 'Bearer realm="gatehouse", error="invalid_token"',
  })
