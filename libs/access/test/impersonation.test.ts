/**
 * What an operator who acts as a person may ask for: every public route that takes a person's token, from the list that
 * the gateway proxies. A new route is refused unless it reads.
 */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { isOpenToImpersonation } from '@gatehouse/contracts/http/contract'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import { quietLog } from '@gatehouse/test-kit/log'
import {
  accessTokens,
  assertionHeader,
  assertionsOf,
  mintAccessToken,
  orgClaims,
} from '@gatehouse/test-kit/service-keys'
import { internalHeaders } from '@gatehouse/contracts/common/services'
import t from 'tap'
import { bindRoute } from '../src/serve/bind-route.ts'
import { createServer } from '../src/serve/server.ts'

const org = newId('org')
const server = createServer({
  service: 'tokens',
  log: quietLog,
  assertions: assertionsOf('tokens'),
  accessTokens: accessTokens(),
})
/** Whom each route was reached by, once it was. */
const reachedBy: string[] = []
for (const route of publicRoutes)
  bindRoute(server, { ...route, idempotent: false, service: 'tokens' }, ({ caller }) => {
    reachedBy.push(caller.kind)
    throw problem('unavailable')
  })
t.teardown(() => server.close())

const pathOf = (path: string): string =>
  path.replace(/:(\w+)/g, (_, name: string) => (name === 'org' ? org : newId('user')))

async function ask(route: (typeof publicRoutes)[number], act: object): Promise<{ code: string; caller?: string }> {
  const url = pathOf(route.path)
  reachedBy.length = 0
  const answer = await server.inject({
    method: route.method,
    url,
    headers: {
      authorization: assertionHeader('gateway', 'tokens', { method: route.method, path: url }),
      [internalHeaders.accessToken]: mintAccessToken({ ...orgClaims(org), ...act }),
    },
  })
  const { code } = answer.json<{ code: string }>()
  const [caller] = reachedBy
  return { code, ...(caller !== undefined && { caller }) }
}

t.test('nothing but what reads, and nothing of the platform’s', async (t) => {
  const act = { act: { sub: newId('user') } }
  for (const route of publicRoutes.filter(({ auth }) => auth !== 'open')) {
    const { code } = await ask(route, act)
    const isOpen = isOpenToImpersonation(route)
    t.equal(code === 'impersonation_refused', !isOpen, `${route.method} ${route.path}: ${code}`)
  }
  for (const route of publicRoutes.filter(({ auth, operationId }) => auth === 'open' && operationId !== 'logout')) {
    const { caller } = await ask(route, act)
    t.not(caller, route.method === 'GET' ? 'nobody else' : 'user', `${route.method} ${route.path}: not as the person`)
  }
})

t.test('the list of what is allowed beyond reading, and refused although it reads, is this', (t) => {
  const taken = publicRoutes.filter(({ auth }) => auth !== 'open')
  const names = (routes: typeof publicRoutes) => routes.map(({ operationId }) => operationId).toSorted()
  t.same(names(publicRoutes.filter((route) => route.method !== 'GET' && isOpenToImpersonation(route))), [
    'evaluate',
    'evaluateMany',
    'explain',
    'logout',
    'plan',
    'searchActions',
    'searchResources',
    'searchSubjects',
  ])
  const refused = taken.filter((route) => route.method === 'GET' && !isOpenToImpersonation(route))
  t.same(names(refused.filter(({ path }) => !path.startsWith('/v1/platform/'))), ['exportAuditEvents', 'exportMyData'])
  t.end()
})

t.test('the same person without an operator is served', async (t) => {
  for (const route of publicRoutes.filter(({ operationId }) => ['updateMe', 'exportMyData'].includes(operationId)))
    t.not((await ask(route, {})).code, 'impersonation_refused')
})
