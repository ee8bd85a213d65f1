/** Passes a protocol's request on: like any other, but `Authorization` and the cookies the protocol names reach the service. */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import type { ProtocolContract } from '@gatehouse/contracts/http/protocol'
import { anonymous } from '@gatehouse/access/callers/caller'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import { isGivenUp, whenGivenUp } from '@gatehouse/service-kit/http/deadline'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { headersIn, headersOut } from './headers.ts'
import type { Peer, Upstreams } from './upstreams.ts'

type ForwardDeps = {
  upstreams: Upstreams
  signer: AssertionSigner
  addressOf: (request: FastifyRequest) => string
}

export function createProtocolForward(
  protocol: Pick<ProtocolContract, 'path' | 'service' | 'takesAuthorization' | 'cookiePrefixes' | 'isSafe'>,
  { upstreams, signer, addressOf }: ForwardDeps,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const { path } = protocol
  const peer = protocol.service as Peer
  return async (request, reply) => {
    const method = request.method === 'POST' ? 'POST' : 'GET'
    try {
      const answer = await upstreams.send(peer, {
        method,
        path: path + queryOf(request.raw.url ?? ''),
        headers: {
          ...headersIn({
            request,
            caller: anonymous,
            assertion: signer.assertionFor(peer, { method, path }),
            clientAddress: addressOf(request),
          }),
          ...credentialsIn(request, protocol),
        },
        body: Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : null,
        whenGivenUp: (stop) => whenGivenUp(request, stop),
        isGivenUp: () => isGivenUp(request),
        // An authorization request asked for twice would be two.
        isRepeatable: protocol.isSafe === true,
      })
      return await reply.code(answer.statusCode).headers(headersOut(answer.headers)).send(answer.body)
    } catch (err) {
      // The deadline has answered already, or the client has gone.
      if (reply.sent || request.raw.socket.destroyed) return reply
      throw err
    }
  }
}

function credentialsIn(
  { headers }: FastifyRequest,
  { takesAuthorization, cookiePrefixes = [] }: Pick<ProtocolContract, 'takesAuthorization' | 'cookiePrefixes'>,
): Record<string, string> {
  const { authorization, cookie } = headers
  const named = cookiesNamed(cookie ?? '', cookiePrefixes)
  return {
    ...(takesAuthorization && authorization !== undefined && { [internalHeaders.authorization]: authorization }),
    ...(named !== '' && { cookie: named }),
  }
}

/** `__Host-` (RFC 6265bis §4.1.3.2) stands before the name where the platform is reached over https. */
export const cookiesNamed = (header: string, prefixes: readonly string[]): string =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => prefixes.some((prefix) => pair.startsWith(prefix) || pair.startsWith(`__Host-${prefix}`)))
    .join('; ')

/** The query as it was written: what it means is the service's to say. */
export function queryOf(url: string): string {
  const begin = url.indexOf('?')
  return begin < 0 ? '' : url.slice(begin)
}
