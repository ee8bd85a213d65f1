/** Bytes that are no request: the parser's refusals are problem documents too, and the server goes on. */
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { assertionHeader } from '@gatehouse/test-kit/service-keys'
import t from 'tap'
import { widgetService } from './support/widgets.ts'

t.test('hostile bytes on the wire never become a 5xx and always leave the server serving', async (t) => {
  const app = widgetService()
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const raw = (bytes: string | Buffer): Promise<string> =>
    new Promise((resolve) => {
      const chunks: Buffer[] = []
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      socket.on('data', (chunk) => {
        chunks.push(chunk)
        if (Buffer.concat(chunks).includes('\r\n\r\n')) socket.end()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
      socket.setTimeout(3000, () => socket.destroy())
    })
  const host = 'Host: x\r\n'
  const corpus: Record<string, string | Buffer> = {
    'broken percent-encoding': `GET /v1/organizations/%zz/widgets HTTP/1.1\r\n${host}\r\n`,
    'invalid UTF-8 in the path': `GET /v1/organizations/%ff%fe/widgets HTTP/1.1\r\n${host}\r\n`,
    'NUL in the path': Buffer.from(`GET /v1/\0 HTTP/1.1\r\n${host}\r\n`),
    'encoded slashes and dots': `GET /v1/organizations/..%2f..%2fetc/widgets HTTP/1.1\r\n${host}\r\n`,
    'an unknown method': `PROPFIND /v1/widgets HTTP/1.1\r\n${host}\r\n`,
    'an invalid method': `B@D /v1/widgets HTTP/1.1\r\n${host}\r\n`,
    TRACE: `TRACE /v1/widgets HTTP/1.1\r\n${host}\r\n`,
    'OPTIONS *': `OPTIONS * HTTP/1.1\r\n${host}\r\n`,
    'a wrong method': `DELETE /v1/widgets HTTP/1.1\r\n${host}\r\n`,
    'two authorizations':
      `GET /v1/widgets HTTP/1.1\r\n${host}` + 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n',
    'two lengths': `POST /v1/widgets HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`,
    'length and chunked':
      `POST /v1/widgets HTTP/1.1\r\n${host}` + 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a negative length': `POST /v1/widgets HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`,
    'a broken chunk':
      `POST /v1/widgets HTTP/1.1\r\n${host}Content-Type: application/json\r\n` +
      'Transfer-Encoding: chunked\r\n\r\nzz\r\n',
    'no host': 'GET /v1/widgets HTTP/1.1\r\n\r\n',
    'huge headers': `GET /v1/widgets HTTP/1.1\r\n${host}X-Big: ${'a'.repeat(20_000)}\r\n\r\n`,
    'a huge path': `GET /${'a'.repeat(10_000)} HTTP/1.1\r\n${host}\r\n`,
    'not HTTP at all': Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01]),
    'an absolute URL': `GET http://evil.example/v1/widgets HTTP/1.1\r\n${host}\r\n`,
    'a strange request id':
      `GET /v1/widgets HTTP/1.1\r\n${host}` + 'X-Request-Id: ../../etc\r\nTraceparent: nonsense\r\n\r\n',
  }
  for (const [name, bytes] of Object.entries(corpus)) {
    const answer = await raw(bytes)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
    t.ok(status >= 400 && status < 500, `${name}: ${status}`)
    if (status !== 417 && answer.includes('{'))
      t.match(answer, /application\/problem\+json/, `${name} is a problem document`)
  }
  t.match(await raw(`GET /v1/widgets HTTP/1.1\r\n${host}X-Big: ${'a'.repeat(20_000)}\r\n\r\n`), /headers_too_large/)
  const url = '/v1/widgets'
  const authorization = assertionHeader('gateway', 'orgs', { method: 'POST', path: url })
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await app.inject({ method: 'POST', url, headers, payload: '{"name":"still here"}' })
  t.equal(answer.statusCode, 201)
})
