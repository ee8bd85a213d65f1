/**
 * Calls between services: proof and context travel along, late and failing neighbours cost little, nothing is sent
 * twice that must not be.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defineRoute } from '@gatehouse/contracts/http/contract'
import t, { type Test } from 'tap'
import Type from 'typebox'
import { Pool } from 'undici'
import { currentContext, newContext, runInContext } from '@gatehouse/service-kit/context/request-context'
import { encodeRevision } from '@gatehouse/service-kit/context/revision'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import type { AppError } from '@gatehouse/service-kit/errors/app-error'
import { principalCaller } from '../src/callers/caller.ts'
import { createServiceClient } from '../src/call/service-client.ts'
import { askForAll } from '../src/call/whole-answer.ts'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { accessTokens, assertionsOf, mintAccessToken, orgClaims, signerOf } from '@gatehouse/test-kit/service-keys'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { verifyAccessToken, verifyAssertion } from '@gatehouse/test-kit/verify-token'
import { InternalWidget, widgetService } from './support/widgets.ts'

const log = createLogger({ name: 'tokens', level: 'silent' })
const base = { service: 'orgs', summary: 'A test route.', auth: 'internal', callers: ['tokens'] } as const
const Read = defineRoute({
  ...base,
  operationId: 'read',
  method: 'GET',
  path: '/internal/thing',
  query: Type.Object({ a: Type.String() }),
  success: { status: 200, body: Type.Object({ n: Type.Integer() }), description: 'It.' },
})
const Write = defineRoute({
  ...base,
  operationId: 'write',
  method: 'POST',
  path: '/internal/thing',
  body: Type.Object({ a: Type.Integer() }),
  success: { status: 204, description: 'Done.' },
})

type Seen = { count: number; last?: IncomingMessage }

async function neighbour(t: Test, answer: (request: IncomingMessage, response: ServerResponse, n: number) => void) {
  const seen: Seen = { count: 0 }
  const server = createHttpServer((request, response) => {
    seen.count++
    seen.last = request
    request.resume()
    answer(request, response, seen.count)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createServiceClient({
    self: 'tokens',
    target: 'orgs',
    baseUrl: `http://127.0.0.1:${port}`,
    signer: signerOf('tokens'),
    log,
  })
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await client.close()
  })
  return { seen, client, server, port }
}

const json = (response: ServerResponse, status: number, body: object, headers = {}): void =>
  void response
    .writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...headers })
    .end(JSON.stringify(body))

t.test('a call proves the caller, carries the person and the story, and brings the revision back', async (t) => {
  const { client, seen } = await neighbour(t, (_request, response) =>
    json(response, 200, { n: 1 }, { 'gatehouse-revision': encodeRevision([['orgs', 9]]) }),
  )
  const token = mintAccessToken(orgClaims())
  const { claims } = await verifyAccessToken(accessTokens(), token)
  const context = newContext({
    requestId: 'req-1',
    correlationId: 'story-1',
    causationId: 'evt_1',
    clientAddress: '192.0.2.7',
    userAgent: 'Mözilla\u0007',
  })
  t.same(
    await runInContext(context, () =>
      client.call(Read, { query: { a: 'x y&z' }, user: principalCaller(claims, token) }),
    ),
    { n: 1 },
  )
  const headers = seen.last?.headers ?? {}
  t.equal(seen.last?.url, '/internal/thing?a=x+y%26z')
  t.equal(
    await verifyAssertion(assertionsOf('orgs'), String(headers.authorization).slice(7), {
      method: 'GET',
      path: '/internal/thing',
    }),
    'tokens',
  )
  t.match(headers, {
    'x-request-id': 'req-1',
    'gatehouse-correlation-id': 'story-1',
    'gatehouse-causation-id': 'evt_1',
    'gatehouse-client-address': '192.0.2.7',
    'gatehouse-user-agent': 'M?zilla?',
    'gatehouse-access-token': token,
  })
  t.equal(String(headers['traceparent']).slice(3, 35), context.traceparent.slice(3, 35), 'the same trace')
  t.equal(context.revisions.get('orgs'), 9)
})

t.test('a challenge to whoever asked goes the regular path back (RFC 9470)', async (t) => {
  const challenge = 'Bearer error="insufficient_user_authentication", max_age="300"'
  const { client } = await neighbour(t, (_request, response) =>
    json(
      response,
      401,
      { code: 'insufficient_user_authentication', detail: 'Sign in again.' },
      { 'www-authenticate': challenge },
    ),
  )
  const token = mintAccessToken(orgClaims())
  const { claims } = await verifyAccessToken(accessTokens(), token)
  await t.rejects(client.call(Read, { query: { a: 'x' }, user: principalCaller(claims, token) }), {
    code: 'insufficient_user_authentication',
    detail: 'Sign in again.',
    challenge,
  })
})

t.test('what is said of a browser goes with the call, and never instead of who calls', async (t) => {
  const { client, seen } = await neighbour(t, (_request, response) =>
    json(response, 200, { n: 1 }, { 'gatehouse-device': 'known' }),
  )
  let device: unknown
  await client.call(Read, {
    query: { a: 'x' },
    headers: { 'gatehouse-browser': 'b', authorization: 'Bearer forged', 'gatehouse-access-token': 'mine' },
    user: { accessToken: 'theirs' },
    onHeaders: (headers) => (device = headers['gatehouse-device']),
  })
  t.match(seen.last?.headers, { 'gatehouse-browser': 'b', 'gatehouse-access-token': 'theirs' })
  t.not(seen.last?.headers.authorization, 'Bearer forged')
  t.equal(device, 'known')
})

t.test('a credential in the body that does not count is told from a call that is not believed', async (t) => {
  const { client } = await neighbour(t, (_request, response) => json(response, 401, { code: 'unauthenticated' }))
  const Exchange = defineRoute({ ...Write, operationId: 'exchange', problems: ['unauthenticated'] })
  await t.rejects(client.call(Exchange, { body: { a: 1 } }), { code: 'unauthenticated' })
  await t.rejects(client.call(Write, { body: { a: 1 } }), { code: 'upstream_failed' })
})

t.test('against the real server, context and caller arrive', async (t) => {
  const app = widgetService()
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const client = createServiceClient({
    self: 'tokens',
    target: 'orgs',
    baseUrl: `http://127.0.0.1:${port}`,
    signer: signerOf('tokens'),
    log,
  })
  t.teardown(() => Promise.all([app.close(), client.close()]))
  t.same(await client.call(InternalWidget, { params: { org: newId('org') } }), { service: 'tokens', user: null })
  await t.rejects(client.call(InternalWidget, { params: { org: 'nonsense' } }), { code: 'not_found' })
  const stranger = createServiceClient({
    self: 'workers',
    target: 'orgs',
    baseUrl: `http://127.0.0.1:${port}`,
    signer: signerOf('workers'),
    log,
  })
  t.teardown(() => stranger.close())
  await t.rejects(stranger.call(InternalWidget, { params: { org: newId('org') } }), { code: 'forbidden' })
  t.equal(currentContext(), undefined)
})

t.test('a known problem arrives as itself, our own mistakes and unknown ones as upstream_failed', async (t) => {
  const answers: [number, object, string][] = [
    [409, { code: 'conflict', detail: 'Taken.' }, 'conflict'],
    [503, { code: 'not_current' }, 'not_current'],
    [500, { code: 'internal_error' }, 'upstream_failed'],
    [401, { code: 'unauthenticated' }, 'upstream_failed'],
    [400, { code: 'malformed_request' }, 'upstream_failed'],
    [418, { code: 'teapot' }, 'upstream_failed'],
  ]
  for (const [status, body, code] of answers) {
    const { client } = await neighbour(t, (_request, response) => json(response, status, body))
    await t.rejects(client.call(Write, { body: { a: 1 } }), { code }, `${status}`)
  }
  const { client } = await neighbour(t, (_request, response) => void response.writeHead(200).end('<html>'))
  await t.rejects(client.call(Read, {}), { code: 'upstream_failed' }, 'an answer that is not JSON')
})

t.test('a read is tried again after a lost connection, a write is not', async (t) => {
  const flaky = (request: IncomingMessage, response: ServerResponse, n: number): void => {
    if (n < 3) request.socket.destroy()
    else json(response, 200, { n })
  }
  const reading = await neighbour(t, flaky)
  t.same(await reading.client.call(Read, {}), { n: 3 })
  const writing = await neighbour(t, flaky)
  await t.rejects(writing.client.call(Write, { body: { a: 1 } }), { code: 'upstream_failed' })
  t.equal(writing.seen.count, 1)
})

t.test('a late neighbour costs the deadline once', async (t) => {
  const { client, seen } = await neighbour(t, () => undefined)
  const startMs = systemClock.monotonicMs()
  await t.rejects(client.call(Read, { timeoutMs: 150 }), { code: 'deadline_exceeded' })
  const tookMs = systemClock.monotonicMs() - startMs
  t.ok(tookMs > 100, `${Math.round(tookMs)} ms`)
  t.equal(seen.count, 1, 'a timeout is not tried again')
  const context = newContext({ deadlineMs: systemClock.monotonicMs() + 100 })
  await t.rejects(
    runInContext(context, () => client.call(Read, {})),
    { code: 'deadline_exceeded' },
    'the request’s own deadline counts',
  )
  const expired = newContext({ deadlineMs: systemClock.monotonicMs() - 1 })
  await t.rejects(
    runInContext(expired, () => client.call(Read, {})),
    { code: 'deadline_exceeded' },
  )
  t.equal(seen.count, 2, 'with no time left nobody is asked')
})

t.test('a neighbour that keeps failing is left alone, then asked again', async (t) => {
  let isBroken = true
  const { client, seen } = await neighbour(t, (request, response, n) =>
    isBroken ? void request.socket.destroy() : json(response, 200, { n }),
  )
  for (let n = 0; n < 20; n++) await t.rejects(client.call(Write, { body: { a: 1 } }), { code: 'upstream_failed' })
  t.equal(seen.count, 8, 'the breaker opened')
  isBroken = false
  const until = systemClock.monotonicMs() + 5000
  let answer: unknown
  while (answer === undefined && systemClock.monotonicMs() < until) {
    answer = await client.call(Read, { timeoutMs: 500 }).catch(() => undefined)
  }
  t.match(answer, { n: Number })
})

t.test('a breaker counts what says that the neighbour is gone, never a wrong answer', async (t) => {
  const wrong: [number, object][] = [
    [500, { code: 'internal_error' }],
    [503, { code: 'not_current' }],
    [503, { code: 'revision_unavailable' }],
    [503, { code: 'upstream_failed' }],
    [503, { code: 'deadline_exceeded' }],
    [404, { code: 'not_found' }],
    [429, { code: 'rate_limited' }],
    [400, { code: 'malformed_request' }],
    [200, 'no JSON' as unknown as object],
  ]
  for (const [status, body] of wrong) {
    const { client, seen } = await neighbour(t, (_request, response) =>
      typeof body === 'string' ? void response.writeHead(200).end('<') : json(response, status, body),
    )
    for (let n = 0; n < 30; n++) await t.rejects(client.call(Write, { body: { a: 1 } }))
    t.equal(seen.count, 30, `${status} ${JSON.stringify(body)}: every call arrives`)
    await t.rejects(client.call(Read, { query: { a: 'x' } }))
    t.equal(seen.count, 31, `${status} ${JSON.stringify(body)}: an answer is not asked for again`)
  }
  const gone: [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
    ['reset', (request) => void request.socket.destroy()],
    ['503 of itself', (_request, response) => json(response, 503, { code: 'unavailable' })],
    ['503 of a proxy', (_request, response) => void response.writeHead(503).end('<html>')],
    ['503 with an unknown code', (_request, response) => json(response, 503, { code: 'overloaded' })],
    [
      'cut off in the answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{')
        setImmediate(() => request.socket.destroy())
      },
    ],
  ]
  for (const [name, answer] of gone) {
    const { client, seen } = await neighbour(t, answer)
    for (let n = 0; n < 20; n++) await t.rejects(client.call(Write, { body: { a: 1 } }))
    t.equal(seen.count, 8, `${name}: the breaker opened`)
  }
  const late = await neighbour(t, () => undefined)
  const codes: unknown[] = []
  for (let n = 0; n < 12; n++)
    await late.client
      .call(Write, { body: { a: 1 }, timeoutMs: 30 })
      .catch((err: unknown) => codes.push((err as AppError).code))
  t.same(codes.slice(0, 8), Array(8).fill('deadline_exceeded'))
  t.ok(codes.slice(8).includes('upstream_failed'), 'late: the breaker opened')
})

t.test('a caller with no time left says nothing against the neighbour', async (t) => {
  let isSilent = true
  const { client } = await neighbour(t, (_request, response) => void (isSilent || json(response, 200, { n: 1 })))
  const hurried = () => newContext({ deadlineMs: systemClock.monotonicMs() + 20 })
  for (let n = 0; n < 12; n++)
    await t.rejects(
      runInContext(hurried(), () => client.call(Write, { body: { a: 1 } })),
      { code: 'deadline_exceeded' },
    )
  isSilent = false
  t.same(await client.call(Read, { query: { a: 'x' } }), { n: 1 }, 'it is asked as before')
})

t.test('a breaker that tries again closes on any answer', async (t) => {
  let answer = (request: IncomingMessage, _response: ServerResponse): void => void request.socket.destroy()
  const { client, seen } = await neighbour(t, (request, response) => answer(request, response))
  for (let n = 0; n < 20; n++) await t.rejects(client.call(Write, { body: { a: 1 } }))
  t.equal(seen.count, 8)
  answer = (_request, response) => json(response, 404, { code: 'not_found' })
  while (seen.count === 8) {
    await t.rejects(client.call(Write, { body: { a: 1 } }))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const before = seen.count
  for (let n = 0; n < 5; n++) await t.rejects(client.call(Write, { body: { a: 1 } }), { code: 'not_found' })
  t.equal(seen.count, before + 5, 'a refusal in the trial does not keep it open')
})

t.test('nobody listening is upstream_failed within moments', async (t) => {
  const { client, server } = await neighbour(t, () => undefined)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await t.rejects(client.call(Write, { body: { a: 1 } }), { code: 'upstream_failed' })
})

t.test('who waited too long for a connection is never sent, and keeps nobody from it', async (t) => {
  const held: ServerResponse[] = []
  const { seen, port } = await neighbour(t, (_request, response, n) => {
    if (n === 1) held.push(response)
    else json(response, 200, { n })
  })
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, pipelining: 1 })
  t.teardown(() => pool.destroy())
  const ask = (timeoutMs: number) =>
    askForAll(pool, { method: 'GET', path: '/' }, { timeoutMs, mostBytes: 100 }).then(({ text }) => text)
  const first = ask(30_000)
  await t.rejects(ask(20), { message: 'no answer within 20 ms' })
  const third = ask(30_000)
  await waitUntil('the first is asked', () => held.length === 1, 30_000)
  held[0]?.end('first')
  t.equal(await first, 'first')
  t.equal(await third, '{"n":2}')
  t.equal(seen.count, 2)
})

t.test('an answer longer than is believed ends with its connection', async (t) => {
  let isClosed = false
  const { port } = await neighbour(t, (_request, response, n) => {
    response.once('close', () => (isClosed = true))
    response.writeHead(200).write('x'.repeat(60))
    if (n === 1) response.write('x'.repeat(60))
    else response.end()
  })
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1 })
  t.teardown(() => pool.destroy())
  const ask = () => askForAll(pool, { method: 'GET', path: '/' }, { timeoutMs: 30_000, mostBytes: 100 })
  await t.rejects(ask(), { message: 'more than 100 bytes' })
  await waitUntil('the server is told', () => isClosed, 30_000)
  t.equal((await ask()).text.length, 60, 'and the next one is asked')
})

t.test('a stream yields its records, and breaks loudly when cut off', async (t) => {
  const { client } = await neighbour(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.write('{"a":1}\n{"a"')
    response.write(':"ü"}\n')
    if (request.url?.includes('cut')) setImmediate(() => request.socket.destroy())
    else response.end('{"end":true}\n')
  })
  const collect = async (path: string): Promise<unknown[]> => {
    const records: unknown[] = []
    for await (const record of client.stream(path)) records.push(record)
    return records
  }
  t.same(await collect('/internal/snapshot'), [{ a: 1 }, { a: 'ü' }, { end: true }])
  await t.rejects(collect('/internal/snapshot?cut=1'), { code: 'upstream_failed' })
})
