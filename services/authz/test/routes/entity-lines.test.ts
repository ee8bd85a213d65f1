/** Entities as lines (`application/x-ndjson`): ten thousand in a call, all of them or none. */
import { request as open } from 'node:http'
import t from 'tap'
import { EntitiesStored } from '@gatehouse/contracts/events/authz/entity'
import { mostEntityLines } from '@gatehouse/contracts/http/authz/entities'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { listEntities } from '../../src/store/entities.ts'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const probe = await createEventProbe(replica.deps.spine)

type Sent = { by?: Member; type?: string; key?: string }
const headersOf = ({ key }: Sent = {}) => ({
  'content-type': 'application/x-ndjson',
  ...(key !== undefined && { 'idempotency-key': key }),
})

/** Of the last call. */
let statements = 0

/** Over a connection, in the pieces of the network; sent again when the machine was too slow, as a client does. */
async function send(text: string, { type = 'invoice', by = owner, ...o }: Sent = {}): Promise<Answer> {
  for (;;) {
    statements = 0
    const answer = await platform.askAtOnce(replica, {
      method: 'PATCH',
      url: `/v1/authz/entities/${type}`,
      token: platform.tokenOf(by),
      body: text,
      headers: headersOf(o),
    })
    if (answer.status !== 503) return answer
  }
}
const get = (path: string): Promise<Answer> =>
  platform.ask(replica, { method: 'GET', url: `/v1/authz/entities/${path}`, token: platform.tokenOf(owner) })
const linesOf = (count: number, risk: string, prefix = 'l'): string =>
  Array.from({ length: count }, (_, n) => JSON.stringify({ id: `${prefix}-${n}`, attributes: { risk } })).join('\n')
const countOf = (type: string): Promise<number> =>
  inScope(replica.deps.db, { orgId: org.id }, async (tx) => {
    const found = await listEntities(tx, { orgId: org.id, type, limit: 2 * mostEntityLines })
    return found.length
  })

/** Calls `onStatement` before each statement of a write. */
function countStatements(onStatement: () => void | Promise<void>): () => void {
  const { spine } = replica.deps
  const { write } = spine
  const counting = (tx: Tx): Tx =>
    new Proxy(tx, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        const method = value.bind(target) as (...given: unknown[]) => unknown
        if (name === 'execute')
          return async (...given: unknown[]) => {
            await onStatement()
            return method(...given)
          }
        if (name === 'select') void onStatement()
        return method
      },
    })
  Object.assign(spine, { write: ((scope, run, o) => write(scope, (tx) => run(counting(tx)), o)) as typeof write })
  return () => void Object.assign(spine, { write })
}

t.test('200: ten thousand in one call, in counted statements; others are answered meanwhile', async (t) => {
  const other = await platform.withInvoices(replica)
  await platform.evaluate(replica, other.owner, { action: 'read' })
  let answeredMeanwhile: number | undefined
  const stop = countStatements(async () => {
    statements++
    // In the middle of the writing, under the lock of the organization.
    if (statements !== 100) return
    const answer = await platform.evaluate(replica, other.owner, { action: 'read' })
    answeredMeanwhile = answer.status
    t.equal(await countOf('invoice'), 0, 'nobody sees half of it')
  })
  t.match(await send(linesOf(1, 'low', 'first')), { status: 200, body: { stored: 1, unchanged: 0 } })
  const one = statements
  await platform.ask(replica, {
    method: 'DELETE',
    url: '/v1/authz/entities/invoice/first-0',
    token: platform.tokenOf(owner),
  })
  t.match(await send(linesOf(10_000, 'low')), { status: 200, body: { stored: 10_000, unchanged: 0 } })
  t.equal(statements, one + 39 * 3, 'each 250 are looked up, stored and announced')
  t.equal(answeredMeanwhile, 200)
  stop()
  t.equal(await countOf('invoice'), 10_000)
  const told = (await probe.listOf(EntitiesStored)).filter(({ orgid }) => orgid === org.id)
  t.same([told.length, told.flatMap(({ data }) => data.entities).length], [1 + 200, 1 + 10_000])
  t.match(await send(linesOf(10_000, 'low')), { status: 200, body: { stored: 0, unchanged: 10_000 } })
  t.match(await send(linesOf(251, 'high')), { status: 200, body: { stored: 251, unchanged: 0 } })
  t.match(await get('invoice/l-250'), { headers: { etag: '"2"' }, body: { attributes: { risk: 'high' } } })
  t.match(await get('invoice/l-251'), { headers: { etag: '"1"' }, body: { attributes: { risk: 'low' } } })
})

t.test('400: one bad line anywhere and nothing is stored; each is named', async (t) => {
  const good = linesOf(2_000, 'low')
  const bad = [
    '{"id":"x","attributes":{"locked":"no"}}',
    '{"id":"l-7","attributes":{}}',
    '{"id":"y","attributes":{},"roles":["ghost"]}',
  ]
  t.match(await send([good, '', ...bad].join('\n'), { type: 'Other' }), {
    status: 400,
    body: { errors: [{ path: '/lines/2003/id' }, { path: '/lines/2004/roles/0' }] },
  })
  t.match(await send([good, '', ...bad].join('\n')), {
    status: 400,
    body: {
      code: 'validation_failed',
      errors: [
        { path: '/lines/2002/attributes/locked' },
        { path: '/lines/2003/id', message: 'is there already' },
        { path: '/lines/2004/roles/0' },
      ],
    },
  })
  t.match(await send(`${good}\n{"id":"z","attributes":{},"id":"z"}\n{"id":"a","attributes":{"n":9007199254740993}}`), {
    status: 400,
    body: {
      errors: [
        { path: '/lines/2001', message: 'repeats a member (column 27)' },
        { path: '/lines/2002', message: /double cannot hold/ },
      ],
    },
  })
  t.equal((await get('invoice/x')).status, 404)
  t.equal(await countOf('Other'), 0)
  t.match(await get('invoice/l-0'), { body: { attributes: { risk: 'high' } } })
  const many = Array.from({ length: 300 }, (_, n) => JSON.stringify({ id: `w-${n}`, attributes: { colour: 'red' } }))
  const { body } = await send(many.join('\n'))
  t.equal((body['errors'] as unknown[]).length, 50)
})

t.test('413, 403, 404, 415: bounds and rights are those of a call', async (t) => {
  t.match(await send(linesOf(mostEntityLines + 1, 'low')), { status: 413, body: { code: 'payload_too_large' } })
  const long = JSON.stringify({ id: 'long', attributes: { risk: 'x'.repeat(4_000) } })
  t.match(await send(`${long}\n`.repeat(2_200)), { status: 413, body: { code: 'payload_too_large' } })
  t.equal((await send(linesOf(1, 'low'), { by: viewer })).status, 403)
  t.equal((await send(linesOf(1, 'low'), { type: '1' })).status, 404)
  const elsewhere = await platform.askAtOnce(replica, {
    method: 'PUT',
    url: '/v1/authz/entities/invoice/1',
    token: platform.tokenOf(owner),
    body: '{"attributes":{}}',
    headers: headersOf(),
  })
  t.equal(elsewhere.status, 415)
})

t.test('200, 409: under an idempotency key it happens once', async (t) => {
  const lines = linesOf(3, 'low', 'k')
  t.match(await send(lines, { key: 'lines-1' }), { status: 200, body: { stored: 3 } })
  t.match(await send(lines, { key: 'lines-1' }), { status: 200, body: { stored: 3 } }, 'the answer of the first')
  t.match(await send(`${lines}\n`, { key: 'lines-1' }), { body: { code: 'idempotency_key_reused' } })
})

t.test('a client that goes away stores nothing; an organization has two calls at the same time', async (t) => {
  const url = `http://127.0.0.1:${replica.port}/v1/authz/entities/Gone`
  const headers = platform.headersFor({
    method: 'PATCH',
    url: '/v1/authz/entities/Gone',
    token: platform.tokenOf(owner),
  })
  const begin = () => {
    const sending = open(url, { method: 'PATCH', headers: { ...headers, ...headersOf() } })
    sending.on('error', () => undefined)
    sending.on('response', (response) => refused.push(response.statusCode))
    sending.write(`${linesOf(1_000, 'low')}\n`)
    return sending
  }
  const refused: unknown[] = []
  const begun = [begin(), begin(), begin()]
  await waitUntil('the third has found no place', () => refused.length > 0)
  t.same(refused, [429])
  for (const sending of begun) sending.destroy()
  const one = '{"id":"only","attributes":{}}'
  await waitUntil('both have left', async () => (await send(one, { type: 'Tried' })).status === 200)
  const both = await Promise.all([
    send(linesOf(500, 'low'), { type: 'Two' }),
    send(linesOf(500, 'low'), { type: 'Two' }),
  ])
  t.same(both.map(({ status, body }) => [status, body['stored']]).toSorted(), [
    [200, 0],
    [200, 500],
  ])
  t.equal(await countOf('Gone'), 0)
})
