/**
 * A client registers itself (RFC 7591) with a token that an operator handed out. It becomes a client of the platform
 * like any other: nobody's but its own, and people are asked before it learns anything of them.
 */
import type { ClientMetadata } from '@gatehouse/contracts/http/tokens/client-registration'
import { RegisterClient } from '@gatehouse/contracts/http/tokens/openid-provider'
import { bearerOf } from '@gatehouse/access/callers/authenticate'
import { oauthError, type OAuthError } from '@gatehouse/service-kit/errors/oauth-error'
import { hashSecret, isWellFormed, mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import type { Deps } from '../../deps.ts'
import { metadataOf, type Registered } from '../../domain/oauth/client-registration.ts'
import type { NewClient } from '../../store/oauth-clients.ts'
import { claimRegistration, isUsable } from '../../store/registration-tokens.ts'
import { clientView } from '../oauth-clients/client-views.ts'
import { insertClient } from '../oauth-clients/create-client.ts'
import { initialTokenPrefix } from '../oauth-clients/registration-tokens.ts'
import { judged } from './judge-metadata.ts'

export const registrationPrefix = 'gtra_'

export type RegisterDeps = Pick<Deps, 'system' | 'spine' | 'issuer' | 'clientDocuments'>
export type Presented = { authorization: string | undefined; json: unknown }

/** @throws OAuthError `invalid_token`, `invalid_client_metadata`, `invalid_redirect_uri` */
export async function registerClient(deps: RegisterDeps, { authorization, json }: Presented): Promise<object> {
  const token = bearerOf(authorization)
  const hash = token !== undefined && isWellFormed(initialTokenPrefix, token) ? hashSecret(token) : undefined
  if (hash === undefined || !(await isUsable(deps.system, hash))) throw invalidToken()
  const { row, metadata } = registrable(deps, json, { createdBy: 'system' })
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
export function registrable(
  deps: Pick<Deps, 'issuer' | 'clientDocuments'>,
  json: unknown,
  by: { createdBy: string },
): { row: NewClient; metadata: ClientMetadata } {
  const judgement = judged(deps, json, by)
  if (judgement.kind === 'refused') throw oauthError(judgement.error, { description: judgement.description })
  return judgement
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
