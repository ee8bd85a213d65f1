// The database side of the kit: roles hold no more than they need, a scope never outlives its transaction, migrations
// run once, partitions come ahead of time and go only when nothing in them is still needed.
import t from 'tap'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { describeFailure, isUnavailable, isUniqueViolation, sqlState } from '@gatehouse/service-kit/postgres/errors'
import { migrateService } from '../src/migrate/migrate-service.ts'
import { maintainPartitions } from '@gatehouse/service-kit/postgres/partitions'
import { provisionDatabase, rolesOf } from '@gatehouse/service-kit/postgres/provision'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { adminUrl, testDatabase, testPassword } from '@gatehouse/test-kit/database'
import { noNats } from '@gatehouse/test-kit/nats'
import { createSampleProducer } from '@gatehouse/test-kit/sample-producer'

const database = await testDatabase(t, { services: ['tokens', 'orgs'], spineOnly: true })
const [owner, runtime, system] = (['owner', 'runtime', 'system'] as const).map((role) =>
  database.connect('tokens', role),
) as [Db, Db, Db]
type Db = ReturnType<typeof database.connect>
const one = async <T>(db: Db, query: ReturnType<typeof sql>): Promise<T> => rowsOf<T>(await db.execute(query))[0] as T

t.test('no role may bypass row-level security, create roles or databases, or touch another schema', async (t) => {
  const roles = Object.values(rolesOf('tokens'))
  const rows = rowsOf<Record<string, boolean>>(
    await owner.execute(sql`
    select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication from pg_roles where rolname in ${roles}`),
  )
  t.equal(rows.length, 3)
  for (const row of rows) t.same(Object.values(row), [false, false, false, false, false])
  for (const db of [owner, runtime, system]) {
    await t.rejects(db.execute(sql`select * from orgs.spine_head`), { cause: { code: '42501' } })
    await t.rejects(db.execute(sql`create table public.x ()`), { cause: { code: '42501' } })
    await t.rejects(db.execute(sql`create schema other`), { cause: { code: '42501' } })
  }
  await t.rejects(runtime.execute(sql`create table x ()`), { cause: { code: '42501' } })
})

t.test('the system role may give positions and change nothing else of an event', async (t) => {
  for (const change of [sql`payload = '{}'`, sql`subject = 'x'`, sql`org_id = null`, sql`occurred_at = now()`]) {
    await t.rejects(system.execute(sql`update outbox set ${change}`), { cause: { code: '42501' } })
  }
  for (const db of [runtime, system]) await t.rejects(db.execute(sql`delete from outbox`), { cause: { code: '42501' } })
  await t.rejects(system.execute(sql`update spine_head set epoch = gen_random_uuid()`), { cause: { code: '42501' } })
  await t.rejects(runtime.execute(sql`select * from sequence_outbox(1)`), { cause: { code: '42501' } })
  await t.rejects(runtime.execute(sql`select * from maintain_partitions()`), { cause: { code: '42501' } })
  const partitions = rowsOf<{ name: string }>(
    await owner.execute(
      sql`select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass`,
    ),
  )
  await t.rejects(
    system.execute(sql`select * from ${sql.identifier(partitions[0]!.name)}`),
    { cause: { code: '42501' } },
    'no way around the policy through a partition',
  )
})

t.test('provisioning again changes nothing, also side by side', async (t) => {
  const services = ['tokens', 'orgs']
  const passwords = Object.fromEntries(
    services.flatMap((service) => Object.values(rolesOf(service))).map((role) => [role, testPassword(role)]),
  )
  const again = () => provisionDatabase({ adminUrl: adminUrl(), database: database.name, services, passwords })
  await Promise.all([again(), again(), again()])
  t.same(await one(runtime, sql`select current_schema() as schema`), { schema: 'tokens' })
  await t.rejects(
    provisionDatabase({ adminUrl: adminUrl(), database: database.name, services, passwords: {} }),
    /No password/,
  )
})

t.test('a scope ends with its transaction and never reaches the next one on the connection', async (t) => {
  const single = database.connect('tokens', 'runtime', 1)
  const scopeOf = sql`select nullif(current_setting('app.org_id', true), '') as org,
    nullif(current_setting('app.user_id', true), '') as person`
  const [orgId, userId] = [newId('org'), newId('user')]
  const inside = await inScope(single, { orgId, userId }, async (tx) => rowsOf(await tx.execute(scopeOf))[0])
  t.same(inside, { org: uuidOf(orgId), person: uuidOf(userId) })
  t.same(await inScope(single, {}, async (tx) => rowsOf(await tx.execute(scopeOf))[0]), { org: null, person: null })
  t.same(await one(single, scopeOf), { org: null, person: null })
  await t.rejects(
    inScope(single, { orgId: userId }, async () => 1),
    TypeError,
    'an id of another type is refused',
  )
})

t.test('a deadlock is run again; a refusal is not', async (t) => {
  await owner.execute(sql`create table counters (id int primary key, n int not null)`)
  await owner.execute(sql`insert into counters values (1, 0), (2, 0)`)
  let runs = 0
  let bothHold = () => {}
  const barrier = new Promise<void>((resolve) => (bothHold = resolve))
  const bump = (first: number, second: number) =>
    inScope(owner, {}, async (tx) => {
      runs += 1
      await tx.execute(sql`update counters set n = n + 1 where id = ${first}`)
      if (runs >= 2) bothHold()
      await barrier
      await tx.execute(sql`update counters set n = n + 1 where id = ${second}`)
    })
  await Promise.all([bump(1, 2), bump(2, 1)])
  t.same(rowsOf(await owner.execute(sql`select n from counters order by id`)), [{ n: 2 }, { n: 2 }])
  t.ok(runs > 2, 'one of them lost and came again')
  const refused = await owner
    .execute(sql`insert into counters values (1, 'secret-4711'::text::int)`)
    .catch((error: unknown) => error)
  t.equal(sqlState(refused), '22P02')
  const twice = await owner.execute(sql`insert into counters values (1, 9)`).catch((error: unknown) => error)
  t.ok(isUniqueViolation(twice) && isUniqueViolation(twice, 'counters_pkey') && !isUniqueViolation(twice, 'other'))
  t.notOk(isUnavailable(twice))
  t.notMatch(describeFailure(refused), /secret/, 'what is logged never holds a parameter')
  t.equal(describeFailure(twice), 'PostgreSQL 23505 at counters.counters_pkey')
})

t.test('a database that is not there is unavailable, soon', async (t) => {
  const nowhere = connectPostgres({ url: 'postgres://x:y@127.0.0.1:1/none', schema: 'tokens', applicationName: 'test' })
  t.teardown(nowhere.close)
  const failure = await nowhere.ping().catch((error: unknown) => error)
  t.ok(isUnavailable(failure))
  const slow = await runtime.execute(sql`select pg_sleep(10)`).catch((error: unknown) => error)
  t.ok(isUnavailable(slow), 'a statement ends after 2.5 s')
})

t.test('migrations run once, side by side, and one that was applied cannot be edited', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-migrations-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'meta'))
  const write = (names: string[]) =>
    writeFileSync(
      join(folder, 'meta/_journal.json'),
      JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: names.map((tag, idx) => ({ idx, version: '7', when: 1000 + idx, tag, breakpoints: true })),
      }),
    )
  writeFileSync(
    join(folder, '0001_a.sql'),
    'create table migrated (n int);\n--> statement-breakpoint\ninsert into migrated values (1);',
  )
  write(['0001_a'])
  const migrate = () =>
    migrateService({ service: 'tokens', ownerUrl: database.url('tokens', 'owner'), migrationsFolder: folder })
  await Promise.all([migrate(), migrate(), migrate()])
  t.same(rowsOf(await owner.execute(sql`select n from migrated`)), [{ n: 1 }])
  writeFileSync(join(folder, '0002_b.sql'), 'insert into migrated values (2); select 1 / 0;')
  write(['0001_a', '0002_b'])
  await t.rejects(migrate(), { code: '22012' })
  t.same(rowsOf(await owner.execute(sql`select n from migrated`)), [{ n: 1 }], 'a migration is whole or absent')
  writeFileSync(join(folder, '0001_a.sql'), `${readFileSync(join(folder, '0001_a.sql'), 'utf8')} -- edited`)
  await t.rejects(migrate(), /edited after it had been applied/)
})

t.test('partitions are made ahead and dropped beyond retention, but never with an event nobody has had', async (t) => {
  const { announce } = createSampleProducer(database, { nats: noNats() })
  const daysOf = async (table: string) =>
    rowsOf<{ name: string }>(
      await owner.execute(sql`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table}::regclass and c.relname ~ '[0-9]$' order by 1`),
    ).map((row) => row.name)
  t.equal((await daysOf('outbox')).length, 16)
  t.equal((await daysOf('inbox')).length, 23)
  t.same(await maintainPartitions(system), { created: 0, dropped: 0 })

  const old = async (daysAgo: number) => {
    const { name, low, high } = await one<{ name: string; low: string; high: string }>(
      owner,
      sql`
      select 'outbox_' || to_char(now() - make_interval(days => ${daysAgo}), 'YYYYMMDD') as name,
        (date_trunc('day', now()) - make_interval(days => ${daysAgo}))::text as low,
        (date_trunc('day', now()) - make_interval(days => ${daysAgo} - 1))::text as high`,
    )
    await owner.execute(sql.raw(`create table ${name} partition of outbox for values from ('${low}') to ('${high}')`))
    return { name, low }
  }
  const [unsequenced, unpublished, finished] = [await old(20), await old(19), await old(18)]
  await announce([{ n: 1 }])
  await owner.execute(sql`alter table outbox no force row level security`)
  const put = (day: { low: string }, position: number | null) =>
    owner.execute(sql`
    insert into outbox (id, position, aggregate_type, aggregate_id, version, subject, payload, headers, occurred_at)
    values (${uuidOf(newId('evt'))}, ${position}, 'thing', ${uuidOf(newId('thing'))}, 1, 'x', '{}', '{}', ${day.low})`)
  await put(unsequenced, null)
  await put(unpublished, 9)
  await put(finished, 1)
  await system.execute(sql`update relay_cursor set published_position = 5`)
  t.same(await maintainPartitions(system), { created: 0, dropped: 1 })
  const left = await daysOf('outbox')
  t.same(
    [left.includes(unsequenced.name), left.includes(unpublished.name), left.includes(finished.name)],
    [true, true, false],
  )
  await system.execute(sql`update relay_cursor set published_position = 9`)
  await system.execute(sql`select * from sequence_outbox(10)`)
  await system.execute(sql`update relay_cursor set published_position = 99`)
  t.same(await maintainPartitions(system), { created: 0, dropped: 2 })
})

t.test('a table of a service is kept in months when it says so', async (t) => {
  await owner.execute(
    sql`create table letters (id uuid, at timestamptz not null, primary key (id, at)) partition by range (at)`,
  )
  await owner.execute(
    sql`insert into partitioned_tables (table_name, span, retention_days, behind_days, ahead_days)
      values ('letters', 'month', 90, 31, 62)`,
  )
  const { created } = await maintainPartitions(system)
  t.ok(created >= 4 && created <= 5, `${created} months`)
  await owner.execute(
    sql`insert into letters values
      (gen_random_uuid(), now()), (gen_random_uuid(), now() + interval '40 days'),
      (gen_random_uuid(), now() - interval '29 days')`,
  )
  t.same(await maintainPartitions(system), { created: 0, dropped: 0 })
})
