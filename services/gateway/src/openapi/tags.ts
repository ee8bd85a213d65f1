/** How the operations are grouped for readers: by what they are about, in the order in which somebody meets them. */
import type { RouteContract } from '@gatehouse/contracts/http/contract'

/** The first that matches the path. */
const table: readonly (readonly [tag: string, path: RegExp])[] = [
  ['Signing in', /^\/v1\/auth\//],
  ['The signed-in person', /^\/v1\/me(\/|$)/],
  ['Audit', /\/audit-(events|evidence|keys)(\/|$)/],
  ['Security alerts', /\/security-alerts(\/|$)/],
  ['Invitations', /\/invitations(\/|$)/],
  ['Applications people sign in to', /\/oauth-(clients|registration-tokens)(\/|$)/],
  ['Service accounts', /\/service-accounts(\/|$)/],
  ['Policies', /\/(policies|shadow)(\/|$)/],
  ['Roles and groups', /\/(roles|groups|assignments|authorization-manifest)(\/|$)/],
  ['Organizations', /^\/v1\/organizations(\/|$)/],
  ['Permission checks', /^\/access\//],
  ['Explanations and simulations', /\/(explain|plan|simulations|access-diff)(\/|$)/],
  ['Catalog and entities', /^\/v1\/authz\//],
  ['Platform', /^\/v1\/platform(\/|$)/],
  ['Metadata', /^\/\.well-known\//],
  ['Other', /^/],
]

export const tagOf = ({ path }: Pick<RouteContract, 'path'>): string =>
  table.find(([, pattern]) => pattern.test(path))?.[0] ?? ''

/** The tags in use, in reading order. */
export const tagsInOrder = (routes: readonly RouteContract[]): string[] => {
  const used = new Set(routes.map(tagOf))
  return table.map(([tag]) => tag).filter((tag) => used.has(tag))
}
