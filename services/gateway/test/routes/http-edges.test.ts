/**
 * The rims of HTTP at the edge: whatever is refused carries the headers every answer carries, and every GET route has a
 * HEAD.
 */
import { connect } from 'node:net'
import { isLive } from '@gatehouse/contracts/http/contract'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import t from 'tap'
import { startGateway } from '../support/fake-platform.ts'

const origin = 'https://app.example.com'
const { url } = await startGateway(t, { GATEWAY_CORS_ORIGINS: origin })
const { port } = new URL(url)

/** The head of the first answer to these bytes. */
const headOf = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let received = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (received.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(received.slice(0, received.indexOf('\r\n\r\n')).toLowerCase()))
  })

t.test('a refusal for the form of a request carries CORS, security headers and a name', async (t) => {
  const from = `Origin: ${origin}\r\n`
  const refused: [string, string, number][] = [
    ['a path that cannot be decoded', `GET /v1/%zz HTTP/1.1\r\nHost: a\r\n${from}\r\n`, 400],
    ['two hosts', `GET /v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n${from}\r\n`, 400],
    [
      'two authorizations',
      `GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nAuthorization: a\r\n${from}\r\n`,
      400,
    ],
    ['two spaces before the path', `GET  /v1/me HTTP/1.1\r\nHost: a\r\n${from}\r\n`, 400],
    ['two spaces before the version', `GET /v1/me  HTTP/1.1\r\nHost: a\r\n${from}\r\n`, 400],
    ['an unknown method', `QUERY /v1/me HTTP/1.1\r\nHost: a\r\n${from}\r\n`, 405],
    ['TRACE', `TRACE /v1/me HTTP/1.1\r\nHost: a\r\n${from}\r\n`, 405],
    ['no route', `GET /v1/nothing HTTP/1.1\r\nHost: a\r\n${from}\r\n`, 404],
  ]
  for (const [name, bytes, status] of refused) {
    const head = await headOf(bytes)
    t.match(head, `http/1.1 ${status}`, name)
    for (const header of [
      `access-control-allow-origin: ${origin}`,
      "content-security-policy: default-src 'none'",
      'x-content-type-options: nosniff',
      'cache-control: no-store',
      'x-request-id: req_',
    ])
      t.match(head, header, `${name}: ${header}`)
  }
  const unreadable = await headOf('B@D / HTTP/1.1\r\n\r\n')
  for (const header of ['x-content-type-options: nosniff', 'content-security-policy: ', 'x-request-id: req_'])
    t.match(unreadable, header, `what is no request at all: ${header}`)
})

t.test('a spaced request line is found behind another request, and nowhere else', async (t) => {
  const good = 'GET /v1/nothing HTTP/1.1\r\nHost: a\r\n\r\n'
  const both = await new Promise<string>((resolve) => {
    let received = ''
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(good + good.replace('GET ', 'GET  ')))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if ((received.match(/HTTP\/1\.1 /g)?.length ?? 0) >= 2) socket.destroy()
    })
    socket.on('close', () => resolve(received))
  })
  t.match(both, /HTTP\/1\.1 400/)
  const body = 'GET  /v1/me is a text'
  const inBody =
    `POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ` +
    `${body.length}\r\n\r\n${body}`
  t.notMatch(await headOf(inBody), 'http/1.1 400')
})

t.test('OPTIONS is a preflight or a method no path has', async (t) => {
  const preflight = await fetch(`${url}/v1/me`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PATCH' },
  })
  t.equal(preflight.status, 204)
  t.equal(preflight.headers.get('access-control-allow-origin'), origin)
  const plain = await fetch(`${url}/v1/me`, { method: 'OPTIONS' })
  t.equal(plain.status, 405)
  t.equal(plain.headers.get('allow'), 'DELETE, GET, HEAD, PATCH')
  t.equal(plain.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.equal((await fetch(`${url}/v1/nothing`, { method: 'OPTIONS' })).status, 404)
})

t.test('every GET route has a HEAD with the same status and no body, unless its answer stays open', async (t) => {
  const read = publicRoutes.filter(({ method }) => method === 'GET')
  const [routes, live] = [read.filter((route) => !isLive(route)), read.filter(isLive)]
  for (const { path } of live) t.equal((await fetch(url + path, { method: 'HEAD' })).status, 405, path)
  for (const { path } of routes) {
    const at = url + path.replaceAll(/:[a-z_]+/g, 'x')
    const [get, head] = [await fetch(at), await fetch(at, { method: 'HEAD' })]
    t.equal(head.status, get.status, path)
    t.equal(await head.text(), '', path)
  }
  t.ok(routes.length > 30, `${routes.length} routes`)
})
