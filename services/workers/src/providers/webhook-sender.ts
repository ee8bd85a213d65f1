/**
 * One HTTP POST to an address a stranger chose. It reaches the public Internet only, follows no redirect, waits a
 * bounded time and reads the beginning of the answer. Every connection resolves and checks anew, and goes to an address
 * that was checked and no other.
 */
import { lookup as resolveName, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent } from 'undici'
import type { OpenAddresses } from './open-addresses.ts'

export type Sent =
  | { kind: 'answered'; status: number; body: string; durationMs: number }
  /** No answer; the reason is for the owner of the endpoint to read. */
  | { kind: 'unreachable'; reason: string; durationMs: number }

export type WebhookSender = {
  send(o: { url: string; headers: Readonly<Record<string, string>>; body: string; signal: AbortSignal }): Promise<Sent>
  close(): Promise<void>
}

/** Resolves a name to all of its addresses. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

const timeoutMs = 10_000
const keptBodyBytes = 4096
const closedReason = 'the address is not on the public Internet'

const systemResolve: Resolve = (hostname) =>
  new Promise((resolve, reject) =>
    resolveName(hostname, { all: true }, (err, addresses) => (err ? reject(err) : resolve(addresses))),
  )

export function createWebhookSender(o: { isOpen: OpenAddresses; resolve?: Resolve }): WebhookSender {
  const agent = new Agent({
    connect: { lookup: guardedLookup(o.isOpen, o.resolve ?? systemResolve), timeout: 5_000 },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connections: 4,
    pipelining: 1,
    keepAliveTimeout: 4_000,
  })
  return {
    async send({ url, headers, body, signal }) {
      const startedMs = performance.now()
      const durationMs = () => Math.round(performance.now() - startedMs)
      const { hostname } = new URL(url)
      // No name to resolve: nothing else would look at it.
      const literal = hostname.replace(/^\[|\]$/g, '')
      if (isIP(literal) !== 0 && !o.isOpen(literal))
        return { kind: 'unreachable', reason: closedReason, durationMs: durationMs() }
      // Node 20 may collect an `AbortSignal.timeout` that only `AbortSignal.any` knows; it would never fire.
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(), timeoutMs)
      try {
        const { origin, pathname, search } = new URL(url)
        const answer = await agent.request({
          origin,
          path: `${pathname}${search}`,
          method: 'POST',
          headers,
          body,
          signal: AbortSignal.any([signal, late.signal]),
        })
        const text = await beginningOf(answer.body)
        return { kind: 'answered', status: answer.statusCode, body: text, durationMs: durationMs() }
      } catch (err) {
        return { kind: 'unreachable', reason: reasonOf(err), durationMs: durationMs() }
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => agent.destroy(),
  }
}

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

/** What was read until there was enough of it, in text that can be stored. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= keptBodyBytes) break
  }
  return Buffer.concat(chunks).subarray(0, keptBodyBytes).toString('utf8').replaceAll('\u0000', '\ufffd')
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

/** A message of the system would tell what our network looks like from the inside. */
function reasonOf(err: unknown): string {
  for (let cause: unknown = err; cause instanceof Error; cause = cause.cause) {
    if (cause.message === closedReason) return closedReason
    if (cause.name === 'TimeoutError' || cause.name === 'AbortError') return 'no answer in time'
    const text = known[String((cause as NodeJS.ErrnoException).code)]
    if (text !== undefined) return text
  }
  return 'the request failed'
}
