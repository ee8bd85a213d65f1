/**
 * Ranges of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3). An IPv4 address that came in IPv6 clothes is that
 * IPv4 address: which form a server sees depends on its socket.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** The range as it is compared, or undefined when the text is none. Bits below the mask hide what was meant. */
function parseRange(text: string): Range | undefined {
  const [, base = '', bits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? []
  const family = isIP(base)
  if (family === 0 || base.includes('%') || Number(bits) > (family === 4 ? 32 : 128)) return undefined
  const network = (family === 4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(text)
  const address = ipaddr.parse(base)
  if (network.toNormalizedString() !== address.toNormalizedString()) return undefined
  return address.range() === 'ipv4Mapped' ? undefined : [address, Number(bits)]
}

export const isAddressRange = (text: string): boolean => parseRange(text) !== undefined

/** An address that is not known, or none, is in no range. */
export function isInRanges(address: string | undefined, ranges: readonly string[]): boolean {
  if (address === undefined || isIP(address) === 0) return false
  const parsed = ipaddr.process(address)
  return ranges.some((text) => {
    const range = parseRange(text)
    return range !== undefined && range[0].kind() === parsed.kind() && parsed.match(range)
  })
}
