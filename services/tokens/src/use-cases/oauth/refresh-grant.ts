/**
 * Refresh tokens of clients (RFC 6749 §6): exchanged like every other, in families with a grace. What comes back is
 * the client's: its audience, and no more scope than the person allowed it. `organization_id` switches the
 * organization.
 */
import type { PersonClaims } from '@gatehouse/contracts/claims/access-token'
import { isAppError } from '@gatehouse/service-kit/errors/app-error'
import { oauthError } from '@gatehouse/service-kit/errors/oauth-error'
import type { Parameters } from '@gatehouse/service-kit/http/protocol-parameters'
import { hashSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Deps } from '../../deps.ts'
import { type OrganizationAsk } from '../../domain/choose-organization.ts'
import { audienceOf } from '../../domain/oauth/client-tokens.ts'
import { invalidTarget, resourcesIn } from '../../domain/oauth/resource-indicators.ts'
import { parseScope } from '../../domain/oauth/scopes.ts'
import { keepParentAlive, type LiveChild } from '../../store/child-sessions.ts'
import { findClient } from '../../store/clients.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import { type Binding, findBinding } from '../../store/refresh-tokens.ts'
import type { CoalescedRefresh } from '../sessions/coalesce-refreshes.ts'
import { claimsIn } from './claims-in.ts'
import { liveChild } from './live-child.ts'
import { requireOrganizationNamed } from './organization-named.ts'
import { requireGrant } from './require-grant.ts'
import { clientTokens, type TokenAnswer } from './token-answer.ts'

type RefreshDeps = Pick<Deps, 'db' | 'system' | 'following' | 'keyRing' | 'issuer' | 'clients' | 'log'>
type Presented = {
  client: OAuthClient
  parameters: Parameters
  jkt: string | undefined
  from: { clientAddress: string | undefined; userAgent: string | undefined }
}

/** @throws OAuthError `invalid_request`, `invalid_grant`, `invalid_scope`; AppError `not_current` */
export async function refreshGrant(
  deps: RefreshDeps,
  refresh: CoalescedRefresh,
  { client, parameters, from, jkt }: Presented,
): Promise<TokenAnswer> {
  requireGrant(client, 'refresh_token')
  const presented = parameters.get('refresh_token')
  if (presented === undefined) throw oauthError('invalid_request', { description: 'refresh_token is missing.' })
  const binding = await findBinding(deps.system, hashSecret(presented))
  requireBoundKey(binding, jkt)
  const wanted = wantedScope(parameters)
  const ask = await askIn(deps, parameters, client)
  audienceIn(deps, { client, parameters, binding, scope: [] })
  deps.keyRing.requireKeys(new Date())
  const answer = await refresh({ presented, clientId: client.id, ask, ...from }).catch((err: unknown) => {
    throw inProtocol(err)
  })
  const claims = claimsIn(answer.access_token) as PersonClaims
  const child = await liveChild(deps, claims.sid)
  if (child === undefined) throw oauthError('invalid_grant', { internal: 'the session ended meanwhile' })
  await keepSignedIn(deps, child)
  const scope = wanted === undefined ? child.scope : child.scope.filter((one) => wanted.includes(one))
  const audience = audienceIn(deps, { client, parameters, binding, scope })
  const refreshToken = answer.refresh_token
  return await clientTokens(deps, { client, claims, scope, audience, nonce: undefined, refreshToken, jkt })
}

/**
 * RFC 9449 §5: looked at before the token is exchanged, so that who has the token alone cannot spoil it either.
 * @throws OAuthError `invalid_grant`
 */
function requireBoundKey(binding: Binding | undefined, jkt: string | undefined): void {
  if (binding !== undefined && binding.jkt !== null && binding.jkt !== jkt)
    throw oauthError('invalid_grant', {
      description: 'The refresh token is not valid, or not for this client.',
      internal: 'another key, or none',
    })
}

/** Judged before the token is exchanged as well. @throws OAuthError `invalid_target` */
function audienceIn(
  { issuer }: Pick<Deps, 'issuer'>,
  o: { client: OAuthClient; parameters: Parameters; binding: Binding | undefined; scope: readonly string[] },
): string[] {
  const { client, scope, binding } = o
  const audience = audienceOf({ issuer, client, scope, allowed: binding?.resources, asked: resourcesIn(o.parameters) })
  if (audience === undefined) throw oauthError('invalid_target', { description: invalidTarget })
  return audience
}

/** RFC 6749 §6: absent means all of it. What was not allowed is left out, as at the authorization endpoint. */
function wantedScope(parameters: Parameters): string[] | undefined {
  const text = parameters.get('scope')
  if (text === undefined) return undefined
  const scope = parseScope(text)
  if (scope === undefined) throw oauthError('invalid_scope', { description: 'The scope is malformed.' })
  return scope
}

/** A client of an organization acts for that organization and no other. */
async function askIn(deps: RefreshDeps, parameters: Parameters, client: OAuthClient): Promise<OrganizationAsk> {
  const organizationId = client.orgId ?? (await requireOrganizationNamed(deps, parameters))
  return organizationId === undefined ? { kind: 'unsaid' } : { kind: 'named', organizationId }
}

function inProtocol(err: unknown): unknown {
  if (isAppError(err, 'invalid_refresh_token'))
    return oauthError('invalid_grant', {
      description: 'The refresh token is not valid, or not for this client.',
      internal: err.internal,
    })
  if (isAppError(err, 'insufficient_user_authentication'))
    return oauthError('invalid_grant', {
      description: 'The organization requires a stronger sign-in: send the person to the authorization endpoint again.',
      internal: err.internal,
    })
  if (isAppError(err, 'not_found'))
    return oauthError('invalid_request', { description: 'The person does not belong to this organization.' })
  return err
}

async function keepSignedIn(deps: Pick<Deps, 'db'>, { userId, clientId, parentId }: LiveChild): Promise<void> {
  await inScope(deps.db, { userId }, async (tx) => {
    const client = await findClient(tx, clientId)
    if (client) await keepParentAlive(tx, { parentId, idleTtlSeconds: client.idleTtlSeconds })
  })
}
