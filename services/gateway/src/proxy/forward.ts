/** Passes one request on to the service that owns its route and its answer back. Decides nothing: the guard has. */
import { isLive, type RouteContract } from '@gatehouse/contracts/http/contract'
import { outliveDeadline } from '@gatehouse/service-kit/http/deadline'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import { anonymous, type AnonymousCaller, type PrincipalCaller } from '@gatehouse/access/callers/caller'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { canonicalPath } from '../domain/route-table.ts'
import type { AsItComes } from './exchange.ts'
import { headersIn, headersOut, queryOf } from './headers.ts'
import type { LiveAnswers } from './live-answers.ts'
import { passOn } from './pass-on.ts'
import type { Peer, Upstreams } from './upstreams.ts'

export type Forward = (request: FastifyRequest, reply: FastifyReply) => void

export function createForward(
  route: Pick<RouteContract, 'method' | 'path' | 'service' | 'retryable' | 'deadlineMs' | 'success'>,
  deps: {
    upstreams: Upstreams
    signer: AssertionSigner
    addressOf: (request: FastifyRequest) => string
    liveAnswers: LiveAnswers
  },
): Forward {
  const { upstreams, signer, addressOf, liveAnswers } = deps
  const staysOpen = isLive(route)
  const peer = route.service as Peer
  const isRepeatable = route.method === 'GET' || route.retryable === true

  return (request, reply) => {
    const path = canonicalPath(route.path, request.params as Record<string, string>)
    passOn(
      { request, reply },
      { upstreams, peer, headersOut },
      {
        method: route.method,
        path: path + queryOf(request.raw.url ?? ''),
        headers: headersIn({
          request,
          caller: (request.caller as AnonymousCaller | PrincipalCaller | null) ?? anonymous,
          assertion: signer.assertionFor(peer, { method: route.method, path }),
          clientAddress: addressOf(request),
        }),
        deadlineMs: route.deadlineMs,
        isRepeatable,
        ...(staysOpen && { asItComes: keepOpen({ request, reply }, liveAnswers) }),
      },
    )
  }
}

/** @throws AppError when there is no place for one more */
function keepOpen({ request, reply }: { request: FastifyRequest; reply: FastifyReply }, live: LiveAnswers): AsItComes {
  const begin = live.open(request.caller as PrincipalCaller, reply)
  // A proxy in front of us (nginx) would wait for more of it.
  void reply.header('x-accel-buffering', 'no')
  return (end) => {
    outliveDeadline(request)
    begin(end)
  }
}
