/**
 * Passes a protocol's request on: like any other, but `Authorization` and the cookies the protocol names reach the
 * service.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import type { ProtocolContract } from '@gatehouse/contracts/http/protocol'
import { anonymous } from '@gatehouse/access/callers/caller'
import type { AssertionSigner } from '@gatehouse/access/tokens/assertion'
import type { FastifyRequest } from 'fastify'
import type { Forward } from './forward.ts'
import { headersIn, headersOut, queryOf } from './headers.ts'
import { passOn } from './pass-on.ts'
import type { Peer, Upstreams } from './upstreams.ts'

type ForwardDeps = {
  upstreams: Upstreams
  signer: AssertionSigner
  addressOf: (request: FastifyRequest) => string
}

export function createProtocolForward(
  protocol: Pick<ProtocolContract, 'path' | 'service' | 'methods' | 'takesAuthorization' | 'cookiePrefixes' | 'isSafe'>,
  { upstreams, signer, addressOf }: ForwardDeps,
): Forward {
  const { path } = protocol
  const peer = protocol.service as Peer
  return (request, reply) => {
    const method = protocol.methods.find((one) => one === request.method) ?? 'GET'
    passOn(
      { request, reply },
      { upstreams, peer, headersOut },
      {
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
        // An authorization request asked for twice would be two.
        isRepeatable: protocol.isSafe === true,
      },
    )
  }
}

function credentialsIn(
  { headers }: FastifyRequest,
  { takesAuthorization, cookiePrefixes = [] }: Pick<ProtocolContract, 'takesAuthorization' | 'cookiePrefixes'>,
): Record<string, string> {
  const { authorization, cookie, dpop } = headers
  const named = cookiesNamed(cookie ?? '', cookiePrefixes)
  return {
    ...(takesAuthorization && authorization !== undefined && { [internalHeaders.authorization]: authorization }),
    // RFC 9449 §4.1: a proof goes where the credential goes.
    ...(takesAuthorization && typeof dpop === 'string' && { dpop }),
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
