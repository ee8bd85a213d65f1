/**
 * The rims of HTTP (RFC 9110, RFC 9112): each request that no route asks for has its own status, its own problem, and a
 * name.
 */
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { createBareServer } from '../src/http/server.ts'
import { createLogger } from '../src/logging/logger.ts'

const lines: string[] = []
const log = createLogger({ name: 'orgs', level: 'info', destination: { write: (line) => void lines.push(line) } })
const app = createBareServer({ log })
/** Answers `/v1/held` one after another, when the test says so. */
const held: (() => void)[] = []
app.addHook('onRequest', (_request, reply, done) => void done(void reply.header('x-every-answer', 'yes') as never))
app.get('/v1/things', () => ({ things: [] }))
app.post('/v1/things', ({ body }) => ({ body }))
app.delete('/v1/things/:thing', (_request, reply) => reply.code(204).send())
app.get('/v1/held', () => new Promise((resolve) => held.push(() => resolve({ held: true }))))
app.get('/v1/teapot', () => {
  throw Object.assign(new Error('a refusal nobody has a code for'), { name: 'FastifyError', statusCode: 418 })
})
app.get('/v1/driver', () => {
  throw Object.assign(new Error('an error of somebody else'), { statusCode: 404 })
})
const port = async (): Promise<number> => {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}
t.teardown(() => app.close())

type Answer = { status: number; headers: Record<string, string>; body: string }

/** The answers on one connection to these bytes, until it is closed or as many have come as are waited for. */
const exchange = async (bytes: string, { answers = 1 }: { answers?: number } = {}): Promise<Answer[]> => {
  const at = await port()
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(at, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (read(received).length >= answers) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(read(received)))
  })
}

function read(text: string): Answer[] {
  const found: Answer[] = []
  for (let rest = text; ;) {
    const end = rest.indexOf('\r\n\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(rest)?.[1] ?? 0)
    if (end < 0 || status === 0) return found
    const headers = Object.fromEntries(
      rest
        .slice(0, end)
        .split('\r\n')
        .slice(1)
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    ) as Record<string, string>
    const length = Number(headers['content-length'] ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    // Of an answer to HEAD there is no body, however long it would be.
    if (body.length < length && body !== '') return found
    found.push({ status, headers, body })
    rest = rest.slice(end + 4 + body.length)
  }
}

const host = 'Host: id.example.com\r\n'
const json = 'Content-Type: application/json\r\n'
const get = (path: string): string => `GET ${path} HTTP/1.1\r\n${host}\r\n`

t.test('every rim has its status', async (t) => {
  const rims: [string, string, number][] = [
    ['HEAD on a GET route', `HEAD /v1/things HTTP/1.1\r\n${host}\r\n`, 200],
    ['HEAD on no GET route', `HEAD /v1/things/1 HTTP/1.1\r\n${host}\r\n`, 405],
    ['HEAD on no route', `HEAD /v1/nothing HTTP/1.1\r\n${host}\r\n`, 404],
    ...['OPTIONS', 'TRACE', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'LOCK', 'M-SEARCH', 'PURGE'].flatMap(
      (method): [string, string, number][] => [
        [`${method} on a known path`, `${method} /v1/things HTTP/1.1\r\n${host}\r\n`, 405],
        [`${method} with a body`, `${method} /v1/things HTTP/1.1\r\n${host}${json}Content-Length: 2\r\n\r\n{}`, 405],
        [
          `${method} with another body`,
          `${method} /v1/things HTTP/1.1\r\n${host}Content-Type: a/b\r\nContent-Length: 2\r\n\r\n{}`,
          405,
        ],
        [`${method} on no path`, `${method} /v1/nothing HTTP/1.1\r\n${host}\r\n`, 404],
      ],
    ),
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, 404],
    ['CONNECT', `CONNECT id.example.com:443 HTTP/1.1\r\n${host}\r\n`, 405],
    ['no such method', `B@D /v1/things HTTP/1.1\r\n${host}\r\n`, 400],
    ['a method in lower case', `get /v1/things HTTP/1.1\r\n${host}\r\n`, 400],
    ['two hosts', `GET /v1/things HTTP/1.1\r\n${host}Host: evil.example\r\n\r\n`, 400],
    ['the same host twice', `GET /v1/things HTTP/1.1\r\n${host}${host}\r\n`, 400],
    ['no host', 'GET /v1/things HTTP/1.1\r\n\r\n', 400],
    ['no host in HTTP/1.0', 'GET /v1/things HTTP/1.0\r\n\r\n', 200],
    ...['', 'a b', 'a/b', 'user@a', 'a:b', '[::1', 'a:1:2', 'a#b', 'a?b', 'a,b c', '<script>', 'ü'].map(
      (name): [string, string, number] => [
        `the host «${name}»`,
        `GET /v1/things HTTP/1.1\r\nHost: ${name}\r\n\r\n`,
        400,
      ],
    ),
    ...['a', 'a:80', '127.0.0.1:8080', '[::1]:80', 'a_b.c-d', 'xn--bcher-kva.example.'].map(
      (name): [string, string, number] => [
        `the host «${name}»`,
        `GET /v1/things HTTP/1.1\r\nHost: ${name}\r\n\r\n`,
        200,
      ],
    ),
    ...['gzip', 'gzip, chunked', 'identity', 'xyz', 'chunked, chunked'].map((coding): [string, string, number] => [
      `the transfer coding ${coding}`,
      `POST /v1/things HTTP/1.1\r\n${host}${json}Transfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
      501,
    ]),
    [
      'chunked',
      `POST /v1/things HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      200,
    ],
    [
      'Chunked',
      `POST /v1/things HTTP/1.1\r\n${host}${json}Transfer-Encoding: Chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      200,
    ],
    [
      'length, then chunked',
      `POST /v1/things HTTP/1.1\r\n${host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    [
      'chunked, then length',
      `POST /v1/things HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n`,
      400,
    ],
    ['two lengths', `POST /v1/things HTTP/1.1\r\n${host}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ...['HTTP/1.2', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/3.7', 'http/1.1', 'HTTP/1', 'HTTP/1.1 x'].map(
      (version): [string, string, number] => [
        `the version ${version}`,
        `GET /v1/things ${version}\r\n${host}\r\n`,
        400,
      ],
    ),
    ['no version', `GET /v1/things\r\n${host}\r\n`, 400],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a space in the path', `GET /v1/thi ngs HTTP/1.1\r\n${host}\r\n`, 400],
    ['a space before the method', ` GET /v1/things HTTP/1.1\r\n${host}\r\n`, 400],
    ['a space at the end', `GET /v1/things HTTP/1.1 \r\n${host}\r\n`, 400],
    ['a tab in the line', `GET\t/v1/things HTTP/1.1\r\n${host}\r\n`, 400],
    ['bare line feeds', `GET /v1/things HTTP/1.1\n${host}\n`, 400],
    ['a space before a colon', `GET /v1/things HTTP/1.1\r\n${host}X-A : 1\r\n\r\n`, 400],
    ['a folded header', `GET /v1/things HTTP/1.1\r\n${host}X-A: 1\r\n  2\r\n\r\n`, 400],
    ['a control character', `GET /v1/things HTTP/1.1\r\n${host}X-A: a\u0001\r\n\r\n`, 400],
    ['a path that cannot be decoded', `GET /v1/%zz HTTP/1.1\r\n${host}\r\n`, 400],
    ['half a percent', `GET /v1/things/% HTTP/1.1\r\n${host}\r\n`, 400],
    ['no UTF-8 in the path', `DELETE /v1/things/%ff HTTP/1.1\r\n${host}\r\n`, 400],
    ['the same in the query alone', `GET /v1/things?a=%ff&b=% HTTP/1.1\r\n${host}\r\n`, 200],
    ['a long id', `DELETE /v1/things/${'a'.repeat(9_000)} HTTP/1.1\r\n${host}\r\n`, 204],
    ['headers too large', `GET /v1/things HTTP/1.1\r\n${host}X-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['too many headers', `GET /v1/things HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(600)}\r\n`, 431],
    ['more headers than Node keeps', `GET /v1/things HTTP/1.1\r\n${'A: b\r\n'.repeat(2_500)}${host}\r\n`, 431],
    ['many headers', `GET /v1/things HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(400)}\r\n`, 200],
    ['an unknown expectation', `GET /v1/things HTTP/1.1\r\n${host}Expect: tea\r\n\r\n`, 200],
    ['an upgrade', `GET /v1/things HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 200],
    ['a refusal without a code', get('/v1/teapot'), 418],
    ['an error that only looks like one', get('/v1/driver'), 500],
  ]
  lines.length = 0
  for (const [name, bytes, status] of rims) {
    const [answer] = await exchange(bytes)
    t.equal(answer?.status, status, name)
    t.ok(answer?.headers['x-request-id'], `${name}: it has a name`)
    if (status < 400 || bytes.startsWith('HEAD')) continue
    t.match(answer?.headers['content-type'], /^application\/problem\+json/, `${name}: a problem`)
    t.equal(answer?.headers['cache-control'], 'no-store', `${name}: not stored`)
    const document = JSON.parse(answer?.body ?? '{}') as Record<string, unknown>
    t.match(document, { status, request_id: answer?.headers['x-request-id'] }, `${name}: it says the same`)
    t.equal('allow' in (answer?.headers ?? {}), status === 405, `${name}: Allow with 405 alone`)
  }
  t.equal(lines.filter((line) => /"stack"/.test(line)).length, 1, 'only the mistake of ours is logged with a stack')
  t.equal((await exchange(`PUT /v1/things HTTP/1.1\r\n${host}\r\n`))[0]?.headers['allow'], 'GET, HEAD, POST')
  t.equal((await exchange(`GET /v1/things/1 HTTP/1.1\r\n${host}\r\n`))[0]?.headers['allow'], 'DELETE')
})

t.test('what is refused for its form passes the hooks every answer passes', async (t) => {
  for (const bytes of [get('/v1/%zz'), `GET /v1/things HTTP/1.1\r\nHost: a b\r\n\r\n`, get('/v1/nothing')])
    t.equal((await exchange(bytes))[0]?.headers['x-every-answer'], 'yes', bytes.slice(0, 40))
})

t.test('a good request is answered, whatever follows it on the connection', async (t) => {
  const bad = 'B@D / HTTP/1.1\r\n\r\n'
  const statuses = async (bytes: string, expected: number): Promise<number[]> =>
    (await exchange(bytes, { answers: expected })).map(({ status }) => status)
  t.same(await statuses(get('/v1/things') + bad, 2), [200, 400])
  t.same(await statuses(get('/v1/things') + get('/v1/things') + get('/v1/nothing') + bad, 4), [200, 200, 404, 400])
  const slow = statuses(get('/v1/held') + get('/v1/held') + bad, 3)
  while (held.length < 2) await new Promise((resolve) => setImmediate(resolve))
  held.pop()?.()
  await new Promise((resolve) => setImmediate(resolve))
  held.pop()?.()
  t.same(await slow, [200, 200, 400], 'in order, though the second was ready first')
  const brokenBody = `POST /v1/things HTTP/1.1\r\n${host}${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n`
  t.same(await statuses(brokenBody, 1), [400], 'a request whose own body breaks is not waited for')
  t.same(await statuses(get('/v1/things') + brokenBody, 2), [200, 400])
})

t.test('a connection that asked for nothing is closed without a word, one that began is told 408', async (t) => {
  await port()
  const { headersTimeout } = app.server
  app.server.headersTimeout = 50
  t.teardown(() => void (app.server.headersTimeout = headersTimeout))
  t.same(await exchange(''), [], 'nothing was asked')
  const [late] = await exchange('GET /v1/things HTTP/1.1\r\nHos')
  t.equal(late?.status, 408)
  t.match(JSON.parse(late?.body ?? '{}'), { code: 'request_timeout', request_id: late?.headers['x-request-id'] })
})

t.test('the name of a request is echoed as it was written, and is the one that is recorded', async (t) => {
  for (const name of [
    'outside-1',
    '../../etc',
    'a b;c="d"',
    '{"a":1}',
    'x'.repeat(256),
    'x'.repeat(4096),
    'a\tb',
    'one, two',
    '%00',
    'é'.normalize('NFD').slice(0, 1),
  ]) {
    lines.length = 0
    const [answer] = await exchange(`GET /v1/nothing HTTP/1.1\r\n${host}X-Request-Id: ${name}\r\n\r\n`)
    t.equal(answer?.headers['x-request-id'], name)
    t.match(JSON.parse(answer?.body ?? '{}'), { request_id: name })
    t.match(JSON.parse(lines.find((line) => line.includes('request answered')) ?? '{}'), { request_id: name })
  }
  const [answer] = await exchange(`GET /v1/nothing HTTP/1.1\r\n${host}X-Request-Id: caf\u00e9\r\n\r\n`)
  t.equal(answer?.headers['x-request-id'], Buffer.from('caf\u00e9').toString('latin1'), 'byte for byte')
  for (const name of ['', ' ', 'x'.repeat(4097)]) {
    const [answer] = await exchange(`GET /v1/nothing HTTP/1.1\r\n${host}X-Request-Id: ${name}\r\n\r\n`)
    t.match(answer?.headers['x-request-id'], /^req_/, JSON.stringify(name.slice(0, 5)))
    t.match(JSON.parse(answer?.body ?? '{}'), { request_id: answer?.headers['x-request-id'] })
  }
})

t.test('a server that closes does not wait for a connection that was opened and never used', async (t) => {
  const closing = createBareServer({ log })
  closing.get('/v1/things', () => ({ things: [] }))
  await closing.listen({ port: 0, host: '127.0.0.1' })
  // Without them Node itself waits for the first head for ever.
  Object.assign(closing.server, { headersTimeout: 0, requestTimeout: 0 })
  const open = async () => {
    const accepted = once(closing.server, 'connection')
    const socket = connect((closing.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
    await accepted
    return { socket, gone: once(socket.resume(), 'close') }
  }
  const silent = await open()
  const late = await open()
  const answer = once(late.socket, 'data')
  const closed = closing.close()
  // Who says what it wants in the first moments of closing is answered.
  late.socket.write('GET /v1/things HTTP/1.1\r\nHost: x\r\n\r\n')
  t.match(String(await answer), /^HTTP\/1\.1 200/)
  await Promise.all([closed, silent.gone, late.gone])
  t.pass('closed')
})
