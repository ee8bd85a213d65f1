/**
 * The way ahead of the framework: it answers what the regular path would, and whatever is out of the ordinary goes the
 * regular path with its body.
 */
import { connect, type AddressInfo, type Socket } from 'node:net'
import { defineRoute } from '@gatehouse/contracts/http/contract'
import { quietLog as log } from '@gatehouse/test-kit/log'
import t from 'tap'
import Type from 'typebox'
import { bindRoute } from '../src/serve/bind-route.ts'
import { createServer } from '../src/serve/server.ts'
import {
  accessTokens,
  assertionHeader,
  assertionsOf,
  mintAccessToken,
  orgClaims,
  serviceAccountClaims,
} from '@gatehouse/test-kit/service-keys'
import { sendRaw } from './support/send-raw.ts'

const route = (path: string) =>
  defineRoute({
    operationId: `ask${path.replaceAll('/', '-')}`,
    service: 'orgs',
    method: 'POST',
    path,
    summary: 'Asks.',
    auth: 'organization',
    body: Type.Object({ word: Type.String({ minLength: 1, maxLength: 4000 }), hard: Type.Optional(Type.Boolean()) }),
    success: {
      status: 200,
      body: Type.Object({ word: Type.String(), org: Type.String(), from: Type.String() }),
      description: 'The word.',
    },
  })

const ways: string[] = []
const app = createServer({ service: 'orgs', log, assertions: assertionsOf('orgs'), accessTokens: accessTokens() })
const answer = (word: string, orgId: string, from: string | undefined) => ({
  word,
  org: orgId,
  from: from ?? 'unknown',
})
bindRoute(
  app,
  route('/v1/ask'),
  ({ body, caller, request: { headers } }) => {
    ways.push('whole')
    return answer(body.word, caller.orgId, headers['gatehouse-client-address'] as string | undefined)
  },
  {
    atOnce: ({ body, caller, clientAddress }) => {
      if (body.word === 'fault') throw new TypeError('a mistake in the fast answer')
      if (body.hard === true) return undefined
      ways.push('fast')
      return JSON.stringify(answer(body.word, caller.orgId, clientAddress))
    },
  },
)
bindRoute(app, route('/v1/ask-slowly'), ({ body, caller }) => answer(body.word, caller.orgId, undefined))
await app.listen({ host: '127.0.0.1', port: 0 })
t.teardown(() => app.close())
const { port } = app.server.address() as AddressInfo

const token = mintAccessToken(orgClaims())
const asked = { method: 'POST', path: '/v1/ask' }
type Sent = {
  path?: string
  method?: string
  headers?: Record<string, string | string[] | undefined>
  body?: string | Buffer | readonly Buffer[]
}
type Got = { status: number; headers: Record<string, unknown>; body: string; way: string }

/** As the gateway sends it; a header that is undefined is left out. */
async function ask({
  path = '/v1/ask',
  method = 'POST',
  headers = {},
  body = '{"word":"hello"}',
}: Sent = {}): Promise<Got> {
  const pieces = typeof body === 'string' ? [Buffer.from(body)] : Buffer.isBuffer(body) ? [body] : body
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const all = {
    authorization: assertionHeader('gateway', 'orgs', { method, path }),
    'gatehouse-access-token': token,
    'gatehouse-client-address': '192.0.2.7',
    'x-request-id': 'req-1',
    'content-type': 'application/json',
    'content-length': String(length),
    ...headers,
  }
  ways.length = 0
  const answer = await sendRaw({ port, path, method, headers: all }, async (sending) => {
    for (const piece of pieces) {
      sending.write(piece)
      if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    sending.end()
  })
  return { ...answer, way: ways.join('+') }
}

/** A header nobody reads, which is out of the ordinary. */
const regularPath = { 'idempotency-key': 'k' }

t.test(
  'a token is verified on the regular path first; from then on the same answer comes at once, byte for byte',
  async (t) => {
    t.equal((await ask()).way, 'whole')
    for (const [name, sent] of [
      ['a word', {}],
      ['beyond ASCII', { body: '{"word":"füür 火 \\u0061"}' }],
      ['in pieces', { body: [Buffer.from('{"wor'), Buffer.from('d":"hello"}')] }],
      ['with a charset', { headers: { 'content-type': 'application/json; charset=utf-8' } }],
      ['without an address', { headers: { 'gatehouse-client-address': undefined } }],
      ['long', { body: JSON.stringify({ word: 'w'.repeat(4000) }) }],
    ] as [string, Sent][]) {
      const [fast, whole] = [await ask(sent), await ask({ ...sent, headers: { ...sent.headers, ...regularPath } })]
      t.same([fast.way, whole.way], ['fast', 'whole'], name)
      t.same([fast.status, fast.body], [200, whole.body], name)
      t.same({ ...fast.headers, date: '' }, { ...whole.headers, date: '' }, `${name}: headers`)
    }
  },
)

t.test(
  'what cannot be answered at once goes the regular path with its body, in pieces too; a fault in the fast answer is no fault of the answer',
  async (t) => {
    for (const body of [
      '{"word":"hello","hard":true}',
      '{"word":"fault"}',
      [Buffer.from('{"word":"hel'), Buffer.from('lo","hard":true}')],
    ]) {
      const got = await ask({ body })
      t.same([got.status, got.way], [200, 'whole'])
      t.match(JSON.parse(got.body), { word: /^(hello|fault)$/, from: '192.0.2.7' })
    }
  },
)

t.test('whatever is out of the ordinary gets the answer of the regular path', async (t) => {
  const own = mintAccessToken()
  const other = mintAccessToken(orgClaims())
  const deep = `{"word":${'['.repeat(40)}${']'.repeat(40)}}`
  const cases: [string, Sent, number][] = [
    ['no assertion', { headers: { authorization: undefined } }, 401],
    ['an assertion of another service', { headers: { authorization: assertionHeader('tokens', 'orgs', asked) } }, 401],
    [
      'an assertion for another service',
      { headers: { authorization: assertionHeader('gateway', 'tokens', asked) } },
      401,
    ],
    [
      'an assertion of another path',
      { headers: { authorization: assertionHeader('gateway', 'orgs', { ...asked, path: '/v1/as' }) } },
      401,
    ],
    [
      'an assertion of another method',
      { headers: { authorization: assertionHeader('gateway', 'orgs', { ...asked, method: 'GET' }) } },
      401,
    ],
    ['a token that was never verified', { headers: { 'gatehouse-access-token': other } }, 200],
    ['no token', { headers: { 'gatehouse-access-token': undefined } }, 401],
    ['a broken token', { headers: { 'gatehouse-access-token': `${token}x` } }, 401],
    ['a token without organization', { headers: { 'gatehouse-access-token': own } }, 403],
    ['a token without organization, verified before', { headers: { 'gatehouse-access-token': own } }, 403],
    [
      'an assertion sent twice',
      { headers: { authorization: Array(2).fill(assertionHeader('gateway', 'orgs', asked)) as string[] } },
      400,
    ],
    ['no name for the request', { headers: { 'x-request-id': undefined } }, 200],
    ['a name no header should carry', { headers: { 'x-request-id': 'a\tname' } }, 200],
    ['chunked', { headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } }, 200],
    ['another media type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['encoded', { headers: { 'content-encoding': 'gzip' } }, 200],
    ['no body', { body: '' }, 400],
    ['not JSON', { body: '{"word":' }, 400],
    ['not UTF-8', { body: Buffer.from([0x7b, 0xff, 0x7d]) }, 400],
    ['too deep', { body: deep }, 400],
    ['a forbidden key', { body: '{"word":"w","__proto__":{}}' }, 400],
    ['unstorable text', { body: '{"word":"\\u0000"}' }, 400],
    ['not the contract’s', { body: '{"word":""}' }, 400],
    ['more than the contract’s', { body: '{"word":"w","more":1}' }, 400],
    ['too long', { body: JSON.stringify({ word: 'w'.repeat(70_000) }) }, 413],
    ['a query', { path: '/v1/ask?x=1' }, 400],
    ['another method', { method: 'PUT' }, 405],
    ['a malformed host', { headers: { host: 'a/b' } }, 400],
    ['a member twice', { body: '{"word":"w","word":"v"}' }, 400],
    ['a number no double holds', { body: '{"word":9007199254740993}' }, 400],
    ['a path with more', { path: '/v1/ask/' }, 404],
  ]
  for (const [name, sent, status] of cases) {
    const got = await ask(sent)
    t.equal(got.status, status, name)
    t.not(got.way, 'fast', name)
    t.ok(got.headers['x-request-id'], name)
    if (status >= 400) t.match(JSON.parse(got.body), { status }, name)
  }
})

t.test('a service account is somebody who acts for an organization', async (t) => {
  const headers = { 'gatehouse-access-token': mintAccessToken(serviceAccountClaims()) }
  t.same([(await ask({ headers })).way, (await ask({ headers })).way], ['whole', 'fast'])
})

const raw = (body: object): string => {
  const text = JSON.stringify(body)
  return (
    `POST /v1/ask HTTP/1.1\r\nhost: x\r\nauthorization: ` +
    `${assertionHeader('gateway', 'orgs', asked)}\r\ngatehouse-access-token: ${token}\r\nx-request-id: ` +
    `req-1\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`
  )
}

/** What comes back on a connection until there are `count` answers. */
async function answersOn(socket: Socket, count: number): Promise<string> {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.split('"word"').length > count) break
  }
  return text
}

t.test('requests that wait in line on one connection are answered in order, whichever way each goes', async (t) => {
  const words = ['a', 'b', 'c', 'd', 'e', 'f']
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(words.map((word, index) => raw({ word, hard: index % 2 === 0 })).join(''))
  const text = await answersOn(socket, words.length)
  t.same(
    [...text.matchAll(/"word":"(.)"/g)].map(([, word]) => word),
    words,
  )
})

t.test('only what can be answered at once may be bound so', (t) => {
  const atOnce = () => undefined
  const handler = () => answer('w', 'o', undefined)
  t.throws(
    () => bindRoute(app, { ...route('/v1/open'), auth: 'open' } as never, handler, { atOnce }),
    /cannot be answered at once/,
  )
  t.throws(() => bindRoute(app, route('/v1/organizations/:org/ask'), handler, { atOnce }), /cannot be answered at once/)
  t.end()
})

t.test('a server that closes says so to whoever is still asking', async (t) => {
  const text = raw({ word: 'late' })
  const socket = connect({ host: '127.0.0.1', port })
  socket.write(text.slice(0, 60))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const closing = app.close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.write(text.slice(60))
  t.match(await answersOn(socket, 1), /connection: close/i)
  await closing
})
