/**
 * Idempotency keys on a real database: one of many runs, repeats get its answer, another request under the key is
 * refused, failures leave no trace.
 */
import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { testDatabase } from '@gatehouse/test-kit/database'
import t from 'tap'
import { problem } from '../../src/errors/app-error.ts'
import { currentContext, keepAnswer } from '../../src/context/request-context.ts'
import { createIdempotencyStore } from '../../src/http/idempotency.ts'
import { inScope, rowsOf } from '../../src/postgres/transaction.ts'

const many = process.env['GATEHOUSE_FULL'] === '1' ? 1000 : 16

const requestOf = (key: string | string[], body: unknown = 1) => ({
  key,
  owner: 'service:tokens' as const,
  route: 'createWidget',
  requestHash: createHash('sha256').update(JSON.stringify(body)).digest(),
  status: 201,
})

t.test('idempotency keys', async (t) => {
  const database = await testDatabase(t, { services: ['orgs'], spineOnly: true })
  const db = database.connect('orgs', 'runtime', 16)
  const store = createIdempotencyStore({ db })
  const rival = createIdempotencyStore({ db: database.connect('orgs', 'runtime', 16) })

  await t.test('a repeat gets the stored answer and runs nothing', async (t) => {
    let runs = 0
    const run = async () => {
      currentContext()?.beforeWrite?.()
      return { id: 'w', n: ++runs, text: 'ü"\\' }
    }
    const first = await store.once(requestOf('a'), run)
    t.same(await store.once(requestOf('a'), run), first)
    t.same(first, { status: 201, body: { id: 'w', n: 1, text: 'ü"\\' } })
    t.equal(runs, 1)
    t.match(await store.once({ ...requestOf('a'), route: 'other' }, run), { body: { n: 2 } }, 'keys belong to a route')
    t.match(
      await store.once({ ...requestOf('a'), owner: 'service:workers' }, run),
      { body: { n: 3 } },
      'and to a caller',
    )
  })

  await t.test('what is shown once is never kept', async (t) => {
    const request = { ...requestOf('s'), shownOnce: ['key'] }
    const run = async () => ({ id: 'w', key: 'very-secret' })
    t.same((await store.once(request, run)).body, { id: 'w', key: 'very-secret' })
    t.same((await store.once(request, run)).body, { id: 'w' })
    t.same(rowsOf(await db.execute(sql`select 1 from idempotency_keys where body::text like '%very-secret%'`)), [])
  })

  await t.test('many at once over two replicas: one runs, nobody else does', async (t) => {
    let runs = 0
    let release = (): void => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    const run = async () => (await gate, { n: ++runs })
    let refused = 0
    const lost = (err: { code: string }): string => {
      if (++refused === many - 1) release()
      return err.code
    }
    const stores = [store, rival]
    const ask = (nth: number) => (stores[nth % 2] ?? store).once(requestOf('race'), run).catch(lost)
    const asked = Array.from({ length: many }, (_, nth) => ask(nth))
    const outcomes = await Promise.all(asked)
    t.equal(runs, 1)
    t.equal(outcomes.filter((outcome) => outcome === 'idempotency_in_progress').length, many - 1)
  })

  await t.test('another request under the same key is refused', async (t) => {
    await store.once(requestOf('b', 1), async () => ({}))
    await t.rejects(
      store.once(requestOf('b', 2), async () => ({})),
      { code: 'idempotency_key_reused' },
    )
  })

  await t.test('a refused or failed request may be tried again under its key', async (t) => {
    await t.rejects(
      store.once(requestOf('c'), async () => Promise.reject(problem('conflict'))),
      { code: 'conflict' },
    )
    t.match(await store.once(requestOf('c'), async () => ({ second: true })), { body: { second: true } })
  })

  await t.test('a claim whose process died is taken over once it has expired', async (t) => {
    await new Promise<void>((claimed) => {
      store.once(requestOf('d'), () => new Promise(() => claimed())).catch(() => undefined)
    })
    await t.rejects(
      store.once(requestOf('d'), async () => ({})),
      { code: 'idempotency_in_progress' },
    )
    await db.execute(sql`update idempotency_keys set expires_at = now() - interval '1 second' where key = 'd'`)
    t.match(await store.once(requestOf('d'), async () => ({ takenOver: true })), { body: { takenOver: true } })
  })

  await t.test('an effect whose answer could not be stored is not repeated', async (t) => {
    const administrator = database.connect('orgs', 'owner', 1)
    await administrator.execute(sql`create table effects (n int)`)
    await administrator.execute(sql`grant select, insert on effects to public`)
    const rows = async () => rowsOf<{ n: string }>(await db.execute(sql`select count(*) as n from effects`))[0]?.n
    const before = Number(await rows())
    const effect = (): Promise<unknown> =>
      inScope(db, {}, async (tx) => {
        await tx.execute(sql`insert into effects values (1)`)
        return { made: true }
      })
    await administrator.execute(sql`create function refuse_answers() returns trigger language plpgsql as
      $$ begin raise exception 'the disk is full' using errcode = '53100'; end $$`)
    await administrator.execute(sql`create trigger refuse_answers before update on idempotency_keys for each row
      when (new.state = 'done') execute function refuse_answers()`)
    await t.rejects(store.once(requestOf('lost'), effect), 'the completing write fails')
    t.equal(Number(await rows()), before + 1)
    // Past the time after which a claim may be taken over.
    await db.execute(
      sql`update idempotency_keys set expires_at = expires_at - interval '61 seconds' where key = 'lost'`,
    )
    for (let n = 0; n < 3; n++) await t.rejects(store.once(requestOf('lost'), effect), { code: 'conflict' })
    t.equal(Number(await rows()), before + 1, 'one effect')
    const reading = () => inScope(db, {}, async (tx) => rowsOf(await tx.execute(sql`select 1 as n`)))
    await t.rejects(store.once(requestOf('read'), reading))
    const keeping = (): Promise<unknown> =>
      inScope(db, {}, async (tx) => {
        await tx.execute(sql`insert into effects values (1)`)
        return keepAnswer({ kept: true, secret: 's' })
      })
    const kept = { ...requestOf('kept'), shownOnce: ['secret'] }
    await t.rejects(store.once(kept, keeping), 'effect and answer are one transaction')
    t.equal(Number(await rows()), before + 1, 'so neither is there')
    await t.rejects(store.once(requestOf('read'), reading), { code: 'idempotency_in_progress' }, 'nothing was written')
    await administrator.execute(sql`drop trigger refuse_answers on idempotency_keys`)
    t.same((await store.once(kept, keeping)).body, { kept: true, secret: 's' })
    t.same((await store.once(kept, keeping)).body, { kept: true }, 'kept without what is shown once')
    t.equal(Number(await rows()), before + 2)
  })

  await t.test('an answer that was kept with its effect needs no second write', async (t) => {
    const administrator = database.connect('orgs', 'owner', 1)
    const run = (): Promise<unknown> =>
      inScope(db, {}, async (tx) => {
        await tx.execute(sql`insert into effects values (1)`)
        return keepAnswer({ made: true })
      })
    // Whatever is written after the effect's own transaction fails: the process died, the network went.
    await administrator.execute(sql`create function refuse_second() returns trigger language plpgsql as
      $$ begin raise exception 'gone' using errcode = '57P01'; end $$`)
    await administrator.execute(sql`create trigger refuse_second before update on idempotency_keys for each row
      when (old.status is not null) execute function refuse_second()`)
    t.same(await store.once(requestOf('one-write'), run), { status: 201, body: { made: true } })
    t.same(await store.once(requestOf('one-write'), run), { status: 201, body: { made: true } })
    await administrator.execute(sql`drop trigger refuse_second on idempotency_keys`)
  })

  await t.test('a repeat is decided on again, and goes no further than to its first write', async (t) => {
    let allowed = true
    let writes = 0
    const run = async (): Promise<unknown> => {
      if (!allowed) throw problem('forbidden')
      currentContext()?.beforeWrite?.()
      writes++
      return { n: writes }
    }
    await store.once(requestOf('again'), run)
    t.match(await store.once(requestOf('again'), run), { body: { n: 1 } })
    allowed = false
    await t.rejects(store.once(requestOf('again'), run), { code: 'forbidden' })
    allowed = true
    t.match(await store.once(requestOf('again'), run), { body: { n: 1 } })
    t.equal(writes, 1)
  })

  await t.test('expired keys go as new ones come', async (t) => {
    await db.execute(sql`update idempotency_keys set expires_at = now() - interval '1 hour'`)
    for (let n = 0; n < 5; n++) await store.once(requestOf(`new-${n}`), async () => ({}))
    const left = rowsOf(await db.execute(sql`select key from idempotency_keys where expires_at < now()`))
    t.same(left, [])
  })

  await t.test('keys that are no keys are refused', async (t) => {
    for (const bad of ['', ' ', 'a b', 'ü', 'x'.repeat(256), ['a', 'b']])
      await t.rejects(
        store.once(requestOf(bad), async () => ({})),
        { code: 'validation_failed' },
      )
  })
})
