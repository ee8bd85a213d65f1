/**
 * The head of a request as the gateway sends it, read without making an object of it. Anything out of the ordinary (a body that is encoded, chunked,
 * too long or of another type, a header sent twice, no name for the request) is undefined: such a request goes the whole way, which says what is wrong.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'

export type UsualHead = {
  /** The service's proof, without its `Bearer`. */
  readonly assertion: string
  readonly accessToken: string
  readonly requestId: string
  readonly traceparent: string | undefined
  readonly correlationId: string | undefined
  readonly clientAddress: string | undefined
}

/** Names of headers that are read, and the one body a usual request has. */
const read = new Set<string>(['authorization', 'content-type', 'content-length', 'x-request-id', 'traceparent', ...Object.values(internalHeaders)])
/** They change how the rest is to be read. */
const unusual = new Set(['transfer-encoding', 'content-encoding', 'expect', 'upgrade', 'trailer', 'te', 'idempotency-key', 'if-match'])
const json = new Set(['application/json', 'application/json; charset=utf-8'])

export function readUsualHead(rawHeaders: readonly string[], bodyLimitBytes: number): UsualHead | undefined {
  const given: { [name: string]: string | undefined } = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    if (unusual.has(name)) return undefined
    if (!read.has(name)) continue
    if (given[name] !== undefined) return undefined
    given[name] = rawHeaders[at + 1]
  }
  const { authorization, 'content-type': type, 'content-length': length, 'x-request-id': requestId, traceparent } = given
  const accessToken = given[internalHeaders.accessToken]
  if (authorization === undefined || !authorization.startsWith('Bearer ') || accessToken === undefined) return undefined
  if (type === undefined || !json.has(type) || length === undefined || !isWithin(length, bodyLimitBytes)) return undefined
  if (requestId === undefined || !/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(requestId)) return undefined
  return { assertion: authorization.slice('Bearer '.length), accessToken, requestId, traceparent, correlationId: given[internalHeaders.correlation], clientAddress: given[internalHeaders.clientAddress] || undefined }
}

const isWithin = (length: string, mostBytes: number): boolean => /^[1-9][0-9]{0,8}$/.test(length) && Number(length) <= mostBytes
