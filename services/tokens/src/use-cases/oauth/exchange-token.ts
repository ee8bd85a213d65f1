/**
 * Token exchange (RFC 8693): a service that was called with somebody's access token gets one to call the next service
 * with, for less, and it says in `act` who acts. Both are of the same session: whatever voids the one voids the other.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import type { Deps } from '../../deps.ts'
import { epochSeconds } from '../../domain/access-claims.ts'
import type { ClientAccessClaims } from '../../domain/oauth/client-tokens.ts'
import { judgeExchange } from '../../domain/oauth/exchange.ts'
import { tokenExchangeGrant } from '../../domain/oauth/grant-types.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { liveChild } from './live-child.ts'
import { readClientToken } from './read-client-token.ts'
import { requireGrant } from './require-grant.ts'
import type { TokenAnswer } from './token-answer.ts'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

type ExchangeDeps = Pick<Deps, 'system' | 'following' | 'keyRing' | 'issuer' | 'clock'>
type Exchange = { client: OAuthClient; parameters: Parameters; jkt: string | undefined }

/**
 * @throws OAuthError `unauthorized_client`, `invalid_request`, `invalid_target`, `invalid_scope`; AppError
 * `not_current`
 */
export async function exchangeToken(deps: ExchangeDeps, o: Exchange): Promise<TokenAnswer> {
  const { client, parameters, jkt } = o
  requireGrant(client, tokenExchangeGrant)
  const subject = await subjectOf(deps, o)
  const judged = judgeExchange(subject, {
    actor: client,
    asked: { scope: parameters.get('scope'), targets: targetsOf(parameters) },
  })
  if (judged.kind === 'refused') throw oauthError(judged.error, { description: judged.description })
  const now = deps.clock.now()
  const { cnf: _, ...kept } = subject
  const claims: ClientAccessClaims = {
    ...kept,
    client_id: client.id,
    aud: judged.audience,
    scope: judged.scope.join(' '),
    iat: epochSeconds(now),
    jti: newId('jti'),
    act: judged.act,
    ...(jkt !== undefined && { cnf: { jkt } }),
  }
  return {
    access_token: deps.keyRing.signJwt({ typ: 'at+jwt', alg: 'ES256', claims, now: new Date() }),
    issued_token_type: accessTokenType,
    token_type: jkt === undefined ? 'Bearer' : 'DPoP',
    expires_in: claims.exp - claims.iat,
    scope: claims.scope,
  }
}

/** The claims of the subject token, while it counts. One answer for every token that does not (RFC 8693 §2.2.2). */
async function subjectOf(deps: ExchangeDeps, { client, parameters }: Exchange): Promise<ClientAccessClaims> {
  for (const type of ['subject_token_type', 'requested_token_type'])
    if ((parameters.get(type) ?? accessTokenType) !== accessTokenType)
      throw oauthError('invalid_request', { description: `${type} is none but that of access tokens.` })
  if (parameters.has('actor_token') || parameters.has('actor_token_type'))
    throw oauthError('invalid_request', { description: 'The client is the actor; there is no actor_token.' })
  if (!parameters.has('subject_token') || !parameters.has('subject_token_type'))
    throw oauthError('invalid_request', { description: 'subject_token or subject_token_type is missing.' })
  const claims = readClientToken(deps, parameters.get('subject_token') ?? '')
  const child = claims && (await liveChild(deps, claims.sid))
  if (claims === undefined || child === undefined || claims.sv < child.minVersion || child.clientOrgId !== client.orgId)
    throw oauthError('invalid_request', { description: 'The subject token is not valid, or not for this client.' })
  return claims
}

/** RFC 8693 §2.1: by name, or by address (RFC 8707); both are audiences of a token here. */
const targetsOf = (parameters: Parameters): string[] =>
  [parameters.get('audience'), parameters.get('resource')].flatMap((texts) => texts?.split(' ') ?? [])
