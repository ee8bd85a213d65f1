/**
 * What crosses the gateway, both ways, by name: everything else stays outside. So no hop-by-hop header, no internal
 * header somebody made up and no cookie of another application reaches a service, and nothing a service says by
 * accident reaches a client.
 */
import {
  browserHeader,
  deviceHeader,
  internalHeaders,
  registrationHeader,
  rememberedDeviceHeader,
  revisionHeader,
} from '@gatehouse/contracts/common/services'
import { currentContext } from '@gatehouse/service-kit/context/request-context'
import type { AnonymousCaller, PrincipalCaller } from '@gatehouse/access/callers/caller'
import type { FastifyRequest } from 'fastify'

const passedIn = [
  'accept',
  'accept-language',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  browserHeader,
  deviceHeader,
  registrationHeader,
  rememberedDeviceHeader,
] as const
const passedOut = [
  'content-type',
  'content-length',
  'etag',
  'last-modified',
  'location',
  'cache-control',
  'retry-after',
  'set-cookie',
  'www-authenticate',
  'dpop-nonce',
  'vary',
  revisionHeader,
  deviceHeader,
  registrationHeader,
  rememberedDeviceHeader,
] as const

/** Headers of the request to the service, under the gateway's own assertion. */
export function headersIn(options: {
  request: FastifyRequest
  caller: AnonymousCaller | PrincipalCaller
  assertion: string
  clientAddress: string
}): Record<string, string> {
  const { request, caller, assertion, clientAddress } = options
  const context = currentContext()
  const headers: Record<string, string> = {
    authorization: `Bearer ${assertion}`,
    'x-request-id': request.id,
    [internalHeaders.correlation]: request.id,
    [internalHeaders.clientAddress]: clientAddress,
  }
  if (context) headers['traceparent'] = context.traceparent
  const userAgent = request.headers['user-agent']
  if (userAgent !== undefined) headers[internalHeaders.userAgent] = userAgent.slice(0, 512)
  if (caller.kind !== 'anonymous') headers[internalHeaders.accessToken] = caller.accessToken
  for (const name of passedIn) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

/** Headers of the answer to the client. */
export function headersOut(
  from: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const name of passedOut) {
    const value = from[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}

/** The query as it was written: what it means is the service's to say. */
export function queryOf(url: string): string {
  const begin = url.indexOf('?')
  return begin < 0 ? '' : url.slice(begin)
}
