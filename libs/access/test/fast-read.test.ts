/**
 * Reads ahead of the framework: the same answer, byte for byte; whatever is out of the ordinary, refused, failing or
 * late gets what the regular path would say.
 */
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineRoute } from '@gatehouse/contracts/http/contract'
import { quietLog as log } from '@gatehouse/test-kit/log'
import {
  accessTokens,
  assertionHeader,
  assertionsOf,
  mintAccessToken,
  orgClaims,
  serviceAccountClaims,
} from '@gatehouse/test-kit/service-keys'
import t from 'tap'
import Type from 'typebox'
import { bindRoute } from '../src/serve/bind-route.ts'
import { createServer } from '../src/serve/server.ts'
import { sendRaw, type RawHeaders } from './support/send-raw.ts'

const route = <const Auth extends 'user' | 'internal'>(path: string, auth: Auth) =>
  defineRoute({
    operationId: `read${path.replaceAll('/', '-')}`,
    service: 'orgs',
    method: 'GET',
    path,
    summary: 'Reads.',
    auth,
    ...(auth === 'internal' && { callers: ['tokens'] as const, query: Type.Object({ after: Type.Integer() }) }),
    success: { status: 200, body: Type.Object({ who: Type.String(), text: Type.String() }), description: 'A text.' },
  })

const ways: string[] = []
let mood: 'well' | 'failing' | 'hanging' | 'throwing' = 'well'
const text = 'f\u00fc\u00fcr \u706b "quoted"'
/** What both ways read: more than the contract tells, in another order. */
async function read(way: string, who: string): Promise<{ who: string; text: string }> {
  ways.push(way)
  if (mood === 'failing' && way === 'ahead') throw new Error('not now')
  return mood === 'hanging' ? new Promise(() => {}) : { ...{ digest: 'of a secret', text }, who }
}
function answerAhead(who: string): Promise<{ who: string; text: string }> {
  if (mood === 'throwing') throw new TypeError('a mistake')
  return read('ahead', who)
}

const app = createServer({
  service: 'orgs',
  log,
  assertions: assertionsOf('orgs'),
  accessTokens: accessTokens(),
  deadlineMs: 400,
})
bindRoute(app, route('/v1/mine', 'user'), ({ caller }) => read('whole', caller.userId), {
  ahead: { answer: ({ userId }) => answerAhead(userId) },
})
bindRoute(app, route('/internal/news', 'internal'), ({ caller }) => read('whole', caller.service), {
  ahead: { query: 'after=7', answer: ({ service }) => answerAhead(service) },
})
await app.listen({ host: '127.0.0.1', port: 0 })
t.teardown(() => app.close())
const { port } = app.server.address() as AddressInfo

const token = mintAccessToken()
type Sent = { path?: string; method?: string; headers?: RawHeaders; body?: string }
type Got = { status: number; headers: Record<string, unknown>; body: string; way: string }

/** As the gateway sends it; a header that is undefined is left out. */
async function ask({ path = '/v1/mine', method = 'GET', headers = {}, body }: Sent = {}): Promise<Got> {
  const all = {
    authorization: assertionHeader('gateway', 'orgs', { method, path: path.split('?')[0] as string }),
    'gatehouse-access-token': token,
    'x-request-id': 'req-1',
    ...headers,
  }
  ways.length = 0
  const answer = await sendRaw({ port, path, method, headers: all }, (sending) => sending.end(body))
  return { ...answer, way: ways.join('+') }
}

/** A header nobody reads, which is out of the ordinary. */
const regularPath = { te: 'trailers' }
const news: Sent = {
  path: '/internal/news?after=7',
  headers: {
    authorization: assertionHeader('tokens', 'orgs', { method: 'GET', path: '/internal/news' }),
    'gatehouse-access-token': undefined,
  },
}

t.test('who was never verified goes the regular path; from then on the same answer comes ahead of it', async (t) => {
  for (const sent of [{}, news]) {
    t.equal((await ask(sent)).way, 'whole')
    const [ahead, whole] = [await ask(sent), await ask({ ...sent, headers: { ...sent.headers, ...regularPath } })]
    t.same([ahead.way, whole.way, ahead.status], ['ahead', 'whole', 200])
    t.equal(ahead.body, whole.body)
    t.same(Object.keys(JSON.parse(ahead.body) as object), ['who', 'text'], 'what the contract lists, and nothing else')
    t.same({ ...ahead.headers, date: '' }, { ...whole.headers, date: '' })
  }
  const inside = { headers: { 'gatehouse-access-token': mintAccessToken(orgClaims()) } }
  t.same([(await ask(inside)).way, (await ask(inside)).way], ['whole', 'ahead'], 'who acts for an organization too')
})

t.test('whatever is out of the ordinary gets the answer of the regular path', async (t) => {
  const get = { method: 'GET', path: '/v1/mine' }
  const account = mintAccessToken(serviceAccountClaims())
  const from = (service: 'gateway' | 'tokens', path = '/v1/mine') => ({
    authorization: assertionHeader(service, 'orgs', { ...get, path }),
  })
  const cases: [string, Sent, number][] = [
    ['no assertion', { headers: { authorization: undefined } }, 401],
    ['an assertion of another service', { headers: from('tokens') }, 401],
    ['the same, known by now', { headers: from('tokens') }, 401],
    ['an assertion of another path', { headers: from('gateway', '/v1/m') }, 401],
    ['no token', { headers: { 'gatehouse-access-token': undefined } }, 401],
    ['a broken token', { headers: { 'gatehouse-access-token': `${token}x` } }, 401],
    ['an account, which is no person', { headers: { 'gatehouse-access-token': account } }, 403],
    ['an account, known by now', { headers: { 'gatehouse-access-token': account } }, 403],
    ['an assertion sent twice', { headers: { authorization: Array(2).fill(from('gateway').authorization) } }, 400],
    ['no name for the request', { headers: { 'x-request-id': undefined } }, 200],
    ['a name no header should carry', { headers: { 'x-request-id': 'a\tname' } }, 200],
    ['a body', { body: 'abc', headers: { 'content-length': '3' } }, 200],
    ['a query', { path: '/v1/mine?x=1' }, 400],
    ['a malformed host', { headers: { host: 'a/b' } }, 400],
    ['another method', { method: 'PUT' }, 405],
    ['a path with more', { path: '/v1/mine/' }, 404],
    ['another query', { ...news, path: '/internal/news?after=8' }, 200],
    ['the query and more', { ...news, path: '/internal/news?after=7&x=1' }, 400],
    [
      'a service that may not ask',
      { ...news, headers: { ...news.headers, ...from('gateway', '/internal/news') } },
      403,
    ],
    [
      'a service with a token of somebody',
      { ...news, headers: { ...news.headers, 'gatehouse-access-token': token } },
      200,
    ],
  ]
  for (const [name, sent, status] of cases) {
    const got = await ask(sent)
    t.equal(got.status, status, name)
    t.not(got.way, 'ahead', name)
    t.ok(got.headers['x-request-id'], name)
    if (status >= 400) t.match(JSON.parse(got.body), { status }, name)
  }
})

t.test('what fails is asked for again on the regular path, which says what it is', async (t) => {
  t.teardown(() => (mood = 'well'))
  mood = 'failing'
  const got = await ask()
  t.same([got.status, got.way, (JSON.parse(got.body) as { text: string }).text], [200, 'ahead+whole', text])
  mood = 'throwing'
  t.same([(await ask()).status, ways.join('+')], [200, 'whole'])
})

t.test('what is late is the same 503 that the regular path gives', async (t) => {
  t.teardown(() => (mood = 'well'))
  mood = 'hanging'
  const [ahead, whole] = [await ask(), await ask({ headers: regularPath })]
  t.same([ahead.way, ahead.status, whole.way], ['ahead', 503, 'whole'])
  t.same(JSON.parse(ahead.body), JSON.parse(whole.body))
  t.same({ ...ahead.headers, date: '' }, { ...whole.headers, date: '' })
})

t.test('a client that leaves takes nothing with it', async (t) => {
  t.teardown(() => (mood = 'well'))
  mood = 'hanging'
  const headers = {
    authorization: assertionHeader('gateway', 'orgs', { method: 'GET', path: '/v1/mine' }),
    'gatehouse-access-token': token,
    'x-request-id': 'req-1',
  }
  const leaving = request({ host: '127.0.0.1', port, path: '/v1/mine', headers, agent: false })
  const left = new Promise((resolve) => leaving.once('close', resolve))
  leaving.once('error', () => {})
  leaving.end()
  ways.length = 0
  while (ways.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  leaving.destroy()
  await left
  mood = 'well'
  t.equal((await ask()).way, 'ahead')
})

t.test('only a read on a fixed path by people or services may be bound so', (t) => {
  const ahead = { answer: () => read('ahead', '') }
  const bind = (change: object): void =>
    bindRoute(app, { ...route('/v1/other', 'user'), ...change }, () => read('whole', ''), { ahead })
  for (const change of [
    { method: 'POST' },
    { path: '/v1/organizations/:org/x' },
    { auth: 'open' },
    { auth: 'organization' },
  ])
    t.throws(() => bind(change), /cannot be answered ahead/)
  t.end()
})
