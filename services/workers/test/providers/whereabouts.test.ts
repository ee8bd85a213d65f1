/**
 * Where people were, sealed under keys of theirs: through a new key-encryption key, an erasure in between, and many at
 * once.
 */
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { stepsPerTurn, turnsTaken, type TurnTaken } from '@gatehouse/service-kit/concurrency/turns'
import { createEnvelope } from '@gatehouse/service-kit/secrets/envelope'
import { reseal } from '@gatehouse/service-kit/secrets/reseal'
import { testDatabase } from '@gatehouse/test-kit/database'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import type { AuditRecord } from '../../src/domain/audit-record.ts'
import { createWhereabouts } from '../../src/providers/whereabouts.ts'
import { destroyKeys, findKeys, replaceSealedKey } from '../../src/store/audit-person-keys.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 8)
const [old, fresh] = [randomBytes(32), randomBytes(32)]
const before = createWhereabouts(createEnvelope({ keys: [old] }))
const between = createWhereabouts(createEnvelope({ keys: [fresh, old] }))
const after = createWhereabouts(createEnvelope({ keys: [fresh] }))

const recordOf = (userId: string, clientAddress = '203.0.113.9'): AuditRecord => ({
  id: newId('aud'),
  occurredAt: '2026-11-24T03:00:00.123456Z',
  producer: 'tokens',
  action: 'session.started',
  actor: { type: 'user', id: userId },
  target: { type: 'session', id: newId('ses') },
  orgId: null,
  userId,
  clientAddress,
  userAgent: 'Firefox',
  requestId: null,
  correlationId: 'req_1',
  data: {},
  outcome: 'success',
})
const hide = (by: typeof before, record: AuditRecord) =>
  inScope(system, {}, async (tx) => by.hide(record, await by.keysOf(tx, record.userId === null ? [] : [record.userId])))

t.test('first records of one person at once share one key', async (t) => {
  const user = newId('user')
  // Either may be the one whose key stays, so each opens what the other sealed.
  const early = createWhereabouts(createEnvelope({ keys: [old, fresh] }))
  const hidden = await Promise.all(
    Array.from({ length: 8 }, (_, n) => hide(n % 2 === 0 ? early : between, recordOf(user, `198.51.100.${n}`))),
  )
  t.ok(hidden.every((one) => one.clientAddress === null && one.personalOf === user))
  const shown = await between.show(system, hidden)
  t.same(
    shown.map((one) => one.clientAddress),
    Array.from({ length: 8 }, (_, n) => `198.51.100.${n}`),
  )
})

t.test('batches that meet the same new people in another order do not wait for each other in a circle', async (t) => {
  const people = Array.from({ length: 21 }, () => newId('user'))
  const waiting = async (count: number) =>
    rowsOf(
      await system.execute(sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
    ).length >= count
  // Nothing is tried again here: a deadlock would be an error of one of them.
  const batch = (order: string[], gone: string[]) =>
    system.transaction(async (tx) => {
      const keys = await between.keysOf(tx, order)
      await destroyKeys(tx, gone)
      return keys.size
    })
  // Somebody has the key in the middle, so both have made a part of theirs when they wait.
  const batches = await system.transaction(async (tx) => {
    await between.keysOf(tx, people.slice(10, 11))
    const running = [batch(people, people.slice(0, 5)), batch([...people].reverse(), people.slice(3, 8).reverse())]
    await waitUntil('both wait', () => waiting(2))
    return running
  })
  t.same(await Promise.all(batches), [21, 21])
  t.equal((await findKeys(system, people)).size, 21 - 8)
})

t.test('what was sealed for one record opens for no other', async (t) => {
  const user = newId('user')
  const [one, two] = [await hide(before, recordOf(user)), await hide(before, recordOf(user))]
  await t.rejects(before.show(system, [{ ...one, personalSealed: two.personalSealed }]))
})

t.test('after a new key-encryption key everything is sealed under it, and the old one can go', async (t) => {
  const users = Array.from({ length: 450 }, () => newId('user'))
  const hidden = []
  for (const user of users) hidden.push(await hide(before, recordOf(user)))
  await t.rejects(after.show(system, hidden.slice(0, 1)), /No key-encryption key/)
  const sealed = between.sealedKeys(system)
  t.ok((await reseal(sealed)).resealed >= 450)
  t.same(await reseal(sealed), { resealed: 0, left: 0 }, 'and once is enough')
  t.ok((await after.show(system, hidden)).every((one) => one.clientAddress === '203.0.113.9'))
})

t.test('a person who was erased meanwhile stays erased', async (t) => {
  const user = newId('user')
  const hidden = await hide(before, recordOf(user))
  const sealed = (await findKeys(system, [user])).get(user) ?? ''
  await destroyKeys(system, [user])
  await replaceSealedKey(system, { id: user, sealed }, 'v1.a.b.c')
  t.equal((await findKeys(system, [user])).size, 0)
  await reseal(between.sealedKeys(system))
  t.match(await between.show(system, [hidden]), [{ clientAddress: null, userAgent: null }])
  t.match(await hide(between, recordOf(user)), { clientAddress: null, personalOf: null, personalSealed: null })
})

t.test('a page is opened in turns, none of them long', async (t) => {
  const users = Array.from({ length: 50 }, () => newId('user'))
  const hidden = []
  for (let n = 0; n < 200; n += 1) hidden.push(await hide(between, recordOf(users[n % 50] ?? '')))
  const turns: TurnTaken[] = []
  const note = (turn: unknown): void => void turns.push(turn as TurnTaken)
  turnsTaken.subscribe(note)
  t.teardown(() => turnsTaken.unsubscribe(note))
  const shown = await between.show(system, hidden)
  t.equal(shown.length, 200)
  t.ok(shown.every((one) => one.clientAddress === '203.0.113.9'))
  t.equal(turns.length, 20)
  t.ok(turns.every(({ work, steps }) => work === 'audit page' && steps <= stepsPerTurn))
})
