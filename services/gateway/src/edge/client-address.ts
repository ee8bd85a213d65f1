/**
 * Where a request comes from. `X-Forwarded-For` is what anybody can write, so it is read from the right and only as far
 * as the proxies the operator named (proxy-addr, as in Fastify's `trustProxy`); without such proxies the peer of the
 * connection is the client.
 */
import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'
import ipaddr from 'ipaddr.js'

export type ClientAddressReader = (peer: string | undefined, forwardedFor: string | undefined) => string

type Chain = Parameters<typeof proxyAddr.all>[0]

/**
 * `[2001:db8::7]:443` and `198.51.100.7:443`: RFC 3986 §3.2.2 brackets an IPv6 address, so that its port can be told
 * from it.
 */
const withPort = /^(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[\d.]+))(?::\d{1,5})?$/

/**
 * One hop in its canonical form, or undefined when it is no address. Proxies write the port of the connection, brackets
 * and quotes (RFC 7239 §4 quotes what has a colon) and map IPv4 into IPv6; `isIP` refuses what ipaddr.js would take for
 * octal or for a shortened address.
 */
function canonical(hop: string): string | undefined {
  const text = hop.trim().replace(/^"(.*)"$/, '$1')
  const { bracketed, plain } = withPort.exec(text)?.groups ?? {}
  const [address = '', ...zones] = (bracketed ?? plain ?? text).split('%')
  if (zones.length > 1 || isIP(address) === 0) return undefined
  return ipaddr.process(address).toString()
}

/** @throws Error naming the entry that is neither an address nor a CIDR range */
export function createClientAddressReader(trustedProxies: readonly string[]): ClientAddressReader {
  for (const entry of trustedProxies) if (!isAddressOrRange(entry)) throw refusalOf(entry)
  const isInRange = proxyAddr.compile([...trustedProxies])
  const isTrusted = (hop: string, index: number): boolean => {
    const address = canonical(hop)
    return address !== undefined && isInRange(address, index)
  }

  const ownOf = createPeerReader()
  return (peer = '', forwardedFor) => {
    const own = ownOf(peer)
    if (trustedProxies.length === 0 || forwardedFor === undefined) return own
    const chain = { headers: { 'x-forwarded-for': forwardedFor }, socket: { remoteAddress: peer } } as unknown as Chain
    const [farthest = peer, ...nearer] = proxyAddr.all(chain, isTrusted).reverse()
    // A proxy that names nobody we can address stands for whom it speaks for.
    return canonical(farthest) ?? canonical(nearer[0] ?? peer) ?? own
  }
}

/** Peers kept in their canonical form: a connection asks many times. */
const mostPeers = 4096

function createPeerReader(): (peer: string) => string {
  const known = new Map<string, string>()
  return (peer) => {
    const found = known.get(peer)
    if (found !== undefined) return found
    const own = canonical(peer) ?? peer
    if (known.size >= mostPeers) known.clear()
    known.set(peer, own)
    return own
  }
}

function isAddressOrRange(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/')
  if (isIP(address) === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIP(address) === 4 ? 32 : 128))
}

const refusalOf = (entry: string): Error =>
  Object.assign(new Error(`TRUSTED_PROXIES holds something that is no address and no CIDR range: ${entry}`), {
    name: 'ConfigError',
    errors: [entry],
  })

/** The unit a budget belongs to: an IPv4 address, or the /64 an IPv6 subscriber can move around in. */
export function budgetKeyOf(address: string): string {
  if (isIP(address) === 4) return address
  if (isIP(address) === 0) return 'unknown'
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.split('%', 1)[0]}/64`).toString()}/64`
}
