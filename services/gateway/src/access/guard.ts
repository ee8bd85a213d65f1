/**
 * Verifies the caller of a request, before the body is read: signature and times locally, then floors and freshness,
 * then the tenant. An API key is exchanged first, and from there on it is an access token like any other: nothing
 * behind this file ever sees a key. A token seen before costs map lookups; its `exp` and everything that could void it
 * are checked on every one of them.
 */
import { organizationHeader } from '@gatehouse/contracts/common/services'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { AccessTokenVerifier, VerifiedAccessToken } from '@gatehouse/access/tokens/access-token'
import { bearerOf, callerAgain, plainBearerOf } from '@gatehouse/access/callers/authenticate'
import {
  anonymous,
  principalRefusal,
  type AnonymousCaller,
  type PrincipalCaller,
} from '@gatehouse/access/callers/caller'
import { signedIn } from '@gatehouse/access/callers/jwt-plugin'
import { counter } from '@gatehouse/service-kit/telemetry/metrics'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { decideAccess } from '../domain/access.ts'
import { namesOrganization } from '../domain/route-table.ts'
import type { Floors } from '../events/follow-floors.ts'
import { looksLikeApiKey, type ApiKeys } from './api-keys.ts'

type Admitted = AnonymousCaller | PrincipalCaller

/** At once for a token that was verified before, which almost every one was. @throws AppError, or rejects with one */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Admitted | Promise<Admitted>

type GuardDeps = {
  accessTokens: AccessTokenVerifier
  floors: Pick<Floors, 'isVoid' | 'isCurrentFor'>
  apiKeys: ApiKeys
  addressOf: (request: FastifyRequest) => string
}

const refusals = counter('gateway_access_refused_total', 'Requests refused for their access token, by code')

type Guarded = Pick<RouteContract, 'auth' | 'impersonation' | 'method' | 'path' | 'principals'>

export function createGuard(route: Guarded, deps: GuardDeps): Guard {
  const { accessTokens, floors } = deps
  const isScoped = namesOrganization(route.path)
  const isOpen = route.auth === 'open'

  const verify = async (token: string, request: FastifyRequest): Promise<VerifiedAccessToken | undefined> => {
    const known = accessTokens.peek(token)
    if (known !== undefined) return known
    try {
      return await accessTokens.verify(token, signedIn(request))
    } catch (err) {
      refusals.add(1, { code: 'invalid_token' })
      if (isOpen) return undefined
      throw err
    }
  }

  const admit = (
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    token: string | undefined,
    verified: VerifiedAccessToken | undefined,
  ): Admitted => {
    const decision = decideAccess({
      auth: route.auth,
      principalRefusal: verified && principalRefusal(route, verified.claims),
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
    return decision.as === 'principal' && verified && token ? callerAgain(verified, token) : anonymous
  }
  const lookClosely = async (request: FastifyRequest, reply: FastifyReply): Promise<Admitted> => {
    const token = await tokenOf(request, { ...deps, isOpen })
    return admit({ request, reply }, token, token === undefined ? undefined : await verify(token, request))
  }
  return (request, reply) => {
    const plain = plainBearerOf(request.headers.authorization)
    const known = plain === undefined ? undefined : accessTokens.peek(plain)
    return known === undefined ? lookClosely(request, reply) : admit({ request, reply }, plain, known)
  }
}

/**
 * The access token that was presented, or that the presented API key stands for.
 * @throws AppError, except on an open route: there a header that proves nothing is as good as none
 */
function tokenOf(
  request: FastifyRequest,
  { isOpen, apiKeys, addressOf }: Pick<GuardDeps, 'apiKeys' | 'addressOf'> & { readonly isOpen: boolean },
): string | undefined | Promise<string> {
  const { authorization } = request.headers
  const presented = bearerOf(authorization)
  if (presented === undefined && authorization !== undefined && !isOpen)
    throw problem('unauthenticated', { detail: 'The Authorization header is not a bearer token.' })
  if (presented === undefined || !looksLikeApiKey(presented)) return presented
  // Where nobody needs to be known, a service account is nobody: its key is not worth an exchange.
  if (isOpen) return undefined
  const organization = request.headers[organizationHeader] as string | undefined
  return apiKeys.tokenFor(presented, { organization, address: addressOf(request), readSigned: signedIn(request) })
}
