/**
 * One statement under a scope in one round trip: it sees its own rows and nobody else's, and leaves the connection as
 * it was.
 */
import { sql } from 'drizzle-orm'
import { connectPostgres, type Db, type Queryable } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { adminUrl, testDatabase } from '@gatehouse/test-kit/database'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import postgres from 'postgres'
import t from 'tap'

const counter = await startStatementCounter(t, adminUrl())
const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })

function open(max = 1): Db {
  const url = counter.through(database.url('tokens', 'system'))
  const connection = connectPostgres({ url, schema: 'tokens', applicationName: 'single reads', max })
  t.teardown(() => connection.close())
  return connection.db
}
const userSeen = async (db: Queryable) =>
  rowsOf<{ user: string; n: number }>(
    await db.execute(sql`select current_setting('app.user_id', true) as user, ${1}::int as n`),
  )[0]?.user

t.test('a single read is one round trip', async (t) => {
  const db = open()
  const userId = newId('user')
  for (let n = 0; n < 3; n += 1) await readInScope(db, { userId }, userSeen)
  const { texts, roundTrips, parses } = await counter.during(async () =>
    t.equal(await readInScope(db, { userId }, userSeen), uuidOf(userId)),
  )
  t.equal(texts.length, 3, texts.join('\n'))
  t.same([texts[0], texts[2]], [`begin read only; set local app.user_id = '${uuidOf(userId)}'`, 'commit'])
  t.same([roundTrips, parses], [1, 0])
})

t.test('many at once on few connections each see their own scope, and no connection keeps one', async (t) => {
  const db = open(3)
  const one = async (n: number) => {
    const userId = newId('user')
    if (n % 3 === 0) await t.rejects(readInScope(db, { userId }, (tx) => tx.execute(sql`select 1 / ${0}::int`)))
    // Beside transactions and statements of the same pool, which are sent behind each other on a busy connection.
    if (n % 4 === 0) t.equal(await inScope(db, { userId }, userSeen), uuidOf(userId))
    t.equal(await readInScope(db, { userId }, userSeen), uuidOf(userId))
    t.notOk(await userSeen(db), 'outside of a read there is no scope')
  }
  for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 12 }, (_, n) => one(n)))
})

t.test('it only reads, and only once', async (t) => {
  const db = open()
  const scope = { userId: newId('user') }
  await t.rejects(
    readInScope(db, scope, (tx) => tx.execute(sql`select nextval('outbox_ordinal_seq'), ${1}::int`)),
    { cause: { code: '25006' } },
  )
  await t.rejects(
    readInScope(db, scope, async (tx) => {
      await userSeen(tx)
      await userSeen(tx)
    }),
  )
  await t.rejects(
    readInScope(db, { userId: 'org_00000000000000000000000000' }, userSeen),
    'an id of another kind is no scope',
  )
  await t.rejects(
    readInScope(db, scope, (tx) => tx.execute(sql`select ${sql.param(undefined)}::int`)),
    'the driver would lose the order of what it has sent',
  )
  t.equal(await readInScope(db, scope, userSeen), uuidOf(scope.userId), 'and the connection is free again')
})

t.test('a table that was changed under it is read as it is now, under the same scope', async (t) => {
  const db = open()
  const owner = database.connect('tokens', 'owner', 1)
  await owner.execute(sql`create table seen (a int)`)
  await owner.execute(sql`insert into seen values (1)`)
  await owner.execute(sql`grant select on seen to tokens_system`)
  const scope = { userId: newId('user') }
  const all = () =>
    readInScope(db, scope, async (tx) =>
      rowsOf(await tx.execute(sql`select *, current_setting('app.user_id') as user from seen where a > ${0}`)),
    )
  for (let n = 0; n < 3; n += 1) await all()
  await owner.execute(sql`alter table seen add column b int default 2`)
  t.same(await all(), [{ a: 1, b: 2, user: uuidOf(scope.userId) }])
})

t.test('a connection that is lost fails the reads on it, and the next ones are served', async (t) => {
  const db = open(2)
  const admin = postgres(adminUrl(), { max: 1 })
  t.teardown(() => admin.end())
  const scope = { userId: newId('user') }
  const served = async (): Promise<unknown> => readInScope(db, scope, userSeen).catch(served)
  const wait = (db: Queryable) => db.execute(sql`select pg_sleep(${20}::int) as losing`)
  // Twice: once a statement whose types are asked first, then one that is sent together with the commit.
  for (let round = 0; round < 3; round += 1) {
    const lost = [1, 2].map(() => readInScope(db, scope, wait))
    const outcomes = Promise.allSettled(lost)
    let ended = 0
    while (ended < 2) {
      const rows = await admin`
        select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like ${'%pg_sleep%as losing'}`
      ended += rows.length
    }
    t.same(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    t.same(await Promise.all([1, 2, 3, 4].map(served)), Array(4).fill(uuidOf(scope.userId)))
  }
  t.notOk(await userSeen(db), 'and no connection keeps a scope')
})

t.test('where nobody answers it fails, and no read waits for ever', async (t) => {
  const { db, close } = connectPostgres({
    url: 'postgres://nobody@127.0.0.1:1/nothing',
    schema: 'tokens',
    applicationName: 'nobody there',
    max: 1,
  })
  t.teardown(close)
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => readInScope(db, {}, userSeen)))
  t.ok(outcomes.every(({ status }) => status === 'rejected'))
})
