/**
 * The head of a request as the gateway sends it, read without making an object of it. Anything out of the ordinary (a body that is encoded, chunked,
 * too long or of another type, a header sent twice, no name for the request) is undefined: such a request goes the regular path, which says what is wrong.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { hostForm } from '@gatehouse/service-kit/http/request-form'
import { requestIdForm } from '@gatehouse/service-kit/http/request-id'

export type UsualHead = {
  /** The service's proof, without its `Bearer`. */
  readonly assertion: string
  readonly accessToken: string
  readonly requestId: string
  readonly traceparent: string | undefined
  readonly correlationId: string | undefined
  readonly clientAddress: string | undefined
}

/** Headers that are read. */
const places = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'x-request-id',
  'traceparent',
  internalHeaders.accessToken,
  internalHeaders.correlation,
  internalHeaders.clientAddress,
] as const
const placeOf = new Map<string, number>(places.map((name, place) => [name, place]))
/** They change how the rest is to be read. */
const unusual = new Set([
  'transfer-encoding',
  'content-encoding',
  'expect',
  'upgrade',
  'trailer',
  'te',
  'idempotency-key',
  'if-match',
])
const json = new Set<string | undefined>(['application/json', 'application/json; charset=utf-8'])
const bearer = 'Bearer '

export function readUsualHead(rawHeaders: readonly string[], bodyLimitBytes: number): UsualHead | undefined {
  const values: (string | undefined)[] = [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    const place = placeOf.get(name)
    if (place === undefined) {
      if (unusual.has(name)) return undefined
    } else {
      if (values[place] !== undefined) return undefined
      values[place] = rawHeaders[at + 1]
    }
  }
  const [host, authorization, type, length, requestId, traceparent, accessToken, correlationId, clientAddress] = values
  if (host === undefined || !hostForm.test(host)) return undefined
  if (authorization === undefined || !authorization.startsWith(bearer) || accessToken === undefined) return undefined
  if (!json.has(type) || length === undefined || !isWithin(length, bodyLimitBytes)) return undefined
  if (requestId === undefined || !requestIdForm.test(requestId)) return undefined
  return {
    assertion: authorization.slice(bearer.length),
    accessToken,
    requestId,
    traceparent,
    correlationId,
    clientAddress: clientAddress || undefined,
  }
}

const isWithin = (length: string, mostBytes: number): boolean =>
  /^[1-9][0-9]{0,8}$/.test(length) && Number(length) <= mostBytes
