/**
 * Verifies whoever calls, before the body is read: signature and times locally, then floors and freshness, then the tenant.
 * An API key is exchanged first, and from there on it is an access token like any other: nothing behind this file ever sees a key.
 * A token seen before costs map lookups; its `exp` and everything that could void it are checked on every one of them.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { AccessTokenVerifier, VerifiedAccessToken } from '@gatehouse/access/tokens/access-token'
import { bearerOf } from '@gatehouse/access/callers/authenticate'
import {
  anonymous,
  isForPeopleOnly,
  principalCaller,
  type AnonymousCaller,
  type PrincipalCaller,
} from '@gatehouse/access/callers/caller'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { decideAccess } from '../domain/access.ts'
import { namesOrganization } from '../domain/route-table.ts'
import type { Floors } from '../events/follow-floors.ts'
import { looksLikeApiKey, type ApiKeys } from './api-keys.ts'

export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<AnonymousCaller | PrincipalCaller>

type GuardDeps = {
  accessTokens: AccessTokenVerifier
  floors: Pick<Floors, 'isVoid' | 'isCurrentFor'>
  apiKeys: ApiKeys
  addressOf: (request: FastifyRequest) => string
}

const refusals = counter('gateway_access_refused_total', 'Requests refused for their access token, by code')

export function createGuard(route: Pick<RouteContract, 'auth' | 'path' | 'principals'>, deps: GuardDeps): Guard {
  const { accessTokens, floors, apiKeys, addressOf } = deps
  const isScoped = namesOrganization(route.path)

  return async (request, reply) => {
    const { authorization } = request.headers
    const presented = bearerOf(authorization)
    if (authorization !== undefined && presented === undefined)
      throw problem('unauthenticated', { detail: 'The Authorization header is not a bearer token.' })
    const token =
      presented !== undefined && looksLikeApiKey(presented)
        ? await apiKeys.tokenFor(presented, addressOf(request))
        : presented
    const verified = token === undefined ? undefined : await verify(accessTokens, token)
    const decision = decideAccess({
      auth: route.auth,
      isForPeopleOnly: isForPeopleOnly(route),
      orgInPath: isScoped ? (request.params as { org: string }).org : undefined,
      claims: verified?.claims,
      isVoid: verified !== undefined && floors.isVoid(verified.claims, verified.kid),
      isCurrent: verified === undefined || floors.isCurrentFor(verified.claims),
    })
    if (decision.kind === 'refused') {
      refusals.add(1, { code: decision.code })
      // RFC 6750 §3.1: who sent no token is told how, not what was wrong with it.
      if (token === undefined) void reply.header('www-authenticate', 'Bearer realm="gatehouse"')
      throw problem(decision.code)
    }
    return decision.as === 'principal' && verified && token ? principalCaller(verified.claims, token) : anonymous
  }
}

async function verify(accessTokens: AccessTokenVerifier, token: string): Promise<VerifiedAccessToken> {
  const known = accessTokens.peek(token)
  if (known !== undefined) return known
  try {
    return await accessTokens.verify(token)
  } catch (err) {
    refusals.add(1, { code: 'invalid_token' })
    throw err
  }
}
