// The two questions a producer answers, over the wire: who may ask, what comes back, and that a reader works through
// them.
import t from 'tap'
import { sql } from 'drizzle-orm'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newContext, runInContext } from '@gatehouse/service-kit/context/request-context'
import { createReader } from '../src/follow/reader.ts'
import { bindSpineRoutes } from '../src/produce/routes.ts'
import { createSpineClient } from '../src/follow/spine-client.ts'
import { createServer } from '@gatehouse/access/serve/server'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import { createLogger } from '@gatehouse/service-kit/logging/logger'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { ThingIgnored, createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { accessTokens, assertionsOf, signerOf } from '@gatehouse/test-kit/service-keys'

const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
const { spine, system, announce } = createSampleProducer(database, { nats: noNats() })
let breakAfter = Infinity
const app = createServer({ service: 'tokens', log, assertions: assertionsOf('tokens'), accessTokens: accessTokens() })
bindSpineRoutes(app, {
  spine,
  system,
  callers: ['gateway', 'orgs'],
  snapshots: {
    state: async (emit, tx) => {
      let emitted = 0
      for (const row of rowsOf<{ n: number }>(
        await tx.execute(sql`select (payload->>'n')::int as n from outbox order by ordinal`),
      )) {
        if (emitted++ >= breakAfter) throw new Error('planted')
        await emit({ kind: 'thing', n: row.n, text: 'Zürich\n' })
      }
    },
  },
})
const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 })
const clientOf = (self: 'gateway' | 'workers') => {
  const http = createServiceClient({ self, target: 'tokens', baseUrl, signer: signerOf(self), log })
  t.teardown(http.close)
  return createSpineClient(http)
}
t.teardown(() => app.close())
const client = clientOf('gateway')

t.test('events come over the wire whole, filtered, and page by page', async (t) => {
  await announce([{ n: 1 }, { n: 2, ignored: true }, { n: 3 }])
  const local = await spine.changes({ after: 0 })
  t.same(await client.changes({ after: 0 }), local)
  const filtered = await client.changes({
    after: 0,
    subjects: [ThingIgnored.type, 'gatehouse.tokens.session.>'],
    epoch: local.epoch,
    limit: 10,
  })
  t.same([filtered.events.map((event) => event.position), filtered.scanned_to], [[2], 3])
})

t.test('only the listed services may ask, and nobody without an assertion', async (t) => {
  await t.rejects(clientOf('workers').changes({ after: 0 }), { code: 'forbidden' })
  await t.rejects(clientOf('workers').snapshot('state'), { code: 'forbidden' })
  t.equal((await app.inject('/internal/changes?after=0')).statusCode, 401)
  t.equal((await app.inject('/internal/snapshot?view=state')).statusCode, 401)
})

t.test('a malformed question is 400, an unknown view 404, a place behind retention 410', async (t) => {
  const headersFor = (path: string) => ({
    authorization: `Bearer ${signerOf('orgs').assertionFor('tokens', { method: 'GET', path })}`,
  })
  for (const query of ['', '?after=-1', '?after=x', '?after=1&limit=0', '?after=1&foo=1'])
    t.equal(
      (await app.inject({ url: `/internal/changes${query}`, headers: headersFor('/internal/changes') })).statusCode,
      400,
      query,
    )
  for (const query of ['', '?view=nothing', '?view=constructor', '?view=state&view=state'])
    t.equal(
      (await app.inject({ url: `/internal/snapshot${query}`, headers: headersFor('/internal/snapshot') })).statusCode,
      404,
      query,
    )
  await system.execute(sql`update outbox set position = position + 100`)
  await system.execute(sql`update spine_head set position = 103`)
  await t.rejects(client.changes({ after: 5 }), { code: 'gone' })
  t.equal((await client.changes({ after: 5, orOldest: true })).after, 100)
})

t.test('a snapshot comes record by record, and one that broke off is never taken for whole', async (t) => {
  const snapshot = await client.snapshot('state')
  const records: object[] = []
  for await (const record of snapshot.records) records.push(record)
  t.equal(snapshot.position, 103)
  t.same(records[2], { kind: 'thing', n: 3, text: 'Zürich\n' })
  breakAfter = 2
  await t.rejects(
    async () => {
      for await (const record of (await client.snapshot('state')).records) t.ok(record)
    },
    { code: /upstream_failed|deadline_exceeded/ },
  )
  breakAfter = Infinity
})

t.test('a reader keeps current through them, and a hurried request does not spoil its poll', async (t) => {
  const seen: number[] = []
  const reader = createReader({
    name: 'test',
    producer: 'tokens',
    client,
    nats: noNats(),
    log,
    clock: systemClock,
    pollMs: 3_600_000,
    load: async (records) => {
      for await (const record of records) seen.push((record as { n: number }).n)
    },
    apply: (events) => void seen.push(...events.map((event) => event.data['n'] as number)),
  })
  reader.start()
  t.teardown(reader.stop)
  await waitUntil('it is ready', () => reader.ready())
  await announce([{ n: 4 }])
  await runInContext(newContext({ deadlineMs: systemClock.monotonicMs() - 1 }), () => reader.pollNow())
  t.same(seen, [1, 2, 3, 4])
})

t.test(
  'the questions that neighbours ask all the time are logged at debug, what is refused of them at info',
  async (t) => {
    const lines: { level: string; message: string; route?: string; status?: number; service: string }[] = []
    const noisy = createLogger({
      name: 'tokens',
      level: 'debug',
      destination: { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) },
    })
    const server = createServer({
      service: 'tokens',
      log: noisy,
      assertions: assertionsOf('tokens'),
      accessTokens: accessTokens(),
    })
    bindSpineRoutes(server, { spine, system, callers: ['gateway'], snapshots: {} })
    t.teardown(() => server.close())
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    const http = createServiceClient({
      self: 'gateway',
      target: 'tokens',
      baseUrl: url,
      signer: signerOf('gateway'),
      log,
    })
    t.teardown(http.close)
    for (let i = 0; i < 20; i += 1) await createSpineClient(http).changes({ after: 0, orOldest: true })
    await fetch(`${url}/internal/changes?after=0`)
    await fetch(`${url}/nowhere`)
    const answered = lines.filter(({ message }) => message === 'request answered')
    t.equal(answered.filter(({ level, status }) => level === 'debug' && status === 200).length, 20)
    t.same(
      answered.filter(({ level }) => level === 'info').map(({ status }) => status),
      [401, 404],
    )
    t.ok(lines.every(({ service }) => service === 'tokens'))
  },
)
