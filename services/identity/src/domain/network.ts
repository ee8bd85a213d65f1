/** The networks a request comes from, narrow to wide: what limits count by. */

/** A person or office holds one IPv4 address, or an IPv6 site of 64, 56 or 48 bits (RFC 6177, RIPE-690). */
const ipv6SiteBits = [64, 56, 48] as const

/** The IPv4 address itself, or the IPv6 networks around it. Never empty. */
export function networksOf(address: string | undefined): readonly [string, ...string[]] {
  if (address === undefined) return ['unknown']
  if (!address.includes(':')) return [address]
  const groups = ipv6Groups(address)
  const mapped = mappedIpv4(groups)
  if (mapped !== undefined) return [mapped]
  const [site, ...wider] = ipv6SiteBits.map((bits) => prefixOf(groups, bits))
  return [site ?? 'unknown', ...wider]
}

/** The eight 16-bit groups; a zone is cut off and a dotted tail is read as two groups (RFC 4291 §2.2). */
function ipv6Groups(address: string): number[] {
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::')
  const front = groupsOf(head)
  const back = groupsOf(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => 0)
  return [...front, ...zeros, ...back].slice(0, 8)
}

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').flatMap((group) => (group.includes('.') ? dottedGroups(group) : [hex(group)]))

function dottedGroups(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

const hex = (group: string): number => Number.parseInt(group, 16) || 0

/** RFC 4291 §2.5.5.2. */
function mappedIpv4(groups: readonly number[]): string | undefined {
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return undefined
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function prefixOf(groups: readonly number[], bits: number): string {
  const kept = groups.slice(0, Math.ceil(bits / 16))
  const rest = bits % 16
  const last = kept.at(-1) ?? 0
  const masked = rest === 0 ? kept : [...kept.slice(0, -1), last & (0xffff << (16 - rest)) & 0xffff]
  return `${masked.map((group) => group.toString(16)).join(':')}::/${bits}`
}
