/** The gateway as the outside meets it, in front of real HTTP servers, with NATS and Redis away: what passes, as what, and what never does. */
import { connect } from 'node:net'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { readiness } from '../../src/readiness.ts'
import { inOrganization, mintToken, startGateway, type Echo } from '../support/fake-platform.ts'

type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

const asked =
  (base: string) =>
  async (path: string, init: RequestInit & { token?: string } = {}): Promise<Answer> => {
    const { token, ...rest } = init
    const response = await fetch(base + path, {
      ...rest,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(rest.headers as Record<string, string>) },
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text },
    }
  }

async function ready(t: Parameters<typeof startGateway>[0], env: Record<string, string> = {}) {
  const gateway = await startGateway(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0', ...env })
  gateway.deps.floors.start()
  await waitUntil('the gateway is ready', async () => (await readiness(gateway.deps)).every(({ ok }) => ok))
  return { ...gateway, ask: asked(gateway.url) }
}

t.test(
  'a request reaches its service under the gateway’s name, with person, address and story, and nothing a stranger made up',
  async (t) => {
    const { ask, platform } = await ready(t)
    const token = mintToken(inOrganization())
    const { status, headers } = await ask('/v1/me?x=%20y&z=1', {
      token,
      headers: {
        'x-request-id': 'outside-1',
        'user-agent': 'probe/1',
        'gatehouse-access-token': 'forged',
        'gatehouse-client-address': '6.6.6.6',
        'gatehouse-correlation-id': 'forged',
        'x-forwarded-for': '6.6.6.6',
        cookie: 'a=b',
        'x-other': '1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'if-match': '"1"',
      },
    })
    t.equal(status, 200)
    t.equal(headers.get('x-request-id'), 'outside-1')
    const echo = platform.passed.at(-1) as Echo
    t.match(echo, { service: 'identity', method: 'GET', url: '/v1/me?x=%20y&z=1' })
    t.match(echo.headers, {
      'gatehouse-access-token': token,
      'gatehouse-client-address': '127.0.0.1',
      'gatehouse-user-agent': 'probe/1',
      'gatehouse-correlation-id': 'outside-1',
      'x-request-id': 'outside-1',
      'if-match': '"1"',
    })
    t.match(
      echo.headers['traceparent'],
      /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/,
      'the same trace, another span',
    )
    for (const name of ['cookie', 'x-other', 'x-forwarded-for']) t.notOk(name in echo.headers, `${name} stays outside`)
    t.notMatch(JSON.stringify(echo.headers), /forged|6\.6\.6\.6/)
  },
)

t.test('bodies arrive whole, answers come back with the headers clients need', async (t) => {
  const { ask, platform } = await ready(t)
  platform.answer = (echo, response) =>
    response
      .writeHead(201, {
        'content-type': 'application/json',
        etag: '"7"',
        location: '/v1/x',
        'gatehouse-revision': 'abc',
        'set-cookie': ['a=1', 'b=2'],
        'x-internal': 'no',
        connection: 'close',
        'retry-after': '3',
      })
      .end(JSON.stringify({ body: echo.body, type: echo.headers['content-type'] }))
  const answer = await ask('/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"ä"}',
  })
  t.equal(answer.status, 201)
  t.same(answer.body, { body: '{"email":"ä"}', type: 'application/json' })
  t.match(Object.fromEntries(answer.headers), {
    etag: '"7"',
    location: '/v1/x',
    'gatehouse-revision': 'abc',
    'retry-after': '3',
  })
  t.same(answer.headers.getSetCookie(), ['a=1', 'b=2'])
  t.equal(answer.headers.get('x-internal'), null)

  platform.answer = (_echo, response) => response.writeHead(204).end()
  t.equal((await ask('/v1/auth/logout', { method: 'POST', token: mintToken() })).status, 204)
  const passedBefore = platform.passed.length
  const large = await ask('/v1/auth/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: 'x'.repeat(70_000),
  })
  t.match([large.status, large.body['code']], [413, 'payload_too_large'])
  t.equal(platform.passed.length, passedBefore, 'a body over its limit reaches nobody')
})

t.test(
  'tokens: none, forged, expired, of another organization; every refusal is a problem with a challenge',
  async (t) => {
    const { ask } = await ready(t)
    const own = newId('org')
    const orgToken = mintToken(inOrganization(own))
    const rows: [string, string, string | undefined, number, string | undefined][] = [
      ['nobody', '/v1/me', undefined, 401, 'unauthenticated'],
      ['a person', '/v1/me', mintToken(), 200, undefined],
      ['garbage', '/v1/me', 'a.b.c', 401, 'unauthenticated'],
      ['alg none', '/v1/me', mintToken({}, { alg: 'none' }), 401, 'unauthenticated'],
      ['a foreign kid', '/v1/me', mintToken({}, { kid: 'k9' }), 401, 'unauthenticated'],
      ['expired', '/v1/me', mintToken({ exp: Math.floor(Date.now() / 1000) - 60 }), 401, 'unauthenticated'],
      ['another issuer', '/v1/me', mintToken({ iss: 'https://evil.example' }), 401, 'unauthenticated'],
      ['its own organization', `/v1/organizations/${own}`, orgToken, 200, undefined],
      ['another organization', `/v1/organizations/${newId('org')}`, orgToken, 404, 'not_found'],
      ['no organization in the token', `/v1/organizations/${own}`, mintToken(), 404, 'not_found'],
      ['an organization that is no id', '/v1/organizations/..%2F..%2Fetc', orgToken, 404, 'not_found'],
      ['a bad token on an open route', '/.well-known/authzen-configuration', 'a.b.c', 401, 'unauthenticated'],
    ]
    for (const [name, path, token, status, code] of rows) {
      const answer = await ask(path, token === undefined ? {} : { token })
      t.equal(answer.status, status, name)
      if (code) t.match(answer.body, { code, request_id: String }, name)
      if (status === 401)
        t.equal(
          answer.headers.get('www-authenticate'),
          token === undefined ? 'Bearer realm="gatehouse"' : 'Bearer error="invalid_token"',
          name,
        )
    }
    t.match(
      (
        await ask('/access/v1/evaluation', {
          method: 'POST',
          token: mintToken(),
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
      ).body,
      { status: 403, code: 'organization_required' },
    )
    t.match((await ask('/v1/me', { headers: { authorization: 'Basic YTpi' } })).body, { code: 'unauthenticated' })
  },
)

t.test('only the contracts are reachable: internal routes, other methods and other spellings are not', async (t) => {
  const { ask, platform } = await ready(t)
  const token = mintToken()
  for (const path of [
    '/internal/changes',
    '/internal/sessions',
    '/v1/../internal/changes',
    '/v1/me/',
    '/V1/me',
    '//v1/me',
    '/v1/me/%2e%2e/internal',
    '/metrics',
    '/readyz',
    '/',
  ]) {
    t.equal((await ask(path, { token })).status, 404, path)
  }
  const wrong = await ask('/v1/me', { method: 'DELETE', token })
  t.match([wrong.status, wrong.body['code'], wrong.headers.get('allow')], [405, 'method_not_allowed', 'GET, PATCH'])
  t.equal((await ask('/v1/me/%ZZ')).status, 400)
  t.equal(platform.passed.length, 0)
})

t.test('a void token is refused as soon as the event is known, and stays refused', async (t) => {
  const { ask, platform } = await ready(t)
  const [sid, userId, orgId] = [newId('ses'), newId('user'), newId('org')]
  const mid = newId('mem')
  const bySession = mintToken({ sid })
  const inOrg = mintToken({ sub: userId, ...inOrganization(orgId), mid })
  const without = mintToken({ sub: userId })
  const status = async (token: string): Promise<unknown> => (await ask('/v1/me', { token })).body['code'] ?? 200
  t.same([await status(bySession), await status(inOrg), await status(without)], [200, 200, 200])

  platform.announce('tokens', 'session.ended.v1', { session_id: sid, user_id: userId, reason: 'revoked', min_sv: 2 })
  await waitUntil('the ended session is refused', async () => (await status(bySession)) === 'token_revoked')
  platform.announce('orgs', 'membership.removed.v1', {
    membership_id: mid,
    organization_id: orgId,
    user_id: userId,
    min_mv: 2,
  })
  await waitUntil('the removed member is refused', async () => (await status(inOrg)) === 'token_revoked')
  t.equal(await status(without), 200, 'their token without organization still works')
  platform.announce('tokens', 'signing_key.voided.v1', { kid: 'k1' })
  await waitUntil('every token of a voided key is refused', async () => (await status(without)) === 'token_revoked')
  t.equal(await status(mintToken()), 'token_revoked')
})

t.test('a starting gateway knows what ended before it started, and is not ready before it does', async (t) => {
  const gateway = await startGateway(t)
  const ask = asked(gateway.url)
  const sid = newId('ses')
  gateway.platform.producers['tokens']?.snapshot.push({ kind: 'session', id: sid, ended: true, min_version: 2 })
  const good = mintToken()
  const checks = await readiness(gateway.deps)
  t.same(
    checks.filter(({ ok }) => !ok).map(({ name }) => name),
    ['floors of identity', 'floors of tokens', 'floors of orgs'],
  )
  t.equal(
    (await ask('/v1/me', { token: good })).body['code'],
    'not_current',
    'before the floors are loaded nobody is vouched for',
  )
  gateway.deps.floors.start()
  await waitUntil('the floors are loaded', () => gateway.deps.floors.checks().every(({ ok }) => ok))
  t.equal((await ask('/v1/me', { token: mintToken({ sid }) })).body['code'], 'token_revoked')
  t.equal((await ask('/v1/me', { token: good })).status, 200)
})

t.test(
  'when a producer cannot prove itself for 5 s, its tokens are 503 not_current; open routes and keys go on; it recovers by itself',
  async (t) => {
    const { ask, platform } = await ready(t)
    const [plain, inOrg] = [mintToken(), mintToken(inOrganization())]
    const code = async (token: string): Promise<unknown> => (await ask('/v1/me', { token })).body['code'] ?? 200
    const orgs = platform.producers['orgs'] as { isDown: boolean }
    orgs.isDown = true
    await waitUntil('organizations are not current', async () => (await code(inOrg)) === 'not_current', 15_000)
    t.equal(await code(plain), 200, 'a token without organization does not need them')
    t.ok((await ask('/v1/me', { token: inOrg })).headers.get('retry-after'))

    const tokens = platform.producers['tokens'] as { isDown: boolean }
    tokens.isDown = true
    await waitUntil('nobody is current', async () => (await code(plain)) === 'not_current', 15_000)
    t.equal((await ask('/.well-known/jwks.json')).status, 200, 'the keys stay up')
    t.equal((await ask('/.well-known/authzen-configuration')).status, 200)
    const open = await ask('/.well-known/authzen-configuration', { token: plain })
    t.equal(open.status, 200)
    t.notOk(
      'gatehouse-access-token' in (platform.passed.at(-1) as Echo).headers,
      'nobody is vouched for on an open route',
    )
    orgs.isDown = tokens.isDown = false
    await waitUntil('all is current again', async () => (await code(plain)) === 200 && (await code(inOrg)) === 200)
  },
)

t.test('a service that is gone is 503 upstream_failed, a slow one 503 deadline_exceeded', async (t) => {
  const { ask, platform } = await ready(t, { WORKERS_URL: 'http://127.0.0.1:9' })
  const token = mintToken()
  const gone = await ask('/v1/me/activity', { token })
  t.match([gone.status, gone.body['code']], [503, 'upstream_failed'])
  t.ok(gone.headers.get('retry-after'))
  t.notMatch(JSON.stringify(gone.body), /127\.0\.0\.1|ECONN/)

  let tries = 0
  platform.answer = (_echo, response) =>
    ++tries === 1
      ? void response.socket?.destroy()
      : void response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  t.equal((await ask('/v1/me', { token })).status, 200, 'a read is sent again over a fresh connection')
  tries = 0
  const write = await ask('/v1/organizations', {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  t.match([write.status, write.body['code'], tries], [503, 'upstream_failed', 1], 'a write is not')

  platform.answer = () => undefined
  const startMs = performance.now()
  const late = await ask('/v1/me', { token })
  t.match([late.status, late.body['code']], [503, 'deadline_exceeded'])
  t.ok(performance.now() - startMs < 4500)
})

t.test(
  'budgets: 429 with Retry-After and RateLimit, tighter for credentials, shared over routes, counted alone while Redis is away',
  async (t) => {
    const { ask } = await ready(t, {
      GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '3',
      GATEWAY_RATE_LIMIT_PER_MINUTE: '5',
      TRUSTED_PROXIES: '127.0.0.1',
    })
    const login = (from: string, path = '/v1/auth/login') =>
      ask(path, {
        method: 'POST',
        headers: { 'x-forwarded-for': from, 'content-type': 'application/json' },
        body: '{}',
      })
    for (let n = 0; n < 3; n++)
      t.equal((await login('198.51.100.1', n === 1 ? '/v1/auth/refresh' : '/v1/auth/login')).status, 200)
    const limited = await login('198.51.100.1')
    t.match([limited.status, limited.body['code']], [429, 'rate_limited'])
    const seconds = Number(limited.headers.get('retry-after'))
    t.ok(seconds >= 1 && seconds <= 60)
    t.equal(limited.headers.get('ratelimit-limit'), '3')
    t.equal(limited.headers.get('ratelimit-remaining'), '0')
    t.equal((await login('198.51.100.2')).status, 200, 'another client has its own')
    t.equal(
      (await ask('/v1/me', { token: mintToken(), headers: { 'x-forwarded-for': '198.51.100.1' } })).status,
      200,
      'the general budget is another',
    )
  },
)

t.test(
  'with Redis two gateways share one budget',
  { skip: process.env['REDIS_URL'] ? false : 'REDIS_URL is not set' },
  async (t) => {
    const env = {
      GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '4',
      TRUSTED_PROXIES: '127.0.0.1',
      REDIS_URL: process.env['REDIS_URL'] ?? '',
    }
    const [one, other] = [await ready(t, env), await ready(t, env)]
    const from = `2001:db8:${Math.floor(Math.random() * 65_536).toString(16)}:${Math.floor(Math.random() * 65_536).toString(16)}::1`
    const login = async (gateway: typeof one) =>
      (
        await gateway.ask('/v1/auth/login', {
          method: 'POST',
          headers: { 'x-forwarded-for': from, 'content-type': 'application/json' },
          body: '{}',
        })
      ).status
    t.same(
      [
        await login(one),
        await login(other),
        await login(one),
        await login(other),
        await login(one),
        await login(other),
      ],
      [200, 200, 200, 200, 429, 429],
    )
  },
)

t.test('browsers: security headers always, CORS only for configured origins', async (t) => {
  const { ask } = await ready(t, { GATEWAY_CORS_ORIGINS: 'https://app.example' })
  const { headers } = await ask('/v1/nowhere')
  t.match(Object.fromEntries(headers), {
    'x-content-type-options': 'nosniff',
    'x-frame-options': /SAMEORIGIN|DENY/,
    'content-security-policy': /default-src 'none'/,
    'referrer-policy': 'no-referrer',
  })
  const preflight = (origin: string) =>
    ask('/v1/me', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    })
  t.equal((await preflight('https://app.example')).headers.get('access-control-allow-origin'), 'https://app.example')
  t.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null)
  const answer = await ask('/.well-known/jwks.json', { headers: { origin: 'https://app.example' } })
  t.match(answer.headers.get('access-control-expose-headers'), /gatehouse-revision/)
})

t.test('the reference describes every route, and the page shows it', async (t) => {
  const { ask } = await ready(t)
  const { body } = await ask('/openapi.json')
  t.equal(body['openapi'], '3.1.0')
  const operations = Object.values(
    body['paths'] as Record<string, Record<string, { operationId: string; responses: object }>>,
  ).flatMap((path) => Object.values(path))
  t.same(
    operations.map(({ operationId }) => operationId).sort(),
    publicRoutes.map(({ operationId }) => operationId).sort(),
  )
  t.match((body['paths'] as Record<string, unknown>)['/v1/organizations/{org}/roles/{role}'], {
    get: { security: [{ accessToken: [] }], responses: { 200: {}, 401: {}, 404: {}, 503: {} } },
  })
  const page = await fetch(`${(await ready(t)).url}/docs`)
  t.match(page.headers.get('content-type'), 'text/html')
  const html = await page.text()
  for (const { path } of publicRoutes) t.ok(html.includes(path), path)
})

t.test('hostile bytes at the door are answered without a 5xx', async (t) => {
  const { url, ask } = await ready(t)
  const port = Number(new URL(url).port)
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
      socket.on('data', (chunk) => ((text += chunk.toString('latin1')), socket.end()))
      socket.on('error', () => undefined).on('close', () => resolve(text))
      socket.setTimeout(3000, () => socket.destroy())
    })
  const corpus = [
    'GET /v1/organizations/%ff HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n',
    'POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET http://evil.example/v1/me HTTP/1.1\r\nHost: x\r\n\r\n',
    `GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'a'.repeat(15_000)}\r\n\r\n`,
    `GET /v1/me HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(30_000)}\r\n\r\n`,
    'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    '\x00\x01\x02\r\n\r\n',
  ]
  for (const bytes of corpus) {
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(await raw(bytes))?.[1] ?? 0)
    t.ok(status >= 400 && status < 500, `${JSON.stringify(bytes.slice(0, 50))}: ${status}`)
  }
  t.equal((await ask('/v1/me', { token: mintToken() })).status, 200)
})
