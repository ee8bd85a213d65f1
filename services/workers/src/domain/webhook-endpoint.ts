/** Which events an endpoint hears of, and which addresses an endpoint may have. */

/**
 * What an endpoint may listen to for an event of this action: the action, everything about its kind of thing,
 * everything.
 */
export const filtersFor = (action: string): string[] => ['*', `${action.slice(0, action.indexOf('.'))}.*`, action]

export type UrlFault = 'unreadable' | 'scheme' | 'credentials' | 'fragment'

/**
 * What is wrong with the URL of an endpoint; undefined when it may be one. Where it leads is checked at each
 * connection.
 */
export function findUrlFault(url: string, { allowsHttp }: { allowsHttp: boolean }): UrlFault | undefined {
  if (!URL.canParse(url)) return 'unreadable'
  const { protocol, username, password, hash } = new URL(url)
  if (protocol !== 'https:' && !(allowsHttp && protocol === 'http:')) return 'scheme'
  if (username !== '' || password !== '') return 'credentials'
  return hash === '' ? undefined : 'fragment'
}

export const urlFaultMessages: Readonly<Record<UrlFault, string>> = {
  unreadable: 'is no URL',
  scheme: 'must begin with https://',
  credentials: 'must not carry a user name or password: deliveries are signed',
  fragment: 'must not have a fragment',
}
