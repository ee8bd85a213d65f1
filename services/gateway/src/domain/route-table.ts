/** The public surface as data: which methods a path has, which budget a route draws on. Made from the contracts and nothing else. */
import type { RouteContract } from '@gatehouse/contracts/http/contract'

export type Method = RouteContract['method']

const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Each path with the methods it has and those it has not. @throws Error when two contracts claim the same route, or one is internal */
export function methodsByPath(routes: readonly RouteContract[]): Map<string, { has: Method[]; lacks: Method[] }> {
  const table = new Map<string, { has: Method[]; lacks: Method[] }>()
  for (const { method, path, auth, operationId } of routes) {
    if (auth === 'internal' || path.startsWith('/internal/'))
      throw new Error(`${operationId} is internal and never proxied`)
    const entry = table.get(path) ?? { has: [], lacks: [] }
    if (entry.has.includes(method)) throw new Error(`${method} ${path} is claimed twice`)
    table.set(path, { ...entry, has: [...entry.has, method] })
  }
  return new Map(
    [...table].map(([path, { has }]) => [path, { has, lacks: methods.filter((method) => !has.includes(method)) }]),
  )
}

/** The path a request is passed on under: made from the contract and its parameters, so no spelling of it reaches a service that was not matched here. */
export function canonicalPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:([a-z_]+)/g, (_match, name: string) => encodeURIComponent(params[name] ?? ''))
}

export const namesOrganization = (path: string): boolean => /\/:org(\/|$)/.test(path)
