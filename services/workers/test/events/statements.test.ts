/**
 * What a sign-in costs here after its answer, and a hundred at once: statements and round trips, counted on the wire
 * beside the walk of each consumer, which is once a second. A rise is a regression, whatever the clock says.
 */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { SessionStarted } from '@gatehouse/contracts/events/tokens/session'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { connectPostgres } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createConsumer } from '@gatehouse/spine/consume/consumer'
import { adminUrl, testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import * as subscriptions from '../../src/events/subscriptions.ts'
import { createPlatformEar } from '../../src/use-cases/webhooks/platform-ear.ts'
import { audit } from '../fixtures/audit.ts'

const database = await testDatabase(t, { services: ['workers'] })
const counter = await startStatementCounter(t, adminUrl())
const { db: system, close } = connectPostgres({
  ...{ url: counter.through(database.url('workers', 'system')), schema: 'workers', applicationName: 'counted', max: 1 },
})
t.teardown(close)
const neighbours = {
  tokens: createNeighbour('tokens'),
  orgs: createNeighbour('orgs'),
  identity: createNeighbour('identity'),
}

const queue = {
  record: () => Promise.reject(new Error('no mail is due')),
  announce: () => t.fail('no mail is due'),
}
const consumers = [
  subscriptions.auditSubscription(audit),
  // Whether the platform listens is asked once a second while something happens: here once.
  subscriptions.webhookSubscription(queue, createPlatformEar({ believedMs: Infinity })),
  subscriptions.alertSubscription,
  subscriptions.notificationSubscription,
  subscriptions.logoutSubscription(queue),
  ...(['mail', 'security-alert'] as const).map((pipeline) => subscriptions.mailSubscription(pipeline, queue)),
].map(({ consumer: name, ...effects }) =>
  createConsumer({
    ...effects,
    ...{ name, system, nats: noNats(), log: quietLog, clock: systemClock },
    producers: Object.values(neighbours).map((one) => ({ name: one.name, client: one.client })),
  }),
)
const catchUp = async () => {
  for (const consumer of consumers) await waitUntil('it is there', () => consumer.catchUpNow(), 30_000)
}
const isOfWalk = (text: string) => /consumer_cursors|join inbox i/.test(text)

const signIn = (user_id: string) => {
  const session_id = newId('ses')
  neighbours.tokens.announce(SessionStarted, {
    ...{ subject: session_id, userid: user_id, actor: `user:${user_id}`, clientaddress: '192.0.2.7' },
    ...{ useragent: 'Mozilla/5.0 Firefox/140.0', data: { session_id, user_id, client_id: 'web', amr: ['pwd'] } },
  })
}
const people = Array.from({ length: 100 }, () => newId('user'))

t.test('a sign-in is two statements of two consumers, and each has its commit in it', async (t) => {
  for (const _ of [1, 2, 3]) {
    signIn(people[0] ?? '')
    await catchUp()
  }
  const { texts } = await counter.whenKnown(() => {
    signIn(people[0] ?? '')
    return catchUp()
  })
  const own = texts.filter((text) => !isOfWalk(text))
  t.equal(own.length, 2, own.join('\n'))
  for (const effect of ['insert into audit_events', 'note_findings'])
    t.equal(own.filter((text) => text.includes('insert into inbox') && text.includes(effect)).length, 1, effect)
})

t.test('a hundred at once, of people seen before, are four', async (t) => {
  const all = () => {
    for (const person of people) signIn(person)
    return catchUp()
  }
  for (const _ of [1, 2, 3]) await all()
  const { texts } = await counter.whenKnown(all)
  const own = texts.filter((text) => !isOfWalk(text))
  t.equal(own.length, 4, own.join('\n'))
  const events = neighbours.tokens.events.length
  for (const consumer of ['workers--audit', 'workers--alert-rules'])
    t.equal(
      rowsOf(await system.execute(sql`select 1 from inbox where consumer = ${consumer}`)).length,
      events,
      `${consumer} has claimed each`,
    )
  t.equal(rowsOf(await system.execute(sql`select 1 from audit_events`)).length, events)
})

t.test('what nobody is told of, and nobody listens to, opens no transaction', async (t) => {
  const change = () => {
    const [user_id = ''] = people
    const data = { membership_id: newId('mem'), organization_id: newId('org'), user_id, status: 'active' as const }
    neighbours.orgs.announce(MembershipUpdated, {
      ...{ subject: data.membership_id, orgid: data.organization_id, actor: 'system' },
      data: { ...data, is_owner: false, attributes: {}, changed: [] },
    })
    return catchUp()
  }
  await change()
  const { texts } = await counter.whenKnown(change)
  const own = texts.filter((text) => !isOfWalk(text))
  // The audit line, that no endpoint listens; the rules keep who owns what in a transaction.
  t.equal(own.filter((text) => text === 'begin').length, 1, own.join('\n'))
  t.equal(own.length, 2 + 4, own.join('\n'))
})
