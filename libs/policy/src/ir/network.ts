/**
 * IP addresses and networks in text form (RFC 4291, RFC 4632). An IPv4 address that came in IPv6 clothes
 * (`::ffff:10.0.0.1`) is that IPv4 address: which form a server sees depends on its socket, not on the client.
 */

/** 16-bit groups: two for IPv4, eight for IPv6. */
export type Address = readonly number[]
export type Network = { readonly groups: Address; readonly bits: number }

const ipv4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/
const group = /^[\da-f]{1,4}$/i

/** The address, or undefined when the text is none. Zones (`%eth0`) and leading zeros are not addresses here. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 45) return undefined
  if (!text.includes(':')) return parseIpv4(text)
  const groups = parseIpv6(text)
  const isMapped = groups !== undefined && groups.slice(0, 5).every((part) => part === 0) && groups[5] === 0xffff
  return isMapped ? groups.slice(6) : groups
}

function parseIpv4(text: string): Address | undefined {
  const match = ipv4.exec(text)
  if (!match) return undefined
  const [a, b, c, d] = match.slice(1).map(Number) as [number, number, number, number]
  return Math.max(a, b, c, d) > 255 ? undefined : [a * 256 + b, c * 256 + d]
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(parseGroups)
  if (!head || (halves.length === 2 && !tail)) return undefined
  // A dotted ending stands for the last two groups, so it belongs to the last half.
  if (halves.length === 2 && halves[0]!.includes('.')) return undefined
  if (halves.length === 1) return head.length === 8 ? head : undefined
  const gap = 8 - head.length - tail!.length
  return gap >= 1 ? [...head, ...Array<number>(gap).fill(0), ...tail!] : undefined
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const dotted = index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined
    if (dotted) groups.push(...dotted)
    else if (group.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/**
 * `address/bits`, or undefined when the text is none. An address with bits below the mask is no network: it hides what
 * was meant.
 */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text)
  const groups = match ? parseAddress(match[1]!) : undefined
  if (!match || !groups) return undefined
  const written = Number(match[2])
  const bits = match[1]!.includes(':') && groups.length === 2 ? written - 96 : written
  if (bits < 0 || bits > groups.length * 16) return undefined
  const network = { groups, bits }
  return groups.every((part, index) => (part & ~maskOf(network, index)) === 0) ? network : undefined
}

/** Bits of the group that count. */
const maskOf = ({ bits }: Network, index: number): number => {
  const counted = Math.min(16, Math.max(0, bits - index * 16))
  return (0xffff << (16 - counted)) & 0xffff
}

/** Addresses of the other family are in no network of this one. */
export function isInNetwork(address: Address, network: Network): boolean {
  if (address.length !== network.groups.length) return false
  for (let index = 0; index * 16 < network.bits; index++) {
    if ((address[index]! & maskOf(network, index)) !== network.groups[index]) return false
  }
  return true
}
