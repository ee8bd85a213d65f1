/** The server every service runs: who may call, what may come in, what every failure looks like from outside. */
import type { AddressInfo } from 'node:net'
import { problems, type ProblemCode } from '@gatehouse/contracts/problems/registry'
import t from 'tap'
import { decodeRevision } from '@gatehouse/service-kit/context/revision'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { assertionHeader, mintAccessToken, orgClaims, serviceAccountClaims } from '@gatehouse/test-kit/service-keys'
import { widgetService } from './support/widgets.ts'

const app = widgetService()
t.before(() => app.ready())
t.teardown(() => app.close())

type Asked = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  token?: string
  headers?: Record<string, string>
  body?: unknown
  from?: 'gateway' | 'pages' | 'tokens' | 'workers' | 'nobody'
}

async function ask({ method = 'POST', url, token, headers = {}, body, from = 'gateway' }: Asked) {
  const response = await app.inject({
    method,
    url,
    headers: {
      ...(from === 'nobody' ? {} : { authorization: assertionHeader(from, 'orgs', { method, path: url }) }),
      ...(token === undefined ? {} : { 'gatehouse-access-token': token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === '' ? undefined : (response.json() as Record<string, unknown>),
  }
}

t.test('a contract is served: typed in, serialized out, revision and request id in the headers', async (t) => {
  const answer = await ask({ url: '/v1/widgets', body: { name: 'w' }, headers: { 'x-request-id': 'from-outside-1' } })
  t.equal(answer.status, 201)
  t.same(answer.body, { name: 'w', caller: 'anonymous' }, 'what the contract does not name stays inside')
  t.equal(answer.headers['x-request-id'], 'from-outside-1')
  t.same(decodeRevision(String(answer.headers['gatehouse-revision'])), { orgs: 42 })
})

t.test('callers: nobody, the wrong service, a person without token, another organization', async (t) => {
  const token = mintAccessToken()
  const orgId = newId('org')
  const orgToken = mintAccessToken(orgClaims(orgId))
  const machine = mintAccessToken(serviceAccountClaims(orgId))
  const mine = `/v1/organizations/${orgId}/widgets`
  const theirs = `/v1/organizations/${newId('org')}/widgets`
  const expectations: [string, Asked, number, ProblemCode | undefined][] = [
    ['no assertion', { url: '/v1/widgets', body: { name: 'w' }, from: 'nobody' }, 401, 'unauthenticated'],
    [
      'a service that is not the gateway on a public route',
      { url: '/v1/widgets', body: { name: 'w' }, from: 'tokens' },
      401,
      'unauthenticated',
    ],
    [
      'an access token in place of an assertion',
      { url: '/v1/widgets', body: { name: 'w' }, from: 'nobody', headers: { authorization: `Bearer ${token}` } },
      401,
      'unauthenticated',
    ],
    [
      'an assertion of another path',
      {
        url: '/v1/widgets',
        body: { name: 'w' },
        headers: { authorization: assertionHeader('gateway', 'orgs', { method: 'POST', path: '/v1/send' }) },
      },
      401,
      'unauthenticated',
    ],
    [
      'an assertion of another method',
      {
        url: '/v1/widgets',
        body: { name: 'w' },
        headers: { authorization: assertionHeader('gateway', 'orgs', { method: 'GET', path: '/v1/widgets' }) },
      },
      401,
      'unauthenticated',
    ],
    ['a person on an open route', { url: '/v1/widgets', body: { name: 'w' }, token }, 201, undefined],
    [
      'a useless token on an open route',
      { url: '/v1/widgets', body: { name: 'w' }, token: `${token}x` },
      201,
      undefined,
    ],
    ['no token', { method: 'GET', url: '/v1/widgets' }, 401, 'unauthenticated'],
    ['a person', { method: 'GET', url: '/v1/widgets', token }, 200, undefined],
    ['own organization', { method: 'GET', url: mine, token: orgToken }, 200, undefined],
    ['another organization', { method: 'GET', url: theirs, token: orgToken }, 404, 'not_found'],
    [
      'an organization that cannot exist',
      { method: 'GET', url: '/v1/organizations/1/widgets', token: orgToken },
      404,
      'not_found',
    ],
    ['a token without organization on such a path', { method: 'GET', url: mine, token }, 404, 'not_found'],
    [
      'a token without organization where none is in the path',
      { url: '/v1/evaluate', body: {}, token },
      403,
      'organization_required',
    ],
    [
      'a service account where one asks about oneself',
      { method: 'GET', url: '/v1/widgets', token: machine },
      403,
      'person_required',
    ],
    [
      'a service account where anybody may ask',
      { method: 'GET', url: '/v1/anybodys-widgets', token: machine },
      204,
      undefined,
    ],
    ['a service account in its organization', { method: 'GET', url: mine, token: machine }, 200, undefined],
    ['a service account in another organization', { method: 'GET', url: theirs, token: machine }, 404, 'not_found'],
    [
      'a service account where the organization’s people are asked',
      { method: 'GET', url: `/v1/organizations/${orgId}/peoples-widgets`, token: machine },
      403,
      'person_required',
    ],
    [
      'a service account of another organization there',
      { method: 'GET', url: `/v1/organizations/${newId('org')}/peoples-widgets`, token: machine },
      404,
      'not_found',
    ],
    [
      'a member there',
      { method: 'GET', url: `/v1/organizations/${orgId}/peoples-widgets`, token: orgToken },
      204,
      undefined,
    ],
    [
      'a service account on an open route is nobody',
      { url: '/v1/widgets', body: { name: 'w' }, token: machine },
      201,
      undefined,
    ],
    [
      'a service account without organization',
      { method: 'GET', url: mine, token: mintAccessToken({ ...serviceAccountClaims(), org_id: undefined }) },
      401,
      'unauthenticated',
    ],
    [
      'a service account with a membership',
      { method: 'GET', url: mine, token: mintAccessToken({ ...serviceAccountClaims(orgId), mid: newId('mem') }) },
      401,
      'unauthenticated',
    ],
    [
      'a person with a key for a session',
      { method: 'GET', url: mine, token: mintAccessToken({ ...orgClaims(orgId), sid: newId('apk') }) },
      401,
      'unauthenticated',
    ],
    [
      'a person with a scope',
      { method: 'GET', url: mine, token: mintAccessToken({ ...orgClaims(orgId), scope: 'a:b' }) },
      401,
      'unauthenticated',
    ],
    ['the pages for a person', { method: 'GET', url: mine, token: orgToken, from: 'pages' }, 200, undefined],
    ['the pages for nobody', { method: 'GET', url: mine, from: 'pages' }, 401, 'unauthenticated'],
    ['an internal route, the pages', { url: `/internal/widgets/${orgId}`, from: 'pages' }, 403, 'forbidden'],
    ['an internal route, allowed service', { url: `/internal/widgets/${orgId}`, from: 'tokens' }, 200, undefined],
    ['an internal route, the gateway', { url: `/internal/widgets/${orgId}`, from: 'gateway' }, 403, 'forbidden'],
    ['an internal route, another service', { url: `/internal/widgets/${orgId}`, from: 'workers' }, 403, 'forbidden'],
  ]
  for (const [name, asked, status, code] of expectations) {
    const answer = await ask(asked)
    t.equal(answer.status, status, name)
    if (code) t.equal(answer.body?.['code'], code, name)
  }
  t.same(
    (await ask({ url: `/internal/widgets/${orgId}`, from: 'tokens', token: orgToken })).body?.['service'],
    'tokens',
    'a person’s token travels along',
  )
})

t.test('the missing, the malformed and the foreign id are the same 404', async (t) => {
  const token = mintAccessToken(orgClaims())
  const same = async (url: string) => {
    const { body, status, headers } = await ask({ method: 'GET', url, token })
    return { status, body: { ...body, request_id: '' }, type: headers['content-type'] }
  }
  const missing = await same('/v1/nowhere')
  for (const url of [
    `/v1/organizations/${newId('org')}/widgets`,
    '/v1/organizations/x/widgets',
    '/v1/organizations/%00/widgets',
    `/v1/organizations/${'a'.repeat(300)}/widgets`,
  ]) {
    t.same(await same(url), missing, url.slice(0, 60))
  }
})

t.test('every code is a problem document of its status; 5xx carries no detail', async (t) => {
  for (const [code, { status, title }] of Object.entries(problems)) {
    const answer = await ask({ url: `/v1/fail/${code}` })
    t.equal(answer.status, status, code)
    t.match(answer.headers['content-type'], /^application\/problem\+json/)
    t.match(answer.body, { type: `https://gatehouse.dev/problems/${code}`, title, status, code, request_id: String })
    t.equal(answer.body?.['detail'], status < 500 ? 'public text' : undefined)
    t.notMatch(JSON.stringify(answer.body), /internal text/)
    if (status === 503 || status === 429) t.ok(answer.headers['retry-after'], `${code} says when to come back`)
  }
})

t.test('a dependency that is gone is 503, a bug is 500, neither tells anything', async (t) => {
  const expected: Record<string, ProblemCode> = {
    bug: 'internal_error',
    'not-an-error': 'internal_error',
    'refused-connection': 'unavailable',
    'reset-connection': 'unavailable',
    'statement-timeout': 'unavailable',
    'disk-full': 'unavailable',
    redis: 'unavailable',
    'nul-in-text': 'malformed_request',
  }
  for (const [how, code] of Object.entries(expected)) {
    const answer = await ask({ url: `/v1/fail/${how}`, body: {} })
    t.equal(answer.body?.['code'], code, how)
    t.notMatch(JSON.stringify(answer.body), /secret detail|Failed query|connect/)
  }
})

t.test('an answer that takes too long is 503 deadline_exceeded', async (t) => {
  const slow = widgetService({ deadlineMs: 100 })
  t.teardown(() => slow.close())
  await slow.listen({ port: 0, host: '127.0.0.1' })
  const { port } = slow.server.address() as AddressInfo
  for (const body of [undefined, '{}']) {
    // Over a real socket: a body that has been read must not end the deadline.
    const headers = {
      authorization: assertionHeader('gateway', 'orgs', { method: 'POST', path: '/v1/fail/hang' }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    }
    const response = await fetch(`http://127.0.0.1:${port}/v1/fail/hang`, {
      method: 'POST',
      headers,
      ...(body ? { body } : {}),
    })
    t.equal(response.status, 503)
    t.match(await response.json(), { code: 'deadline_exceeded' })
  }
})

t.test('bodies: closed, never coerced, bounded, storable', async (t) => {
  const widget = (body: unknown, headers = {}) => ask({ url: '/v1/widgets', body, headers })
  const expectations: [string, unknown, number, ProblemCode | undefined][] = [
    ['fine', { name: 'w', parts: [{ id: 'a', size: 1 }], extra: { any: { thing: [1, null] } } }, 201, undefined],
    ['an unknown property', { name: 'w', admin: true }, 400, 'validation_failed'],
    ['an unknown property below', { name: 'w', parts: [{ id: 'a', size: 1, admin: true }] }, 400, 'validation_failed'],
    ['a number as text', { name: 'w', parts: [{ id: 'a', size: '1' }] }, 400, 'validation_failed'],
    ['a number for a text', { name: 1 }, 400, 'validation_failed'],
    ['missing', {}, 400, 'validation_failed'],
    ['null', null, 400, 'validation_failed'],
    ['a list', [], 400, 'validation_failed'],
    ['a text', '"name"', 400, 'validation_failed'],
    ['empty', '', 400, 'validation_failed'],
    ['broken JSON', '{"name":', 400, 'malformed_request'],
    ['two documents', '{"name":"w"}{"name":"w"}', 400, 'malformed_request'],
    ['NaN', '{"name":NaN}', 400, 'malformed_request'],
    ['a byte order mark', '\ufeff{"name":"w"}', 400, 'malformed_request'],
    ['__proto__', '{"name":"w","__proto__":{"admin":true}}', 400, 'malformed_request'],
    ['__proto__ below', '{"name":"w","extra":{"a":[{"__proto__":1}]}}', 400, 'malformed_request'],
    ['__proto__ in escapes', '{"name":"w","extra":{"\\u005f_proto__":1}}', 400, 'malformed_request'],
    ['constructor', '{"name":"w","extra":{"constructor":{"prototype":{}}}}', 400, 'malformed_request'],
    ['a NUL', '{"name":"a\\u0000b"}', 400, 'malformed_request'],
    ['a NUL in a key', '{"name":"w","extra":{"a\\u0000":1}}', 400, 'malformed_request'],
    ['half a surrogate pair', '{"name":"\\ud800"}', 400, 'malformed_request'],
    ['a whole surrogate pair', '{"name":"\\ud83d\\ude00"}', 201, undefined],
    ['the text \\u0000', '{"name":"\\\\u0000"}', 201, undefined],
    [
      'invalid UTF-8',
      Buffer.from([0x7b, 0x22, 0x6e, 0x61, 0x6d, 0x65, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
      400,
      'malformed_request',
    ],
    ['too deep', `{"name":"w","extra":${'{"a":'.repeat(60)}1${'}'.repeat(60)}}`, 400, 'malformed_request'],
    ['too large', { name: 'w', extra: { a: 'x'.repeat(5000) } }, 413, 'payload_too_large'],
    ['an infinite number', '{"name":"w","parts":[{"id":"a","size":1e999}]}', 400, 'malformed_request'],
  ]
  for (const [name, body, status, code] of expectations) {
    const answer = await widget(body)
    t.equal(answer.status, status, name)
    if (code) t.equal(answer.body?.['code'], code, name)
  }
  const both = await widget({ name: '', admin: 1, parts: [{ id: 'a' }] })
  t.same(
    (both.body?.['errors'] as { path: string }[]).map(({ path }) => path).sort(),
    ['/admin', '/name', '/parts/0/size'],
    'every error, by its pointer',
  )
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'nonsense',
    'application/json;charset=utf-16;;',
  ]) {
    const { status } = await widget('{"name":"w"}', { 'content-type': type })
    t.ok(status === 415 || status === 201 || status === 400, `${type}: ${status}`)
  }
  t.equal((await widget('<a/>', { 'content-type': 'application/xml' })).status, 415)
  t.equal((await ask({ url: '/v1/fail/conflict', body: { surprise: 1 } })).status, 400, 'a body where none is expected')
})

t.test('queries: integers are read as such, the unknown, the doubled and the unstorable refused', async (t) => {
  const token = mintAccessToken()
  const list = (query: string) => ask({ method: 'GET', url: `/v1/widgets${query}`, token })
  t.match((await list('?limit=7')).body, { data: [{ limit: 7 }] })
  t.match((await list('')).body, { data: [{ limit: 50 }] }, 'the default of the contract')
  for (const query of [
    '?limit=0',
    '?limit=201',
    '?limit=7.5',
    '?limit=1e2',
    '?limit=',
    '?limit=0x10',
    '?limit=7&limit=8',
    '?unknown=1',
    '?limit=99999999999999999999',
    '?cursor=',
    '?__proto__=1',
  ]) {
    t.equal((await list(query)).status, 400, query)
  }
  for (const query of [
    '?action=%00',
    '?action=a%00b',
    '?%00=1',
    '?action=%ff',
    '?action=%',
    '?action=%zz',
    '?&&&',
    '?=',
  ]) {
    t.ok((await list(query)).status < 500, query)
  }
  t.equal((await list('?action=%00')).status, 400)
})

t.test('log lines name the route and never the path, its ids or its query', async (t) => {
  const lines: string[] = []
  const logged = widgetService({ lines })
  t.teardown(() => logged.close())
  const orgId = newId('org')
  const path = `/v1/organizations/${orgId}/widgets`
  const headers = {
    authorization: assertionHeader('gateway', 'orgs', { method: 'GET', path }),
    'gatehouse-access-token': mintAccessToken(orgClaims(orgId)),
    'x-request-id': 'req-7',
  }
  await logged.inject({ method: 'GET', url: `${path}?token=hunter2`, headers })
  const line = JSON.parse(lines.find((text) => text.includes('request answered')) ?? '{}') as Record<string, unknown>
  t.match(line, { route: '/v1/organizations/:org/widgets', status: 400, request_id: 'req-7' })
  t.notMatch(lines.join(), /hunter2|eyJ/)
})
