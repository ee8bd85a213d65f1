/** The audit trail misses nothing, repeats nothing, and shows each tenant only what is theirs. */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { SessionStarted } from '@gatehouse/contracts/events/tokens/session'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { sqlState } from '@gatehouse/service-kit/postgres/errors'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { seed } from '@gatehouse/test-kit/fixed-seed'
import { quietLog } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { randomFrom } from '@gatehouse/test-kit/random'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { auditSubscription } from '../../src/events/subscriptions.ts'
import { auditRecordOf } from '../../src/domain/audit-record.ts'
import * as search from '../../src/store/audit-search.ts'
import { audit, record } from '../fixtures/audit.ts'
import { createNeighbour, type Neighbour } from '@gatehouse/test-kit/neighbour'

const listAuditRecords = async (...asked: Parameters<typeof search.listAuditRecords>) =>
  (await search.listAuditRecords(...asked)).records
const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 8)
const runtime = database.connect('workers', 'runtime')

const org = newId('org')
const otherOrg = newId('org')
const user = newId('user')
const started = (producer: Neighbour, userid = user) =>
  producer.announce(SessionStarted, {
    subject: newId('ses'),
    userid,
    actor: `user:${userid}`,
    data: { session_id: newId('ses'), user_id: userid, client_id: 'web', amr: ['pwd'] },
  })
const updated = (producer: Neighbour, orgid: string, more: Partial<EventEnvelope> = {}) => {
  const membership_id = newId('mem')
  const user_id = newId('user')
  const data = {
    membership_id,
    organization_id: orgid,
    user_id,
    status: 'active' as const,
    is_owner: false,
    attributes: {},
    changed: ['attributes'],
  }
  return producer.announce(MembershipUpdated, {
    subject: membership_id,
    orgid,
    userid: user_id,
    actor: `user:${user}`,
    ...more,
    data,
  })
}
const auditConsumer = (producers: Neighbour[]) => {
  const { consumer, subjects, handle } = auditSubscription(audit)
  return createConsumer({
    name: consumer,
    producers,
    subjects,
    system,
    nats: noNats(),
    handle,
    log: quietLog,
    clock: systemClock,
    pollMs: 20,
  })
}
const countRows = async (): Promise<number> =>
  rowsOf<{ n: number }>(await system.execute(sql`select count(*)::int as n from audit_events`))[0]?.n ?? -1

t.test(
  'each event of each producer is recorded once, by three replicas, however often it is delivered and in whatever order',
  async (t) => {
    const tokens = createNeighbour('tokens')
    const orgs = createNeighbour('orgs')
    for (let n = 0; n < 150; n += 1) {
      started(tokens)
      updated(orgs, n % 2 === 0 ? org : otherOrg)
    }
    const replicas = [1, 2, 3].map(() => auditConsumer([tokens, orgs]))
    t.teardown(() => Promise.all(replicas.map((replica) => replica.stop())))
    for (const replica of replicas) replica.start()
    const { handle } = auditSubscription(audit)
    const shuffled = randomFrom(seed).shuffled([...tokens.events, ...orgs.events, ...tokens.events])
    await Promise.all(shuffled.map((event) => inScope(system, {}, (tx) => handle(tx, event))))
    await waitUntil('every event is recorded', async () => (await countRows()) >= 300, 30_000)
    await Promise.all(replicas.map((replica) => replica.catchUpNow()))
    t.equal(await countRows(), 300)
    const ids = rowsOf<{ id: string }>(await system.execute(sql`select id from audit_events`)).map((row) => row.id)
    t.equal(new Set(ids).size, 300)
  },
)

t.test(
  'pages follow each other without a gap or a repetition, even where many things happened in one microsecond',
  async (t) => {
    const orgs = createNeighbour('orgs')
    const crowded = newId('org')
    const time = '2026-11-24T03:00:00.123456Z'
    for (let n = 0; n < 25; n += 1)
      await inScope(system, {}, (tx) => record(tx, auditRecordOf(updated(orgs, crowded, n < 20 ? { time } : {}))))
    const seen: string[] = []
    for (let after: { occurredAt: string; id: string } | undefined; ;) {
      const rows = await inScope(runtime, { orgId: crowded }, (tx) =>
        listAuditRecords(tx, { orgId: crowded, after, limit: 7, order: 'asc' }),
      )
      const page = rows.slice(0, 7)
      seen.push(...page.map((row) => row.id))
      if (rows.length <= 7) break
      after = page.at(-1)
    }
    t.equal(seen.length, 25)
    t.equal(new Set(seen).size, 25)
    const [first] = await inScope(runtime, { orgId: crowded }, (tx) =>
      listAuditRecords(tx, { orgId: crowded, limit: 1, order: 'asc' }),
    )
    t.equal(first?.occurredAt, time, 'all microseconds are kept')
  },
)

t.test('row-level security shows nothing to the wrong tenant, whatever the query asks for', async (t) => {
  const everything = (scope: { orgId?: string; userId?: string }) =>
    inScope(runtime, scope, (tx) => listAuditRecords(tx, { limit: 200, order: 'asc' }))
  t.equal((await everything({})).length, 0)
  t.equal((await everything({ orgId: newId('org') })).length, 0)
  t.equal((await everything({ userId: newId('user') })).length, 0)
  const ours = await everything({ orgId: org })
  t.equal(ours.length, 75)
  t.ok(ours.every((row) => row.orgId === org))
  const mine = await everything({ userId: user })
  t.equal(mine.length, 150)
  t.ok(mine.every((row) => row.userId === user))
  t.equal(
    (
      await inScope(runtime, { orgId: otherOrg }, (tx) =>
        listAuditRecords(tx, { orgId: org, limit: 200, order: 'asc' }),
      )
    ).length,
    0,
  )
})

t.test(
  'nobody changes the trail: the runtime role only reads it, the system role only reads and appends',
  async (t) => {
    const refused = async (db: typeof system, statement: ReturnType<typeof sql>) => {
      const error = await db.execute(statement).then(
        () => undefined,
        (err: unknown) => err,
      )
      return sqlState(error)
    }
    const owner = database.connect('workers', 'owner')
    const [partition] = rowsOf<{ name: string }>(
      await owner.execute(
        sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit_events'::regclass
          limit 1`,
      ),
    )
    for (const db of [runtime, system]) {
      t.equal(await refused(db, sql`update audit_events set action = 'x'`), '42501')
      t.equal(await refused(db, sql`delete from audit_events`), '42501')
      t.equal(await refused(db, sql`truncate audit_events`), '42501')
      t.equal(
        await refused(db, sql.raw(`select 1 from ${partition?.name}`)),
        '42501',
        'not even behind the policies, by a partition’s own name',
      )
    }
    t.equal(
      await refused(runtime, sql`insert into audit_events (id, occurred_at) values (gen_random_uuid(), now())`),
      '42501',
    )
  },
)
