/**
 * Which addresses a call to the outside may reach: unicast addresses of the public Internet (RFC 6890), and networks an
 * operator has named. It is asked with the address a connection is made to, after the name was resolved, so a name that
 * changes its address gains nothing.
 */
import ipaddr from 'ipaddr.js'

export type OpenAddresses = (address: string) => boolean

/**
 * ::/96 was a way to write IPv4 addresses (RFC 4291 §2.5.5.1), fec0::/10 one of private ones (RFC 3879); some systems
 * still route them.
 */
const closedBeside = ['::/96', 'fec0::/10'].map((range) => ipaddr.IPv6.parseCIDR(range))

/** @param networks - in CIDR notation @throws Error for what is no network */
export function createOpenAddresses(networks: readonly string[]): OpenAddresses {
  const named = networks.map((network) => ipaddr.parseCIDR(network))
  return (address) => {
    const unscoped = address.split('%')[0] ?? ''
    if (!ipaddr.isValid(unscoped)) return false
    // An IPv4 address that is written as an IPv6 one is what it stands for.
    const parsed = ipaddr.process(unscoped)
    if (named.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))) return true
    if (parsed.range() !== 'unicast') return false
    return parsed.kind() === 'ipv4' || !closedBeside.some(([base, bits]) => parsed.match(base, bits))
  }
}
