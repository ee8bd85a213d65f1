/**
 * The public surface as data: what may be in it, and which path a request is passed on under. Made from the contracts
 * and nothing else.
 */
import { isLive, type RouteContract } from '@gatehouse/contracts/http/contract'

/** @throws Error when two contracts claim a route, one is internal, or one stays open for nobody in particular */
export function requirePublic(routes: readonly RouteContract[]): void {
  const claimed = new Set<string>()
  for (const route of routes) {
    const { method, path, auth, operationId } = route
    if (auth === 'internal' || path.startsWith('/internal/'))
      throw new Error(`${operationId} is internal and never proxied`)
    if (auth === 'open' && isLive(route)) throw new Error(`${operationId} stays open: it ends with an access token`)
    if (claimed.has(`${method} ${path}`)) throw new Error(`${method} ${path} is claimed twice`)
    claimed.add(`${method} ${path}`)
  }
}

/**
 * The path a request is passed on under: made from the contract and its parameters, so no spelling of it reaches a
 * service that was not matched here.
 */
export function canonicalPath(path: string, params: Readonly<Record<string, string>>): string {
  if (!path.includes(':')) return path
  return path.replaceAll(/:([a-z_]+)/g, (_match, name: string) => encodeURIComponent(params[name] ?? ''))
}

export const namesOrganization = (path: string): boolean => /\/:org(\/|$)/.test(path)
