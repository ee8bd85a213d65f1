/** Passes one request on to the service that owns its route and its answer back. Decides nothing: the guard has. */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import { anonymous, type AnonymousCaller, type PrincipalCaller } from '@gatehouse/access/callers/caller'
import { isGivenUp, whenGivenUp } from '@gatehouse/service-kit/http/deadline'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { canonicalPath } from '../domain/route-table.ts'
import { headersIn, headersOut } from './headers.ts'
import type { Peer, Upstreams } from './upstreams.ts'

export type Forward = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

export function createForward(
  route: Pick<RouteContract, 'method' | 'path' | 'service' | 'retryable' | 'deadlineMs'>,
  deps: { upstreams: Upstreams; signer: AssertionSigner; addressOf: (request: FastifyRequest) => string },
): Forward {
  const { upstreams, signer, addressOf } = deps
  const peer = route.service as Peer
  const isRepeatable = route.method === 'GET' || route.retryable === true

  return async (request, reply) => {
    try {
      const path = canonicalPath(route.path, request.params as Record<string, string>)
      const answer = await upstreams.send(peer, {
        method: route.method,
        path: path + queryOf(request.raw.url ?? ''),
        headers: headersIn({
          request,
          caller: (request.caller as AnonymousCaller | PrincipalCaller | null) ?? anonymous,
          assertion: signer.assertionFor(peer, { method: route.method, path }),
          clientAddress: addressOf(request),
        }),
        body: Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : null,
        whenGivenUp: (stop) => whenGivenUp(request, stop),
        isGivenUp: () => isGivenUp(request),
        deadlineMs: route.deadlineMs,
        isRepeatable,
      })
      void reply.code(answer.statusCode).headers(headersOut(answer.headers))
      const { body } = answer
      return Buffer.isBuffer(body) && body.length === 0 ? reply.send() : reply.send(body)
    } catch (err) {
      // The deadline has answered already, or the client has gone.
      if (reply.sent || request.raw.socket.destroyed) return reply
      throw err
    }
  }
}

/** The query as it was written: what it means is the service's to say. */
function queryOf(url: string): string {
  const begin = url.indexOf('?')
  return begin < 0 ? '' : url.slice(begin)
}
