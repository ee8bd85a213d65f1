/**
 * Passes a page's request on to `pages`: like any other, but its own cookies and what says where a form was sent from
 * reach it, and its own security headers come back.
 */
import { pageCookiePrefix, pageDeadlineMs, type PageContract } from '@gatehouse/contracts/http/page'
import { anonymous } from '@gatehouse/access/callers/caller'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import type { FastifyRequest } from 'fastify'
import type { Answer } from './exchange.ts'
import { cookiesNamed } from './forward-protocol.ts'
import type { Forward } from './forward.ts'
import { headersIn, headersOut, queryOf } from './headers.ts'
import { passOn } from './pass-on.ts'
import type { Upstreams } from './upstreams.ts'

type ForwardDeps = {
  upstreams: Upstreams
  signer: AssertionSigner
  addressOf: (request: FastifyRequest) => string
}

const passedIn = ['origin', 'sec-fetch-site'] as const
const passedOut = [
  'content-security-policy',
  'x-frame-options',
  'referrer-policy',
  'content-language',
  'content-disposition',
] as const

export function createPageForward(
  { path }: Pick<PageContract, 'path'>,
  { upstreams, signer, addressOf }: ForwardDeps,
): Forward {
  return (request, reply) => {
    const method = request.method === 'POST' ? 'POST' : 'GET'
    passOn(
      { request, reply },
      { upstreams, peer: 'pages', headersOut: pageHeadersOut },
      {
        method,
        path: path + queryOf(request.raw.url ?? ''),
        headers: {
          ...headersIn({
            request,
            caller: anonymous,
            assertion: signer.assertionFor('pages', { method, path }),
            clientAddress: addressOf(request),
          }),
          ...browserHeadersIn(request),
        },
        deadlineMs: pageDeadlineMs,
        isRepeatable: method === 'GET',
      },
    )
  }
}

function browserHeadersIn({ headers }: FastifyRequest): Record<string, string> {
  const cookies = cookiesNamed(headers.cookie ?? '', [pageCookiePrefix])
  const named = passedIn.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]] as const] : []))
  return { ...Object.fromEntries(named), ...(cookies !== '' && { cookie: cookies }) }
}

function pageHeadersOut(headers: Answer['headers']): Record<string, string | string[]> {
  const own = passedOut.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  return { ...headersOut(headers), ...Object.fromEntries(own) }
}
