/**
 * The refresh token in a cookie, out of reach of scripts (OAuth 2.0 for Browser-Based Apps §6.1): for who asks for it
 * by `Gatehouse-Token-Transport: cookie`. A page of another site can send neither that header, which needs a preflight,
 * nor the cookie, which is `SameSite=Strict`; and the `Origin` has to be one of the platform's own.
 */
import { tokenTransportHeader } from '@gatehouse/contracts/common/services'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { refreshCookieName } from '@gatehouse/contracts/http/tokens/refresh-cookie'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { parseJsonBody } from '@gatehouse/service-kit/http/json-body'
import type { FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'
import type { AllowedOrigins } from './allowed-origins.ts'

type Deps = { readonly issuer: string; readonly origins: Pick<AllowedOrigins, 'mayHoldCookie'> }
type Hooks = Required<Pick<RouteShorthandOptions, 'preHandler' | 'onSend'>>

/** As long as any refresh token may live; the token itself says when it is over. */
const seconds = 7_776_000
/** Refresh tokens look like this; whatever else stands in the cookie is none. */
const tokenForm = /^[\w-]{20,200}$/

/** What a route needs among its options to give or take the cookie; undefined for a route that does neither. */
export function refreshCookieOf(
  { refreshCookie: use, success }: Pick<RouteContract, 'refreshCookie' | 'success'>,
  { issuer, origins }: Deps,
): Hooks | undefined {
  if (use === undefined) return undefined
  const name = refreshCookieName(issuer)
  const attributes = `Path=/; HttpOnly; SameSite=Strict${issuer.startsWith('https:') ? '; Secure' : ''}`
  const set = (reply: FastifyReply, value: string, maxAge: number): void =>
    void reply.header('set-cookie', `${name}=${value}; Max-Age=${maxAge}; ${attributes}`)
  return {
    preHandler: (request, _reply, done) => {
      if (!asksForCookie(request)) return done()
      requireOwnPage(request, origins)
      if (use === 'taken') takeIn(request, { name, isNeeded: success.status !== 204 })
      done()
    },
    onSend: (request, reply, payload, done) => {
      if (request.headers[tokenTransportHeader] !== 'cookie') return done(null, payload)
      if (reply.statusCode === 204) set(reply, '', 0)
      const given = reply.statusCode === 200 ? withoutToken(payload) : undefined
      if (given === undefined) return done(null, payload)
      set(reply, given.token, seconds)
      void reply.header('content-length', Buffer.byteLength(given.text))
      done(null, given.text)
    },
  }
}

function asksForCookie({ headers }: FastifyRequest): boolean {
  const wish = headers[tokenTransportHeader]
  if (wish === undefined) return false
  if (wish !== 'cookie')
    throw problem('malformed_request', { detail: 'Gatehouse-Token-Transport is "cookie", or it is left out.' })
  return true
}

/** Browsers state the origin of every `POST`; where one leaves it out, it says that the page is of the same origin. */
function requireOwnPage({ headers }: FastifyRequest, origins: Deps['origins']): void {
  const { origin, 'sec-fetch-site': site } = headers
  const isOwn = origin === undefined ? site === 'same-origin' : origins.mayHoldCookie(origin)
  if (!isOwn) throw problem('forbidden', { detail: 'Pages of this origin hold no refresh token in a cookie.' })
}

/**
 * Puts the token of the cookie into the body, where the service expects it.
 * @throws AppError `invalid_refresh_token` where one is needed and the browser has none
 */
function takeIn(request: FastifyRequest, o: { name: string; isNeeded: boolean }): void {
  const found = cookiesNamed(request.headers.cookie ?? '', o.name)
  if (found.length > 1) throw problem('malformed_request', { detail: `The cookie ${o.name} was sent more than once.` })
  const body = bodyOf(request)
  // What is wrong with it, the service says.
  if (body === undefined) return
  if (body['refresh_token'] !== undefined)
    throw problem('validation_failed', {
      errors: [{ path: '/refresh_token', message: 'comes in the cookie or in the body, not in both ways' }],
    })
  const [token = ''] = found
  if (tokenForm.test(token)) {
    request.body = Buffer.from(JSON.stringify({ ...body, refresh_token: token }))
    request.headers['content-type'] ??= 'application/json'
  } else if (o.isNeeded) throw problem('invalid_refresh_token')
}

const cookiesNamed = (header: string, name: string): string[] =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))

/** The members of the body, none without a body; undefined for one that has no members. */
function bodyOf({ body }: FastifyRequest): Record<string, unknown> | undefined {
  if (!Buffer.isBuffer(body) || body.length === 0) return {}
  try {
    const parsed = parseJsonBody(body)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined
  } catch {
    return undefined
  }
}

/** An answer with a refresh token as the text without it, and the token. */
function withoutToken(payload: unknown): { text: string; token: string } | undefined {
  if (typeof payload !== 'string') return undefined
  const { refresh_token: token, ...rest } = JSON.parse(payload) as Record<string, unknown>
  return typeof token === 'string' ? { text: JSON.stringify(rest), token } : undefined
}
