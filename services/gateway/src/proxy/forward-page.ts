/** Passes a page's request on to `pages`: like any other, but its own cookies and what says where a form was sent from reach it, and its own security headers come back. */
import { pageCookiePrefix, pageDeadlineMs, type PageContract } from '@gatehouse/contracts/http/page'
import { anonymous } from '@gatehouse/access/callers/caller'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import { isGivenUp, whenGivenUp } from '@gatehouse/service-kit/http/deadline'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookiesNamed, queryOf } from './forward-protocol.ts'
import { headersIn, headersOut } from './headers.ts'
import type { Answer, Upstreams } from './upstreams.ts'

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
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const method = request.method === 'POST' ? 'POST' : 'GET'
    try {
      const answer = await upstreams.send('pages', {
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
        body: Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : null,
        whenGivenUp: (stop) => whenGivenUp(request, stop),
        isGivenUp: () => isGivenUp(request),
        deadlineMs: pageDeadlineMs,
        isRepeatable: method === 'GET',
      })
      return await reply.code(answer.statusCode).headers(pageHeadersOut(answer)).send(answer.body)
    } catch (err) {
      // The deadline has answered already, or the client has gone.
      if (reply.sent || request.raw.socket.destroyed) return reply
      throw err
    }
  }
}

function browserHeadersIn({ headers }: FastifyRequest): Record<string, string> {
  const cookies = cookiesNamed(headers.cookie ?? '', [pageCookiePrefix])
  const named = passedIn.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]] as const] : []))
  return { ...Object.fromEntries(named), ...(cookies !== '' && { cookie: cookies }) }
}

function pageHeadersOut({ headers }: Answer): Record<string, string | string[]> {
  const own = passedOut.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]))
  return { ...headersOut(headers), ...Object.fromEntries(own) }
}
