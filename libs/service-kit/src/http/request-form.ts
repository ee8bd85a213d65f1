/**
 * What the HTTP parser lets through and a server must refuse all the same (RFC 9110, RFC 9112): another protocol
 * version, no `Host` or two, a transfer coding other than `chunked`, a header twice that may stand once, a path that
 * cannot be decoded. The refusal runs as the first hook of each route: after the hooks of the whole server, so that the
 * answer carries the headers every answer carries, and before anybody is authenticated.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { problem, type AppError } from '../errors/app-error.ts'
import { sentSpacedLine } from './request-line.ts'

/**
 * Sent twice, these would mean different things to different readers. Each is a bit of the sum of those that were seen.
 */
const singular = new Map(
  [
    'host',
    'authorization',
    'content-type',
    'transfer-encoding',
    'idempotency-key',
    'if-match',
    'gatehouse-access-token',
  ].map((name, place) => [name, 1 << place]),
)

/** Bits of names as they were sent, so that a name is made lower case once and not with each request. */
const bits = new Map<string, number>()
const mostNames = 500

/** The bit of a name that may stand once, 0 for any other. */
function singularBit(name: string): number {
  const known = bits.get(name)
  if (known !== undefined) return known
  const bit = singular.get(name.toLowerCase()) ?? 0
  if (bits.size < mostNames && name.length < 64) bits.set(name, bit)
  return bit
}

/** RFC 3986 §3.2.2: a name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. */
export const hostForm = /^(\[[0-9A-Fa-f:.]+\]|([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(:[0-9]{0,5})?$/

/**
 * Beyond a number of its own Node drops headers without a word, and what a proxy judged would not be what is judged
 * here.
 */
const mostHeaders = 500

/** A path without a route, for a request whose own path cannot be read. */
const unreadablePath = '/.unreadable'

const malformed = (detail: string): AppError => problem('malformed_request', { detail })

/** Gives a request whose path cannot be decoded a path of no route, so that it passes every hook of the server. */
export function readablePath({ url = '/' }: IncomingMessage): string {
  if (!url.includes('%')) return url
  const queryAt = url.indexOf('?')
  try {
    decodeURIComponent(queryAt < 0 ? url : url.slice(0, queryAt))
    return url
  } catch {
    return unreadablePath
  }
}

/** Why a request cannot be taken, if it cannot. */
export function complaintAbout(raw: IncomingMessage): AppError | undefined {
  if (raw.httpVersionMajor !== 1) return malformed('The protocol version is not HTTP/1.0 or HTTP/1.1.')
  if (sentSpacedLine(raw.socket)) return malformed('The request line has more than one space in a row.')
  if (raw.url === unreadablePath) return malformed('The path cannot be decoded.')
  if (raw.rawHeaders.length > 2 * mostHeaders) return problem('headers_too_large')
  let seen = 0
  for (let at = 0; at < raw.rawHeaders.length; at += 2) {
    const bit = singularBit(raw.rawHeaders[at] ?? '')
    if ((seen & bit) !== 0) return malformed('A header was sent twice.')
    seen |= bit
  }
  const { host, 'transfer-encoding': coding } = raw.headers
  if (host === undefined ? raw.httpVersionMinor > 0 : !hostForm.test(host))
    return malformed('The Host header is missing or malformed.')
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') return problem('transfer_coding_unknown')
  return undefined
}

const requireForm: onRequestHookHandler = (request, _reply, done) => {
  const complaint = complaintAbout(request.raw)
  if (complaint === undefined) done()
  else done(complaint)
}

/** The routes themselves; paths without a route are checked where they are answered (`problem-handler.ts`). */
export function installRequestForm(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    route.onRequest = [requireForm, ...[route.onRequest ?? []].flat()]
  })
}
