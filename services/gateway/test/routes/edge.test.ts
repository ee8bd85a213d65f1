/** What browsers, floods and hostile bytes meet first. */
import { deviceHeader } from '@gatehouse/contracts/common/services'
import { createDeviceTokenSigner } from '@gatehouse/access/tokens/device-token'
import type { Jwk } from '@gatehouse/access/tokens/jwks-source'
import { keySettingsOf } from '@gatehouse/test-kit/service-keys'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import t from 'tap'
import { ready } from '../support/client.ts'
import { mintToken } from '../support/fake-platform.ts'

t.test('budgets: a known device has its own, whatever comes from its address; an invented one has none', async (t) => {
  const { ask } = await ready(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '3' })
  const signed = createDeviceTokenSigner(JSON.parse(keySettingsOf('identity').SERVICE_PRIVATE_KEY) as Jwk)
  const device = (account: number, id = 1) =>
    signed({
      id: Buffer.alloc(16, id),
      issuedAtSeconds: 1_800_000_000,
      accountTag: Buffer.alloc(16, account),
      proof: Buffer.alloc(32),
    })
  const login = async (token?: string) =>
    (
      await ask('/v1/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { [deviceHeader]: token }) },
        body: '{}',
      })
    ).status
  const statuses = async (times: number, tokenOf: (n: number) => string | undefined) => {
    const seen: number[] = []
    for (let n = 0; n < times; n++) seen.push(await login(tokenOf(n)))
    return seen
  }
  t.same(await statuses(4, () => undefined), [200, 200, 200, 429])
  t.same(await statuses(2, (n) => `gthd_${String(n).repeat(179)}`), [429, 429], 'invented devices share the address')
  t.same(await statuses(4, (n) => device(1, n)), [200, 200, 200, 429], 'all devices of an account share one budget')
  t.equal(await login(device(2)), 200, 'another account has its own')
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
      t.equal((await login('198.51.100.1', n === 1 ? '/v1/auth/challenge' : '/v1/auth/login')).status, 200)
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
    const from = `2001:db8:${randomBytes(2).toString('hex')}:${randomBytes(2).toString('hex')}::1`
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
