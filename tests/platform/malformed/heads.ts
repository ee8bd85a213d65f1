/**
 * What stands above a body: every method on every path, every header in odd forms on every route, and request lines
 * that no client library writes.
 */
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { parametersOf, pathOf } from '../contract-samples.ts'
import type { Tenant } from '../tenant-sweep.ts'
import type { Attempt } from './attempt.ts'
import { actsAtOnce, prefixOf } from './places.ts'

const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'PURGE',
].concat(['LOCK', 'MKCOL', 'COPY', 'REPORT', 'M-SEARCH', 'LINK', 'SEARCH'])

/** Things that do not exist, of the right kind. */
const nowhere = (route: Pick<RouteContract, 'path'>): Record<string, string> =>
  Object.fromEntries(parametersOf(route).map((name) => [name, newId(prefixOf(name))]))

/** Every method on every path, by nobody: what a path has is refused for want of a token, what it has not is 405. */
export function methodsOnPaths(): Attempt[] {
  const paths = [...new Set(publicRoutes.map(({ path }) => path)), '/openapi.json', '/docs', '/v1/nothing', '/', '*']
  return paths.flatMap((path) =>
    methods.map((method) => ({
      route: path,
      position: 'method',
      form: method,
      method,
      path: pathOf({ path }, nowhere({ path })),
      headers: [],
    })),
  )
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Tokens that no route may believe. */
function badTokens(valid: string): Record<string, string> {
  const [head = '', claims = '', signature = ''] = valid.split('.')
  const header = (changed: object): string =>
    base64({ ...(JSON.parse(Buffer.from(head, 'base64url').toString()) as object), ...changed })
  return {
    garbage: 'garbage',
    'three empty parts': '..',
    'of alg none': `${header({ alg: 'none' })}.${claims}.`,
    'of alg HS256': `${header({ alg: 'HS256' })}.${claims}.${'A'.repeat(43)}`,
    'of a foreign kid': `${header({ kid: 'nobody' })}.${claims}.${signature}`,
    'of a kid that is a path': `${header({ kid: '../../../../dev/null' })}.${claims}.${signature}`,
    'of a kid that is SQL': `${header({ kid: "' or 1=1 --" })}.${claims}.${signature}`,
    'with a jku': `${header({ jku: 'http://127.0.0.1:1/jwks' })}.${claims}.${signature}`,
    'with crit': `${header({ crit: ['exp'] })}.${claims}.${signature}`,
    'of another typ': `${header({ typ: 'JWT' })}.${claims}.${signature}`,
    'of zeros': `${head}.${claims}.${'A'.repeat(86)}`,
    'in another spelling': `${head}.${claims}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
    padded: `${head}.${claims}.${signature}==`,
    'cut off': valid.slice(0, -1),
    'very long': `${'a'.repeat(9_000)}.b.c`,
  }
}

const oddValues: Record<string, string> = {
  empty: '',
  spaces: '   ',
  long: 'x'.repeat(4_000),
  'not ASCII': '\u00e9\u00ff',
  quoted: '"\\"',
  'a list': 'a, b;c=d,,',
  'an id that is no UUID': 'org_11111111111111111111111111',
  'a number': '9007199254740993',
  'a template': '${x}{{x}}%00%ff',
}
const oddHeaders = ['accept', 'accept-encoding', 'accept-language', 'authorization', 'content-type', 'cookie', 'expect']
  .concat(['forwarded', 'gatehouse-access-token', 'gatehouse-revision', 'gatehouse-client-address', 'host'])
  .concat(['idempotency-key', 'if-match', 'if-none-match', 'if-modified-since', 'origin', 'range', 'referer', 'te'])
  .concat(['traceparent', 'tracestate', 'baggage', 'upgrade', 'user-agent', 'x-forwarded-for', 'x-forwarded-host'])
  .concat(['x-http-method-override', 'x-request-id', 'gatehouse-registration', 'gatehouse-device'])
  .concat(['gatehouse-remembered-device'])

const mustStandOnce = ['authorization', 'content-type', 'host', 'idempotency-key', 'if-match']

/** Every header in odd forms on every route, about things that do not exist in the caller's own organization. */
export function oddHeadersOn(route: RouteContract, self: Tenant): Attempt[] {
  if (actsAtOnce(route)) return []
  const authorization = route.auth === 'open' ? [] : [['authorization', `Bearer ${self.token}`] as const]
  const sent = [...authorization, ...(route.body ? [['content-type', 'application/json'] as const] : [])]
  const at = (position: string, form: string, headers: Attempt['headers'], isRefused = false): Attempt => ({
    route: route.operationId,
    position,
    form,
    method: route.method,
    path: pathOf(route, { ...nowhere(route), org: self.ids['org'] ?? '' }),
    headers,
    ...(route.body ? { body: Buffer.from('{}') } : {}),
    isRefused,
  })
  const without = (name: string): Attempt['headers'] => sent.filter(([sentName]) => sentName !== name)
  const odd = oddHeaders.flatMap((name) =>
    Object.entries(oddValues).map(([form, value]) => at(`header ${name}`, form, [...without(name), [name, value]])),
  )
  const twice = mustStandOnce
    .filter((name) => name !== 'content-type' || route.body !== undefined)
    .map((name) => at(`header ${name}`, 'twice', [...without(name), [name, 'a'], [name, 'b']], true))
  const tokens = Object.entries(badTokens(self.token)).map(([form, token]) =>
    at('token', form, [...without('authorization'), ['authorization', `Bearer ${token}`]], route.auth !== 'open'),
  )
  const schemes = ['Basic YTpi', 'bearer', 'Bearer', 'Bearer null', 'Digest a="b"', 'DPoP x', `Bearer  `].map((value) =>
    at('scheme', value, [...without('authorization'), ['authorization', value]], route.auth !== 'open'),
  )
  return [
    ...odd,
    ...twice,
    ...tokens,
    ...(route.auth === 'open' ? [] : [at('token', 'none', without('authorization'), true)]),
    ...schemes,
  ]
}

/** Requests as bytes, each with the statuses it may have. */
export function oddLines(host: string): { form: string; bytes: string; allowed: number[] }[] {
  const at = (line: string, head = `Host: ${host}\r\n`): string => `${line}\r\n${head}\r\n`
  const post = (head: string, body = '{}'): string =>
    `POST /v1/auth/login HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${head}\r\n${body}`
  const lines: Record<string, string> = {
    'two spaces before the path': at('GET  /v1/me HTTP/1.1'),
    'two spaces before the version': at('GET /v1/me  HTTP/1.1'),
    'three spaces': at('GET   /v1/me   HTTP/1.1'),
    'a tab': at('GET\t/v1/me HTTP/1.1'),
    'a space in the path': at('GET /v1/m e HTTP/1.1'),
    'a space at the end': at('GET /v1/me HTTP/1.1 '),
    'a space at the beginning': at(' GET /v1/me HTTP/1.1'),
    'no version': at('GET /v1/me'),
    'no path': at('GET HTTP/1.1'),
    'a path without a slash': at('GET v1/me HTTP/1.1'),
    'another version': at('GET /v1/me HTTP/1.7'),
    'version 2': at('GET /v1/me HTTP/2.0'),
    'version 0.9': at('GET /v1/me HTTP/0.9'),
    'a method in lower case': at('get /v1/me HTTP/1.1'),
    'a method nobody knows': at('FROBNICATE /v1/me HTTP/1.1'),
    'a method with a control character': at('GE\u0001T /v1/me HTTP/1.1'),
    'a NUL in the path': at('GET /v1/\u0000me HTTP/1.1'),
    'an escape in the path': at('GET /v1/\u001b[2J HTTP/1.1'),
    'bare line feeds': `GET /v1/me HTTP/1.1\nHost: ${host}\n\n`,
    'no host': at('GET /v1/me HTTP/1.1', ''),
    'two hosts': at('GET /v1/me HTTP/1.1', `Host: ${host}\r\nHost: evil.example\r\n`),
    'a host with a space': at('GET /v1/me HTTP/1.1', 'Host: a b\r\n'),
    'a host with a path': at('GET /v1/me HTTP/1.1', 'Host: a/b\r\n'),
    'a host with a user': at('GET /v1/me HTTP/1.1', `Host: user@${host}\r\n`),
    'an empty host': at('GET /v1/me HTTP/1.1', 'Host:\r\n'),
    'a space before a colon': at('GET /v1/me HTTP/1.1', `Host : ${host}\r\n`),
    'a folded header': at('GET /v1/me HTTP/1.1', `Host: ${host}\r\nX-A: 1\r\n  2\r\n`),
    'a header without a colon': at('GET /v1/me HTTP/1.1', `Host: ${host}\r\nnonsense\r\n`),
    'a header without a name': at('GET /v1/me HTTP/1.1', `Host: ${host}\r\n: x\r\n`),
    'a control character in a header': at('GET /v1/me HTTP/1.1', `Host: ${host}\r\nX-A: \u0001\r\n`),
    'two lengths': post('Content-Length: 2\r\nContent-Length: 3\r\n'),
    'a length list': post('Content-Length: 2, 2\r\n'),
    'a negative length': post('Content-Length: -1\r\n'),
    'a signed length': post('Content-Length: +2\r\n'),
    'a length in hexadecimal': post('Content-Length: 0x2\r\n'),
    'a length no number holds': post('Content-Length: 99999999999999999999\r\n'),
    'a length and chunks': post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n'),
    'chunks and a length': post('Transfer-Encoding: chunked\r\nContent-Length: 2\r\n'),
    'a chunk of no size': post('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'),
    'a chunk of a negative size': post('Transfer-Encoding: chunked\r\n', '-2\r\n{}\r\n0\r\n\r\n'),
    'chunked twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  }
  const codings = ['gzip', 'identity', 'xyz', 'gzip, chunked', 'chunked, gzip', 'chunked chunked', '"chunked"']
  return [
    ...Object.entries(lines).map(([form, bytes]) => ({ form, bytes, allowed: [400, 413, 501] })),
    {
      form: 'a large head',
      bytes: at('GET /v1/me HTTP/1.1', `Host: ${host}\r\nX-A: ${'a'.repeat(20_000)}\r\n`),
      allowed: [431],
    },
    {
      form: 'many headers',
      bytes: at('GET /v1/me HTTP/1.1', `Host: ${host}\r\n${'A: b\r\n'.repeat(3_000)}`),
      allowed: [431],
    },
    { form: 'a long path', bytes: at(`GET /${'a'.repeat(20_000)} HTTP/1.1`), allowed: [414, 431] },
    { form: 'a tunnel', bytes: at(`CONNECT ${host} HTTP/1.1`), allowed: [405] },
    {
      form: 'an absolute path of another host',
      bytes: at('GET http://evil.example/v1/me HTTP/1.1'),
      allowed: [400, 401, 404, 421],
    },
    ...codings.map((coding) => ({
      form: `the coding ${coding}`,
      bytes: post(`Transfer-Encoding: ${coding}\r\n`, '2\r\n{}\r\n0\r\n\r\n'),
      allowed: [400, 501],
    })),
  ]
}
