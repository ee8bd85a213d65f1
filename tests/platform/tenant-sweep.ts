/**
 * S6: every route × every position an id can stand in, tried with another tenant's ids. Made from the route table,
 * so a new route is in it by itself. Two things must hold on each try: the answer is the one a missing thing gets,
 * and nothing of the other tenant stands in it.
 */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { parametersOf, pathOf, positionsIn, sample, withValue, type Schema } from './contract-samples.ts'
import type { Answer, Api } from './client.ts'

/** What one tenant has: ids by the name of the parameter they fill, and words that are theirs alone. */
export type Tenant = { token: string; ids: Record<string, string>; cursors: Record<string, string>; secrets: string[] }
export type Leak = { route: string; position: string; status: number; why: string }

type Attempt = {
  route: RouteContract
  position: string
  path: string
  query: Record<string, string>
  body: unknown
  headers: Record<string, string>
}

/** Every way to put one foreign id (or several in the path) into one route while acting as `self`. */
export const attemptsOn = (route: RouteContract, self: Tenant, other: Tenant): Attempt[] => {
  const own = {
    path: pathOf(route, self.ids),
    query: {},
    headers: {},
    body: route.body ? sample(route.body as Schema, self.ids) : undefined,
  }
  const names = parametersOf(route).filter((name) => other.ids[name] !== undefined)
  const attempts: Attempt[] = []
  for (let mask = 1; mask < 1 << names.length; mask += 1) {
    const foreign = names.filter((_, index) => mask & (1 << index))
    const ids = { ...self.ids, ...Object.fromEntries(foreign.map((name) => [name, other.ids[name] ?? ''])) }
    attempts.push({ ...own, route, position: `path ${foreign.join('+')}`, path: pathOf(route, ids) })
  }
  for (const { at } of positionsIn((route.body ?? {}) as Schema).filter(({ prefix }) => prefix !== undefined)) {
    for (const id of Object.values(other.ids))
      attempts.push({
        ...own,
        route,
        position: `body ${at.join('.')}=${id.split('_')[0]}`,
        body: withValue(own.body, at, id),
      })
  }
  if (route.query && 'cursor' in route.query.properties) {
    for (const [from, cursor] of Object.entries(other.cursors))
      attempts.push({ ...own, route, position: `cursor of ${from}`, query: { cursor } })
  }
  for (const id of Object.values(other.ids)) {
    for (const name of ['organization_id', 'org_id', 'user_id', 'filter'])
      attempts.push({ ...own, route, position: `query ${name}`, query: { [name]: id } })
    for (const name of ['x-organization-id', 'gatehouse-access-token', 'x-user-id'])
      attempts.push({
        ...own,
        route,
        position: `header ${name}`,
        headers: { [name]: name === 'gatehouse-access-token' ? other.token : id },
      })
  }
  return attempts
}

const isMutating = (route: RouteContract): boolean => route.method !== 'GET'

const send = (api: Api, self: Tenant, { route, path, query, body, headers }: Attempt): Promise<Answer> => {
  const search = new URLSearchParams(query).toString()
  return api.call(route.method, search ? `${path}?${search}` : path, { token: self.token, body, headers })
}

/** What is wrong with an answer, if anything. */
export const leakIn = (
  answer: Answer,
  { position, path = '' }: Pick<Attempt, 'position'> & Partial<Pick<Attempt, 'path'>>,
  other: Tenant,
): string | undefined => {
  if (answer.status >= 500 && answer.status !== 503) return 'a server error'
  const text = JSON.stringify(answer.body)
  const named = other.secrets.find((secret) => text.includes(secret))
  if (named !== undefined) return `the other tenant’s ${named} stands in the answer`
  if (position.startsWith('path') && answer.status < 400) return 'a foreign id was accepted'
  // Operators' routes refuse everybody else before they look for what is named.
  if (position.startsWith('path') && answer.status !== (path.startsWith('/v1/platform/') ? 403 : 404))
    return `${answer.status} is not the answer of a missing thing`
  return undefined
}

/**
 * Routes where a foreign id in the path is not about a tenant, or names one's own thing (`putEntity`: the same id is
 * another thing elsewhere).
 */
const unscoped = new Set(['putApplication', 'putEntity', 'logout', 'endMyOtherSessions', 'refreshToken'])

/** Tries everything; `rounds` repeats it with the roles of the two tenants exchanged. */
export const sweep = async (
  api: Api,
  tenants: [Tenant, Tenant],
  { atLeast }: { atLeast: number },
): Promise<{ tries: number; routes: number; leaks: Leak[] }> => {
  const routes = publicRoutes.filter((route) => !unscoped.has(route.operationId))
  const leaks: Leak[] = []
  let tries = 0
  while (tries < atLeast) {
    for (const [self, other] of [tenants, [tenants[1], tenants[0]] as const]) {
      const attempts = routes.flatMap((route) =>
        attemptsOn(route, self, other).filter(
          (attempt) => attempt.position.startsWith('path') || !isMutating(route) || attempt.position.startsWith('body'),
        ),
      )
      for (let at = 0; at < attempts.length; at += 16) {
        await Promise.all(
          attempts.slice(at, at + 16).map(async (attempt) => {
            const answer = await send(api, self, attempt)
            const why = leakIn(answer, attempt, other)
            if (why)
              leaks.push({ route: attempt.route.operationId, position: attempt.position, status: answer.status, why })
          }),
        )
      }
      tries += attempts.length
    }
  }
  return { tries, routes: routes.length, leaks }
}
