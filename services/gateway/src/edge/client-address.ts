/**
 * Where a request comes from. `X-Forwarded-For` is what anybody can write, so it is read from the right and only as far as the proxies
 * the operator named; without such proxies the peer of the connection is the client.
 */
import { BlockList, isIP } from 'node:net'

export type ClientAddressReader = (peer: string | undefined, forwardedFor: string | undefined) => string

/** IPv4 written as IPv6 is IPv4. */
const plain = (address: string): string =>
  address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** @throws Error naming the entry that is neither an address nor a CIDR range */
export function createClientAddressReader(trustedProxies: readonly string[]): ClientAddressReader {
  const trusted = new BlockList()
  for (const entry of trustedProxies) {
    const [address = '', prefix] = entry.split('/')
    const bits = prefix === undefined ? undefined : Number(prefix)
    const isValid =
      isIP(address) !== 0 &&
      (bits === undefined || (/^\d{1,3}$/.test(prefix ?? '') && bits <= (isIP(address) === 4 ? 32 : 128)))
    if (!isValid)
      throw Object.assign(new Error(`TRUSTED_PROXIES holds something that is no address and no CIDR range: ${entry}`), {
        name: 'ConfigError',
        errors: [entry],
      })
    if (bits === undefined) trusted.addAddress(address, familyOf(address))
    else trusted.addSubnet(address, bits, familyOf(address))
  }
  const isTrusted = (address: string): boolean => trusted.check(address, familyOf(address))

  return (peer, forwardedFor) => {
    let client = plain(peer ?? '')
    if (trustedProxies.length === 0 || forwardedFor === undefined) return client
    const hops = forwardedFor
      .split(',')
      .map((hop) => plain(hop.trim()))
      .reverse()
    for (const hop of hops) {
      if (!isTrusted(client)) return client
      if (isIP(hop) === 0) return client
      client = hop
    }
    return client
  }
}

/** The unit a budget belongs to: an IPv4 address, or the /64 an IPv6 subscriber can move around in. */
export function budgetKeyOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? left
      : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
