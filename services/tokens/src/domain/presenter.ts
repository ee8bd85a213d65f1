/**
 * Who presents a refresh token, as far as it can be told from outside: the network and the kind of device. Neither
 * proves anything; that both stay the same is what makes a second holder of a token stand out (RFC 9700 §4.14).
 */

export type Presenter = {
  /** `203.0.113.0/24`, `2001:db8:1::/48`; people move within one. */
  readonly network: string
  /** "Chrome on Linux". */
  readonly device: string
}

export const isSamePresenter = (one: Presenter, other: Presenter): boolean =>
  one.network === other.network && one.device === other.device

/** The network of an address in its canonical form, as the gateway writes it. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const octets = address.split('.')
  if (octets.length === 4 && !address.includes(':')) return `${octets.slice(0, 3).join('.')}.0/24`
  const [head = ''] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  return `${[...groups, '0', '0', '0'].slice(0, 3).join(':')}::/48`
}
