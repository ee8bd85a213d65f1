/**
 * Decides who calls a bound route, before its body is read: the service by its assertion, the person or service account
 * by the token that travels along. What the internal headers say counts only after the assertion was verified.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { internalHeaders, type ServiceName } from '@gatehouse/contracts/common/services'
import type { FastifyRequest } from 'fastify'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { AccessTokenVerifier, VerifiedAccessToken } from '../tokens/access-token.ts'
import type { AssertionVerifier } from '../tokens/assertion.ts'
import {
  anonymous,
  isOrgCaller,
  principalCaller,
  principalRefusal,
  type AnyCaller,
  type OrgCaller,
  type PrincipalCaller,
} from './caller.ts'
import { signedIn } from './jwt-plugin.ts'

export type AccessRule = Pick<RouteContract, 'auth' | 'callers' | 'impersonation' | 'method' | 'path' | 'principals'>
export type Verifiers = {
  assertions: AssertionVerifier
  /** null only where no person's token can arrive. */
  accessTokens: AccessTokenVerifier | null
}

/**
 * The gateway speaks for the outside, and the pages for the person whose browser session they were shown; their tokens
 * are as fresh as their request.
 */
const outside: readonly ServiceName[] = ['gateway', 'pages']

/**
 * At once for a token that was verified before, which almost every one was.
 * @throws AppError `unauthenticated`, `forbidden`, `organization_required`, `person_required`, `impersonation_refused`,
 *   or the `not_found` of somebody else's organization
 */
export function authenticate(
  request: FastifyRequest,
  rule: AccessRule,
  settings: Verifiers,
): AnyCaller | Promise<AnyCaller> {
  const { authorization } = request.headers
  const { method = '', url = '' } = request.raw
  const { assertions, accessTokens } = settings
  const asked = { method, path: url }
  const plain = plainBearerOf(authorization)
  const known = plain === undefined ? undefined : assertions.peek(plain, asked)
  if (known !== undefined) return authenticatePrincipal(request, { rule, service: known, accessTokens })
  const assertion = bearerOf(authorization)
  if (assertion === undefined) throw problem('unauthenticated', { internal: 'no service assertion' })
  return assertions
    .verify(assertion, asked, signedIn(request))
    .then((service) => authenticatePrincipal(request, { rule, service, accessTokens }))
}

/** Decides who acts through the calling service, which was verified. */
function authenticatePrincipal(
  request: FastifyRequest,
  o: { rule: AccessRule; service: ServiceName; accessTokens: AccessTokenVerifier | null },
): AnyCaller | Promise<AnyCaller> {
  const { rule, service, accessTokens } = o
  requireAllowed(service, rule)
  adoptContext(request)
  const admit = (principal?: PrincipalCaller): AnyCaller => admitted(principal, { request, rule, service })
  const token = request.headers[internalHeaders.accessToken]
  if (token === undefined) return admit()
  if (accessTokens === null || typeof token !== 'string')
    throw problem('unauthenticated', { internal: 'an access token cannot be taken here' })
  const known = accessTokens.peek(token)
  if (known) return admit(callerAgain(known, token))
  const verified = accessTokens
    .verify(token, signedIn(request))
    .then(({ claims }) => admit(principalCaller(claims, token)))
  // A token that expired on its way changes nothing where none is needed.
  return rule.auth === 'open' ? verified.catch(() => admit()) : verified
}

/**
 * Who acts for an organization on a route for those who do, when finding out takes no waiting and nobody has to be
 * refused; otherwise undefined. For the outside alone, and for a path without an organization in it.
 */
export function peekOrgCaller(
  head: { readonly assertion: string; readonly accessToken: string },
  rule: AccessRule,
  { assertions, accessTokens }: Verifiers,
): OrgCaller | undefined {
  const known = accessTokens?.peek(head.accessToken)
  const service = assertions.peek(head.assertion, rule)
  if (known === undefined || service === undefined || !outside.includes(service)) return undefined
  const principal = callerAgain(known, head.accessToken)
  return isOrgCaller(principal) && principalRefusal(rule, known.claims) === undefined ? principal : undefined
}

/**
 * Who calls a route for people or for services, when finding out takes no waiting and nobody has to be refused;
 * otherwise undefined. A service that brings a token of somebody has to wait.
 */
export function peekCaller(
  head: { readonly authorization: string | undefined; readonly accessToken: string | undefined },
  rule: AccessRule,
  { assertions, accessTokens }: Verifiers,
): AnyCaller | undefined {
  const assertion = plainBearerOf(head.authorization)
  const service = assertion === undefined ? undefined : assertions.peek(assertion, rule)
  if (service === undefined || !mayCall(service, rule)) return undefined
  const { accessToken } = head
  if (rule.auth === 'internal') return accessToken === undefined ? { kind: 'service', service } : undefined
  const known = accessToken === undefined ? undefined : accessTokens?.peek(accessToken)
  if (known === undefined || accessToken === undefined || rule.auth !== 'user') return undefined
  return principalRefusal(rule, known.claims) === undefined ? callerAgain(known, accessToken) : undefined
}

/** Callers are told from verified tokens, and both never change. */
const callers = new WeakMap<VerifiedAccessToken, PrincipalCaller>()

/** Whom a verified token stands for: the same object each time. */
export function callerAgain(verified: VerifiedAccessToken, accessToken: string): PrincipalCaller {
  const known = callers.get(verified)
  // A caller carries its token on: one that came with another is another caller, whatever a verifier keeps.
  if (known?.accessToken === accessToken) return known
  const caller = principalCaller(verified.claims, accessToken)
  callers.set(verified, caller)
  return caller
}

function admitted(
  principal: PrincipalCaller | undefined,
  { request, rule, service }: { request: FastifyRequest; rule: AccessRule; service: ServiceName },
): AnyCaller {
  if (rule.auth === 'internal') return { kind: 'service', service, ...(principal ? { user: principal } : {}) }
  // Where nobody needs to be known, a service account is nobody: what an open route does for a caller it does for a
  // person. An operator who acts as a person is nobody there as well, unless the route is for them.
  if (rule.auth === 'open')
    return principal?.kind === 'user' && principalRefusal(rule, principal.claims) === undefined ? principal : anonymous
  if (principal === undefined) throw problem('unauthenticated', { internal: 'no access token travelled along' })
  if (rule.auth === 'organization') requireOrganization(principal, rule, request)
  const refusal = principalRefusal(rule, principal.claims)
  if (refusal !== undefined) throw problem(refusal)
  return principal
}

const plainScheme = 'Bearer '

/**
 * What follows `Bearer ` as nearly everybody writes it, whether or not it has the form of a token: to be looked up
 * among those that were verified before, which have it.
 */
export const plainBearerOf = (header: string | undefined): string | undefined =>
  header?.startsWith(plainScheme) === true ? header.slice(plainScheme.length) : undefined

/**
 * The token of `Authorization: Bearer`, or undefined (RFC 6750 §2.1); RFC 9110 §11.4 allows any number of spaces
 * between.
 */
export function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header)?.[1]
}

const mayCall = (service: ServiceName, rule: AccessRule): boolean =>
  (rule.callers ?? (rule.auth === 'internal' ? [] : outside)).includes(service)

function requireAllowed(service: ServiceName, rule: AccessRule): void {
  if (!mayCall(service, rule))
    throw problem(rule.auth === 'internal' ? 'forbidden' : 'unauthenticated', {
      internal: `${service} may not call this route`,
    })
}

function requireOrganization(principal: PrincipalCaller, rule: AccessRule, request: FastifyRequest): void {
  const inPath = /\/:org(\/|$)/.test(rule.path)
  if (inPath && (request.params as { org?: string }).org !== principal.orgId) throw problem('not_found')
  if (!isOrgCaller(principal)) throw problem('organization_required')
}

/** Takes over what the calling service says about the story this request belongs to. */
function adoptContext(request: FastifyRequest): void {
  const context = currentContext()
  if (context === undefined) return
  const given = (name: string): string | undefined => {
    const value = request.headers[name]
    return typeof value === 'string' && value !== '' ? value.slice(0, 512) : undefined
  }
  context.clientAddress = given(internalHeaders.clientAddress)
  context.userAgent = given(internalHeaders.userAgent)
  context.causationId = given(internalHeaders.causation)
  context.correlationId = given(internalHeaders.correlation) ?? context.correlationId
}
