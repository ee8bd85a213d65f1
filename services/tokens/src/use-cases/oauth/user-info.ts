/**
 * Claims about the person a client's access token is for (OpenID Connect Core §5.3). The token was signed here and for
 * here, and its session, its person and its client are looked at now: what has ended is refused at once.
 */
import { createHash } from 'node:crypto'
import { oauthError, type OAuthError } from '@gatehouse/service-kit/errors/oauth-error'
import { bearerOf } from '@gatehouse/access/callers/authenticate'
import type { Deps } from '../../deps.ts'
import { type ClientAccessClaims, userInfoPath } from '../../domain/oauth/client-tokens.ts'
import type { Presented, PresentedWithProof } from './authenticate-client.ts'
import { userInfoMetadataParameter } from './describe-resources.ts'
import { liveChild } from './live-child.ts'
import { organizationClaims } from './organization-claims.ts'
import { badProof, claimPossession, dpopChallenge, possessionOf } from './prove-possession.ts'
import { readClientToken } from './read-client-token.ts'

type UserInfoDeps = Pick<Deps, 'system' | 'following' | 'keyRing' | 'issuer' | 'clock' | 'clients' | 'envelope' | 'log'>

/** @throws OAuthError `invalid_token`, `insufficient_scope`, `invalid_request`; AppError `upstream_failed` */
export async function userInfo(deps: UserInfoDeps, presented: PresentedWithProof): Promise<object> {
  const { token, isByProof } = tokenIn(deps, presented)
  const claims = await liveClaims(deps, token)
  await requireProof(deps, presented, { token, isByProof, claims })
  const scope = claims.scope.split(' ')
  if (!scope.includes('openid') || !claims.aud.includes(deps.issuer + userInfoPath))
    throw refusal(deps, 'insufficient_scope', 'The scope "openid" is needed.')
  return {
    sub: claims.sub,
    ...(claims.org_id !== undefined && { org_id: claims.org_id }),
    ...(await organizationClaims(deps, { userId: claims.sub, organizationId: claims.org_id, scope })),
    ...(await profileClaims(deps, claims.sub, scope)),
  }
}

async function profileClaims(deps: UserInfoDeps, sub: string, scope: readonly string[]): Promise<object> {
  if (!scope.includes('profile') && !scope.includes('email')) return {}
  const person = await deps.clients.identity.profileOf(sub)
  if (person === undefined) throw refusal(deps, 'invalid_token', 'The account is gone.')
  return {
    ...(scope.includes('profile') && {
      name: person.name,
      ...(person.locale !== undefined && { locale: person.locale }),
    }),
    ...(scope.includes('email') && { email: person.email, email_verified: person.email_verified }),
  }
}

/**
 * RFC 6750 §2: in the header, or in the form of a POST; in both it is refused. A token that is bound has a scheme of
 * its own (RFC 9449 §7.1).
 */
function tokenIn(
  deps: Pick<Deps, 'issuer'>,
  { authorization, parameters }: Presented,
): { token: string; isByProof: boolean } {
  const posted = parameters.get('access_token')
  const bound = dpopOf(authorization)
  const sent = bound ?? bearerOf(authorization)
  if (sent !== undefined && posted !== undefined)
    throw oauthError('invalid_request', { description: 'The access token was sent twice.' })
  const token = sent ?? posted
  // RFC 6750 §3.1: who sent none is told how, not what was wrong with it.
  if (token === undefined)
    throw oauthError('invalid_token', { challenge: `${bearerChallenge(deps)}, ${dpopChallenge()}` })
  return { token, isByProof: bound !== undefined }
}

const dpopOf = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : /^DPoP +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1]

/**
 * RFC 9449 §7.1, §7.2: a bound token comes with a proof of its key, and as a bearer token it is none. @throws
 * OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`
 */
async function requireProof(
  deps: UserInfoDeps,
  presented: PresentedWithProof,
  { token, isByProof, claims }: { token: string; isByProof: boolean; claims: ClientAccessClaims },
): Promise<void> {
  const bound = claims.cnf?.jkt
  if (bound === undefined && !isByProof) return
  if (bound === undefined || !isByProof)
    throw oauthError('invalid_token', {
      description: 'The access token is bound to a key and this is no proof of it, or the other way round.',
      challenge: dpopChallenge('invalid_token'),
    })
  const ath = createHash('sha256').update(token).digest('base64url')
  const possession = possessionOf(deps, { ...presented, path: userInfoPath, ath })
  if (possession?.jkt !== bound) throw badProof(deps, { internal: 'another key, or none', isAtResource: true })
  await claimPossession(deps, { possession, clientId: claims.client_id, isAtResource: true })
}

/** The claims of a client's token that counts now. @throws OAuthError `invalid_token` */
async function liveClaims(deps: UserInfoDeps, token: string): Promise<ClientAccessClaims> {
  const claims = readClientToken(deps, token)
  const child = claims && (await liveChild(deps, claims.sid))
  if (claims === undefined || child === undefined || claims.sv < child.minVersion)
    throw refusal(deps, 'invalid_token', 'The access token is not valid any more.')
  return claims
}

const refusal = (
  deps: Pick<Deps, 'issuer'>,
  code: 'invalid_token' | 'insufficient_scope',
  description: string,
): OAuthError =>
  oauthError(code, {
    description,
    challenge: bearerChallenge(deps, { error: code, error_description: description.replaceAll('"', "'") }),
  })

const bearerChallenge = (deps: Pick<Deps, 'issuer'>, more: Record<string, string> = {}): string =>
  [
    'Bearer realm="gatehouse"',
    ...Object.entries(more).map(([name, value]) => `${name}="${value}"`),
    userInfoMetadataParameter(deps),
  ].join(', ')
