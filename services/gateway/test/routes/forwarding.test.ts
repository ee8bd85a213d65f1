/** What crosses the gateway, both ways, in front of real HTTP servers, with NATS and Redis away. */
import { request as open, type IncomingMessage, type ServerResponse } from 'node:http'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { ready } from '../support/client.ts'
import { inOrganization, mintToken, type Echo } from '../support/fake-platform.ts'

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
  const wrong = await ask('/v1/me', { method: 'PUT', token })
  t.match(
    [wrong.status, wrong.body['code'], wrong.headers.get('allow')],
    [405, 'method_not_allowed', 'DELETE, GET, HEAD, PATCH'],
  )
  t.equal((await ask('/v1/me/%ZZ')).status, 400)
  t.equal(platform.passed.length, 0)
})

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
  'a failure is told under its own request, although another one opened the connection to the service',
  async (t) => {
    const { ask, platform } = await ready(t)
    const token = mintToken()
    const headers = (id: string) => ({ 'x-request-id': id, 'content-type': 'application/json' })
    platform.answer = (echo, response) =>
      echo.method === 'POST'
        ? void response.socket?.destroy()
        : void response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    for (const round of [1, 2, 3]) {
      t.equal((await ask('/v1/me/organizations', { token, headers: headers(`opens-${round}`) })).status, 200)
      const failed = await ask('/v1/organizations', {
        method: 'POST',
        token,
        headers: headers(`fails-${round}`),
        body: '{}',
      })
      t.match(
        [failed.status, failed.body['request_id'], failed.headers.get('x-request-id')],
        [503, `fails-${round}`, `fails-${round}`],
      )
      for (const [id, status] of [
        [`opens-${round}`, 200],
        [`fails-${round}`, 503],
      ] as const)
        await waitUntil(`${id} is logged as its own`, () =>
          platform.lines.some((line) => line['request_id'] === id && line['status'] === status),
        )
    }
  },
)

t.test(
  'a large answer arrives whole, one that is torn is not taken for whole, and one nobody reads is given up',
  async (t) => {
    const { ask, platform, url } = await ready(t)
    const token = mintToken()
    const text = JSON.stringify({ text: 'ä'.repeat(1_000_000) })
    platform.answer = (_echo, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    t.same((await ask('/v1/me', { token })).body, JSON.parse(text))

    platform.answer = (_echo, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(text.slice(0, 500_000), () => response.socket?.destroy())
    }
    await t.rejects(ask('/v1/me', { token }))

    const given = new Promise<void>((resolve) => {
      platform.answer = (_echo, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(text.slice(0, 500_000))
        response.once('close', resolve)
      }
    })
    const leaving = new AbortController()
    const answer = await fetch(`${url}/v1/me`, {
      headers: { authorization: `Bearer ${token}` },
      signal: leaving.signal,
    })
    t.equal(answer.status, 200)
    leaving.abort()
    await given
  },
)

t.test('a body of lines goes on while it arrives, and is sent once', async (t) => {
  const { url, platform, server, ask } = await ready(t)
  const path = '/v1/authz/entities/invoice'
  const headers = { authorization: `Bearer ${mintToken(inOrganization())}`, 'content-type': 'application/x-ndjson' }
  const begin = () => {
    const sending = open(url + path, { method: 'PATCH', headers })
    sending.on('error', () => undefined)
    const answered = new Promise<IncomingMessage>((resolve) => sending.once('response', resolve))
    return { sending, answered }
  }
  const arrived: { text: string; isBroken: boolean }[] = []
  server.prependListener('request', (request: IncomingMessage) => {
    if (request.url !== path) return
    const body = { text: '', isBroken: false }
    arrived.push(body)
    request.on('data', (piece: Buffer) => (body.text += piece.toString()))
    request.on('error', () => (body.isBroken = true))
  })

  const whole = begin()
  whole.sending.write('{"id":"1"}\n')
  await waitUntil('the first line is there', () => arrived[0]?.text === '{"id":"1"}\n')
  whole.sending.end('{"id":"2"}')
  t.equal((await whole.answered).statusCode, 200)
  t.match(platform.passed.at(-1), {
    body: '{"id":"1"}\n{"id":"2"}',
    headers: { 'content-type': headers['content-type'] },
  })

  const left = begin()
  left.sending.write('{"id":"1"}\n')
  await waitUntil('the second body has begun', () => arrived[1]?.text !== undefined && arrived[1].text !== '')
  left.sending.destroy()
  await waitUntil('the service hears that the client has gone', () => arrived[1]?.isBroken === true)

  const refuse = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url !== path) return
    response.writeHead(413, { 'content-type': 'application/problem+json' }).end('{"code":"payload_too_large"}')
  }
  server.prependListener('request', refuse)
  const early = begin()
  early.sending.write('{"id":"1"}\n')
  t.equal((await early.answered).statusCode, 413, 'an answer that comes before the end of the body reaches the client')
  early.sending.end()
  server.off('request', refuse)

  const broken = (request: IncomingMessage): void => void (request.url === path && request.socket.destroy())
  server.prependListener('request', broken)
  const once = arrived.length
  const sent = begin()
  sent.sending.end('{"id":"1"}')
  t.equal((await sent.answered).statusCode, 503)
  t.equal(arrived.length, once + 1, 'what went before is gone, so nothing is sent again')
  server.off('request', broken)
  t.equal((await ask('/v1/me', { token: mintToken(inOrganization()) })).status, 200)
})
