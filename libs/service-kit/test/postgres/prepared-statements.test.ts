/**
 * Statements by name, and a scope that travels with the first statement: fewer round trips, and never another's rows.
 */
import { sql } from 'drizzle-orm'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { readInScope } from '@gatehouse/service-kit/postgres/single-read'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { adminUrl, testDatabase } from '@gatehouse/test-kit/database'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import postgres from 'postgres'
import t from 'tap'

const counter = await startStatementCounter(t, adminUrl())
const database = await testDatabase(t, { services: ['tokens'], spineOnly: true })

function open(o: { max?: number; prepare?: boolean } = {}) {
  const url = counter.through(database.url('tokens', 'system'))
  const connection = connectPostgres({ url, schema: 'tokens', applicationName: 'statements', max: 1, ...o })
  t.teardown(() => connection.close())
  return connection
}
const ask = (n: number) => sql`select ${n}::int as n`

t.test('a statement that is asked again is parsed once for each connection', async (t) => {
  const { db } = open()
  await db.execute(ask(1))
  await db.transaction((tx) => tx.execute(ask(2)))
  const { statements, parses, roundTrips } = await counter.during(async () => {
    for (let n = 0; n < 5; n += 1) t.same(rowsOf(await db.execute(ask(n))), [{ n }])
    await db.transaction(async (tx) => {
      t.same(rowsOf(await tx.execute(ask(7))), [{ n: 7 }])
      await tx.transaction(async (inner) => t.same(rowsOf(await inner.execute(ask(8))), [{ n: 8 }]))
    })
  })
  t.equal(statements, 5 + 2 + 2 + 1, 'savepoint, begin and commit are statements too')
  t.equal(parses, 1, 'the savepoint, whose name is its own')
  t.equal(roundTrips, statements)
})

t.test('nothing is named where a pooler cannot keep names', async (t) => {
  const { db } = open({ prepare: false })
  await db.execute(ask(1))
  await db.execute(ask(2))
  const { parses } = await counter.during(() => db.execute(ask(3)))
  t.equal(parses, 1)
  const built = db.select({ n: sql<number>`${sql.placeholder('n')}::int` }).from(sql`(values (1)) one`)
  const query = built.prepare('built')
  for (const n of [4, 5]) t.same(await query.execute({ n }), [{ n }])
  const again = await counter.during(() => query.execute({ n: 6 }))
  t.equal(again.parses, 1, 'a query that is built once has no name either')
})

t.test('a lost connection takes its statements along, and the next one makes its own', async (t) => {
  const { db } = open()
  for (let n = 0; n < 3; n += 1) await db.execute(ask(n))
  const [own] = rowsOf<{ pid: number }>(await db.execute(sql`select pg_backend_pid() as pid`))
  const admin = postgres(adminUrl(), { max: 1 })
  await admin`select pg_terminate_backend(${own?.pid ?? 0}, 5000)`
  await admin.end()
  const again = async (): Promise<unknown> => db.execute(ask(4)).catch(again)
  t.same(rowsOf<{ n: number }>((await again()) as Record<string, unknown>[]), [{ n: 4 }])
})

t.test('a table that was changed under a named statement is read as it is now', async (t) => {
  const { db } = open()
  const owner = database.connect('tokens', 'owner', 1)
  await owner.execute(sql`create table things (a int); `)
  await owner.execute(sql`insert into things values (1); `)
  await owner.execute(sql`grant select on things to tokens_system`)
  const all = () => db.execute(sql`select * from things where a > ${0}`)
  for (let n = 0; n < 3; n += 1) await all()
  await owner.execute(sql`alter table things add column b int default 2`)
  t.same(rowsOf(await all()), [{ a: 1, b: 2 }])
})

t.test('what was sent behind a statement with an outdated plan stays apart from it', async (t) => {
  const { db } = open()
  const owner = database.connect('tokens', 'owner', 1)
  await owner.execute(sql`create table notes (a int)`)
  await owner.execute(sql`grant select, insert on notes to tokens_system`)
  const note = (a: number) => db.execute(sql`insert into notes (a) values (${a}) returning *`)
  for (let n = 0; n < 3; n += 1) await note(n)
  for (let round = 0; round < 3; round += 1) {
    await owner.execute(sql`alter table notes add column ${sql.identifier(`more${round}`)} int default 2`)
    const [orgId, a] = [newId('org'), 10 + round]
    const noting = note(a).then(rowsOf)
    // It has been sent, and its answer cannot have come before anything else happens.
    for (let turn = 0; turn < 20; turn += 1) await null
    const undone = inScope(db, { orgId }, async (tx) => {
      await tx.execute(sql`select 1`)
      throw new Error('planted')
    })
    const read = readInScope(db, { orgId }, (tx) =>
      tx.execute(sql`select ${round}::int as ${sql.identifier(`round${round}`)}, current_setting('app.org_id') as org`),
    )
    await t.rejects(undone, { message: 'planted' })
    t.match(await noting, [{ a, [`more${round}`]: 2 }])
    t.same(rowsOf(await db.execute(sql`select a from notes where a = ${a}`)), [{ a }], 'what was acknowledged is there')
    t.same(rowsOf(await read), [{ [`round${round}`]: round, org: uuidOf(orgId) }])
  }
})

t.test('a transaction that meets an outdated plan is run again', async (t) => {
  const { db } = open()
  const owner = database.connect('tokens', 'owner', 1)
  await owner.execute(sql`create table marks (a int)`)
  await owner.execute(sql`grant select, insert on marks to tokens_system`)
  let runs = 0
  const mark = (a: number) =>
    inScope(db, {}, async (tx) => {
      runs += 1
      return rowsOf(await tx.execute(sql`insert into marks (a) values (${a}) returning *`))
    })
  for (let n = 0; n < 3; n += 1) await mark(n)
  await owner.execute(sql`alter table marks add column b int default 2`)
  t.same(await mark(7), [{ a: 7, b: 2 }])
  t.equal(runs, 5)
  const built = db
    .select({ n: sql<number>`marks.a` })
    .from(sql`marks`)
    .where(sql`a >= ${7}`)
  for (let n = 0; n < 3; n += 1) t.same(await built, [{ n: 7 }])
  await owner.execute(sql`alter table marks alter a type bigint`)
  t.same(await built, [{ n: '7' }], 'in the shape in which it was asked')
})

t.test('texts that are made up do not fill the memory of the server', async (t) => {
  const { db } = open()
  for (let round = 0; round < 2; round += 1)
    for (let n = 0; n < 600; n += 1) await db.execute(sql`select ${n}::int as ${sql.identifier(`n${n}`)}`)
  const [row] = rowsOf<{ count: string }>(await db.execute(sql`select count(*) from pg_prepared_statements`))
  t.ok(Number(row?.count) <= 410, `${row?.count} are kept`)
})

t.test('the scope travels with the first statement', async (t) => {
  const { db } = open()
  const user = newId('user')
  const read = () =>
    inScope(db, { userId: user }, async (tx) =>
      rowsOf<{ user: string }>(
        await tx.execute(sql`select current_setting('app.user_id') as user where ${true}::boolean`),
      ),
    )
  for (let n = 0; n < 3; n += 1) await read()
  const { statements, roundTrips } = await counter.during(async () => t.same(await read(), [{ user: uuidOf(user) }]))
  t.equal(statements, 4, 'begin, scope, read, commit')
  t.equal(roundTrips, 3)
})

t.test('whatever the first statement is and however many there are at once, each sees its own scope', async (t) => {
  const { db } = open({ max: 3 })
  const one = async () => {
    const user = newId('user')
    const seen = await inScope(db, { userId: user }, (tx) =>
      Promise.all(
        [sql`select current_setting('app.user_id') as user`, sql`select current_setting(${'app.user_id'}) as user`].map(
          async (text) => rowsOf<{ user: string }>(await tx.execute(text))[0]?.user,
        ),
      ),
    )
    t.same(seen, [uuidOf(user), uuidOf(user)])
  }
  for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: 10 }, one))
  const rest = rowsOf<{ user: string }>(await db.execute(sql`select current_setting('app.user_id', true) as user`))
  t.notOk(rest[0]?.user, 'and the connection keeps none')
})

t.test('a scope that cannot be set is the reason that is told', async (t) => {
  const { db } = open()
  const failing = inScope(db, { userId: newId('user') }, async (tx) => {
    await tx.execute(sql`select 1 / ${0}::int`)
  })
  await t.rejects(failing, { cause: { code: '22012' } }, 'a failure of the work itself is not hidden by the scope')
  await t.rejects(
    inScope(db, { userId: 'org_00000000000000000000000000' }, async () => undefined),
    'an id of another kind',
  )
})
