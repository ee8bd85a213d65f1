/**
 * The head of a request as the gateway sends it, read without making an object of it. Anything out of the ordinary (a
 * body that is encoded, chunked, too long or of another type, a header sent twice, no name for the request) is
 * undefined: such a request goes the regular path, which says what is wrong.
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

/** What a header is read as: a place among the values, passed over, or a reason for the regular path. */
const passedOver = -1
const outOfOrdinary = -2

function placeFor(name: string): number {
  const lower = name.toLowerCase()
  return placeOf.get(lower) ?? (unusual.has(lower) ? outOfOrdinary : passedOver)
}

export type HeadReader = (rawHeaders: readonly string[], bodyLimitBytes: number) => UsualHead | undefined

/**
 * A reader for the connections of one server. A client writes the same headers in the same order each time, so the
 * reader keeps the names of the head before, with what each was read as, and looks up only a name that stands
 * elsewhere. It keeps no value but that of `Host`.
 */
export function createHeadReader(): HeadReader {
  const names: string[] = []
  const readAs: number[] = []
  let goodHost: string | undefined

  const placeAt = (index: number, name: string): number => {
    if (names[index] === name) return readAs[index] as number
    const place = placeFor(name)
    if (index < mostNames) {
      names[index] = name
      readAs[index] = place
    }
    return place
  }
  const isGoodHost = (host: string | undefined): boolean => {
    if (host === undefined || (host !== goodHost && !hostForm.test(host))) return false
    goodHost = host
    return true
  }
  return (rawHeaders, bodyLimitBytes) => {
    const values: (string | undefined)[] = [...none]
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const place = placeAt(at >> 1, rawHeaders[at] as string)
      if (place === passedOver) continue
      if (place === outOfOrdinary || values[place] !== undefined) return undefined
      values[place] = rawHeaders[at + 1]
    }
    return isGoodHost(values[0]) ? headOf(values, bodyLimitBytes) : undefined
  }
}

/** Names kept: a head with more has them looked up. */
const mostNames = 32
const none: readonly undefined[] = places.map(() => undefined)

function headOf(values: readonly (string | undefined)[], bodyLimitBytes: number): UsualHead | undefined {
  const [, authorization, type, length, requestId, traceparent, accessToken, correlationId, clientAddress] = values
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
