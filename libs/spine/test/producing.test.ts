// The producing side: positions are contiguous and ordered, changes prove completeness, snapshots are consistent, the
// relay follows.
import t from 'tap'
import { sql } from 'drizzle-orm'
import { appendEvent } from '../src/produce/outbox.ts'
import { newContext, runInContext } from '@gatehouse/service-kit/context/request-context'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { noNats, testNats } from '@gatehouse/test-kit/nats'
import { ThingChanged, ThingIgnored, createSampleProducer } from '@gatehouse/test-kit/sample-producer'
import { waitUntil } from '@gatehouse/test-kit/wait-until'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

t.test('positions are contiguous when sixteen writers commit and four replicas sequence at once', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const replicas = numbers(4).map(() => createSampleProducer(database, { nats: noNats() }))
  await Promise.all(
    numbers(16).map(async (writer) => {
      for (const i of numbers(10)) await replicas[(writer + i) % 4]?.announce([{ n: writer }, { n: writer }])
    }),
  )
  const page = await replicas[0]!.spine.changes({ after: 0, limit: 1000 })
  t.equal(page.head, 320)
  t.same(
    page.events.map((event) => event.position),
    numbers(320, 1),
  )
  t.equal(new Set(page.events.map((event) => event.id)).size, 320)
})

t.test('events of one aggregate are ordered as their transactions committed', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine, system } = createSampleProducer(database, { nats: noNats(), maxConnections: 8 })
  const aggregateId = newId('thing')
  // The row of the aggregate: here the relay cursor's lock stands for it.
  await Promise.all(
    numbers(40).map(() =>
      spine.write(
        {},
        async (tx) => {
          const [row] = rowsOf<{ version: string }>(
            await tx.execute(
              sql`update relay_cursor set published_position = published_position - 1
                returning -published_position as version`,
            ),
          )
          await appendEvent(tx, {
            contract: ThingChanged,
            aggregateType: 'thing',
            aggregateId,
            version: Number(row?.version),
            actor: 'system',
            data: { n: 0 },
          })
        },
        { db: 'system' },
      ),
    ),
  )
  await system.execute(sql`update relay_cursor set published_position = 0`)
  const { events } = await spine.changes({ after: 0 })
  t.same(
    events.map((event) => event.version),
    numbers(40, 1),
  )
})

t.test('changes sequences what was committed without anybody sequencing it', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine } = createSampleProducer(database, { nats: noNats() })
  const runtime = database.connect('tokens', 'runtime')
  await runtime.transaction((tx) =>
    appendEvent(tx, {
      contract: ThingChanged,
      aggregateType: 'thing',
      aggregateId: newId('thing'),
      version: 1,
      actor: 'system',
      data: { n: 7 },
    }),
  )
  const page = await spine.changes({ after: 0 })
  t.equal(page.head, 1)
  t.same(page.events[0]?.data, { n: 7 })
})

t.test('an event carries who, why and from where, and keeps its microseconds', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine } = createSampleProducer(database, { nats: noNats() })
  const ids = { aggregateId: newId('ses'), orgId: newId('org'), userId: newId('user') }
  const context = newContext({ clientAddress: '192.0.2.1', userAgent: 'curl', causationId: 'evt_x' })
  await runInContext(context, () =>
    spine.write({ orgId: ids.orgId }, (tx) =>
      appendEvent(tx, {
        contract: ThingChanged,
        aggregateType: 'session',
        ...ids,
        version: 3,
        actor: `user:${ids.userId}`,
        data: { n: 1 },
      }),
    ),
  )
  const {
    events: [event],
    epoch,
  } = await spine.changes({ after: 0 })
  t.match(event, {
    specversion: '1.0',
    source: '/gatehouse/tokens',
    type: ThingChanged.type,
    subject: ids.aggregateId,
    orgid: ids.orgId,
    userid: ids.userId,
    actor: `user:${ids.userId}`,
    version: 3,
    position: 1,
    epoch,
    requestid: context.requestId,
    correlationid: context.correlationId,
    causationid: 'evt_x',
    clientaddress: '192.0.2.1',
    useragent: 'curl',
    data: { n: 1 },
  })
  t.match(event?.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  t.equal(context.revisions.get('tokens'), 1, 'the write is in the revision of the request')
})

t.test('an event of another organization than the scope is refused by the database', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine } = createSampleProducer(database, { nats: noNats() })
  const append = (scopeOrg: string | undefined, orgId: string) =>
    spine.write(scopeOrg === undefined ? {} : { orgId: scopeOrg }, (tx) =>
      appendEvent(tx, {
        contract: ThingChanged,
        aggregateType: 'thing',
        aggregateId: newId('thing'),
        version: 1,
        orgId,
        actor: 'system',
        data: { n: 1 },
      }),
    )
  await t.rejects(append(newId('org'), newId('org')), { cause: { code: '42501' } })
  await t.rejects(append(undefined, newId('org')), { cause: { code: '42501' } })
  await t.rejects(database.connect('tokens', 'runtime').execute(sql`select count(*) from outbox`), {
    cause: { code: '42501' },
  })
})

t.test('data that do not match the contract never reach the outbox', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine } = createSampleProducer(database, { nats: noNats() })
  await t.rejects(
    spine.write({}, (tx) =>
      appendEvent(tx, {
        contract: ThingChanged,
        aggregateType: 'thing',
        aggregateId: newId('thing'),
        version: 1,
        actor: 'system',
        data: { n: 'x' } as never,
      }),
    ),
    /do not match/,
  )
  t.equal((await spine.changes({ after: 0 })).head, 0)
})

t.test('changes pages, filters by subject and says how far it looked', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine, announce } = createSampleProducer(database, { nats: noNats() })
  await announce(numbers(10).map((n) => ({ n, ignored: n % 2 === 1 })))
  const first = await spine.changes({ after: 0, limit: 4 })
  t.same([first.events.map((event) => event.position), first.scanned_to, first.head], [[1, 2, 3, 4], 4, 10])
  const filtered = await spine.changes({ after: 0, limit: 2, subjects: [ThingIgnored.type] })
  t.same([filtered.events.map((event) => event.position), filtered.scanned_to], [[2, 4], 4])
  const rest = await spine.changes({ after: 4, subjects: ['gatehouse.tokens.thing.>'] })
  t.same([rest.events.length, rest.scanned_to], [6, 10])
  const none = await spine.changes({ after: 0, subjects: ['gatehouse.tokens.session.ended.v1'] })
  t.same([none.events.length, none.scanned_to], [0, 10])
})

t.test('an answer to a reader of another epoch, or ahead of the head, holds no events', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine, announce } = createSampleProducer(database, { nats: noNats() })
  await announce([{ n: 1 }, { n: 2 }])
  const foreign = await spine.changes({ after: 0, epoch: '00000000-0000-4000-8000-000000000000' })
  t.same([foreign.events.length, foreign.head], [0, 2])
  const ahead = await spine.changes({ after: 9, epoch: foreign.epoch })
  t.same([ahead.events.length, ahead.head, ahead.scanned_to], [0, 2, 2])
})

t.test('behind retention changes answers gone, or begins with the oldest that is kept', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const { spine, announce } = createSampleProducer(database, { nats: noNats() })
  await announce(numbers(5).map((n) => ({ n })))
  const owner = database.connect('tokens', 'system')
  await owner.execute(sql`update outbox set position = position + 100`)
  await owner.execute(sql`update spine_head set position = 105`)
  await t.rejects(spine.changes({ after: 50 }), { code: 'gone' })
  const page = await spine.changes({ after: 50, orOldest: true })
  t.same([page.after, page.events.length, page.scanned_to], [100, 5, 105])
})

t.test('a snapshot says a position its records are consistent with, and ends when the reader leaves', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  let release = () => {}
  const { client, announce } = createSampleProducer(database, {
    nats: noNats(),
    snapshots: {
      state: async (emit, tx) => {
        await new Promise<void>((resolve) => (release = resolve))
        for (const row of rowsOf<{ n: number }>(
          await tx.execute(sql`select (payload->>'n')::int as n from outbox order by ordinal`),
        ))
          await emit({ n: row.n })
      },
    },
  })
  await announce([{ n: 1 }, { n: 2 }])
  const snapshot = await client.snapshot('state')
  await announce([{ n: 3 }])
  release()
  const records: object[] = []
  for await (const record of snapshot.records) records.push(record)
  t.same([snapshot.position, records], [2, [{ n: 1 }, { n: 2 }]], 'what was committed after it began is not in it')

  const other = await client.snapshot('state')
  release()
  for await (const record of other.records) {
    t.same(record, { n: 1 })
    break
  }
  await t.rejects(client.snapshot('nothing'), { code: 'not_found' })
})

t.test('the relay publishes in position order under the id of the event, whoever sequenced it', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const nats = await testNats(t)
  const replicas = numbers(2).map(() => createSampleProducer(database, { nats }))
  for (const { spine } of replicas) {
    spine.start()
    t.teardown(spine.stop)
  }
  await Promise.all(
    numbers(50).map((n) => replicas[n % 2]?.announce([{ n }, { n }], n % 10 === 0 ? { announce: 'await' } : {})),
  )
  const { manager } = nats.session()!
  const stream = nats.scoped.stream('GATEHOUSE_TOKENS')
  await waitUntil('all are published', async () => {
    const [row] = rowsOf<{ published_position: string }>(
      await replicas[0]!.system.execute(sql`select published_position from relay_cursor`),
    )
    return row?.published_position === '100'
  })
  const { state } = await manager.streams.info(stream)
  t.equal(state.messages, 100, 'repeats were dropped')
  const positions: number[] = []
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1)
    positions.push((await manager.streams.getMessage(stream, { seq }))!.json<{ position: number }>().position)
  t.same(positions, numbers(100, 1))
})

t.test('an awaited announcement is acknowledged by JetStream before the write returns', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const nats = await testNats(t)
  const { spine, announce } = createSampleProducer(database, { nats })
  spine.start()
  t.teardown(spine.stop)
  await announce([{ n: 0 }], { announce: 'await' })
  for (const n of numbers(20, 1)) {
    await announce([{ n }], { announce: 'await' })
    const { state } = await nats.session()!.manager.streams.info(nats.scoped.stream('GATEHOUSE_TOKENS'))
    t.equal(state.messages, n + 1)
  }
})

t.test('a lost stream is made again and what follows is published', async (t) => {
  const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })
  const nats = await testNats(t)
  const { spine, announce } = createSampleProducer(database, { nats })
  spine.start()
  t.teardown(spine.stop)
  await announce([{ n: 0 }], { announce: 'await' })
  const { manager } = nats.session()!
  await manager.streams.delete(nats.scoped.stream('GATEHOUSE_TOKENS'))
  await announce([{ n: 1 }])
  await waitUntil(
    'the stream is back',
    async () =>
      (await manager.streams.info(nats.scoped.stream('GATEHOUSE_TOKENS')).catch(() => undefined))?.state.messages === 1,
  )
  t.pass('published')
})
