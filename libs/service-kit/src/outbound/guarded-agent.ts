/**
 * Connections to addresses a stranger chose. Each one resolves and checks anew, and goes to an address that was checked
 * and no other, so a name that changes its address gains nothing.
 */
import { lookup as resolveName, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent } from 'undici'
import type { OpenAddresses } from './open-addresses.ts'

/** Resolves a name to all of its addresses. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

export type GuardOptions = { isOpen: OpenAddresses; resolve?: Resolve }

export const closedReason = 'the address is not on the public Internet'

/** @param o.timeoutMs - for the head of an answer, and between two pieces of it */
export const createGuardedAgent = (o: GuardOptions & { timeoutMs: number }): Agent =>
  new Agent({
    connect: { lookup: guardedLookup(o.isOpen, o.resolve ?? systemResolve), timeout: 5_000 },
    headersTimeout: o.timeoutMs,
    bodyTimeout: o.timeoutMs,
    connections: 4,
    pipelining: 1,
    keepAliveTimeout: 4_000,
  })

/** Whether the URL names a closed address itself: there is no name to resolve, so nothing else would look at it. */
export function namesClosedAddress(url: string, isOpen: OpenAddresses): boolean {
  const literal = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return isIP(literal) !== 0 && !isOpen(literal)
}

const systemResolve: Resolve = (hostname) =>
  new Promise((resolve, reject) =>
    resolveName(hostname, { all: true }, (err, addresses) => (err ? reject(err) : resolve(addresses))),
  )

const guardedLookup =
  (isOpen: OpenAddresses, resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const open = addresses.filter(({ address }) => isOpen(address))
        const [first] = open
        if (first === undefined) return callback(new Error(closedReason), '', 0)
        if (options.all === true) return (callback as unknown as (err: null, all: LookupAddress[]) => void)(null, open)
        callback(null, first.address, first.family)
      },
      (err: NodeJS.ErrnoException) => callback(err, '', 0),
    )
  }

const known: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer did not end in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is not trusted',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is of another name',
}

/** Why there was no answer. A message of the system would tell what our network looks like from the inside. */
export function outboundReason(err: unknown): string {
  for (let cause: unknown = err; cause instanceof Error; cause = cause.cause) {
    if (cause.message === closedReason) return closedReason
    if (cause.name === 'TimeoutError' || cause.name === 'AbortError') return 'no answer in time'
    const text = known[String((cause as NodeJS.ErrnoException).code)]
    if (text !== undefined) return text
  }
  return 'the request failed'
}
