/** One's notifications as they come, over two replicas: none is missed, none comes twice, none is another's. */
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { NotificationKind } from '@gatehouse/contracts/http/workers/notifications'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../src/deps.ts'
import { insertNotification, keepPreference } from '../../src/store/notifications.ts'
import { createNotificationFeed } from '../../src/use-cases/notifications/notification-feed.ts'
import { openApp } from '../fixtures/app.ts'
import { audit } from '../fixtures/audit.ts'
import { personHeaders } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 3)
const db = database.connect('workers', 'runtime', 3)

/** A replica of workers that listens. */
async function replica(t: Test, asked: Db = system) {
  const notificationFeed = createNotificationFeed({ system: asked, log, everyMs: 20 })
  const app = openApp({ ...audit, db, system, log, notificationFeed, clients: {} } as unknown as Deps)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(async () => {
    notificationFeed.close()
    await app.close()
  })
  const { port } = app.server.address() as AddressInfo
  return (user: string, o: { last?: string; query?: string } = {}) => listen(t, { port, user, ...o })
}

type Heard = { text: string; hasEnded: boolean; ids(): string[]; answer: IncomingMessage }

async function listen(t: Test, o: { port: number; user: string; last?: string; query?: string }): Promise<Heard> {
  const path = `/v1/me/notifications/stream${o.query ?? ''}`
  const last = o.last === undefined ? {} : { 'last-event-id': o.last }
  const headers = { ...personHeaders(o.user)(path), ...last }
  const request = get({ port: o.port, path, agent: false, headers })
  t.teardown(() => request.destroy())
  const answer = await new Promise<IncomingMessage>((resolve, reject) =>
    request.once('response', resolve).once('error', reject),
  )
  const heard: Heard = {
    text: '',
    hasEnded: false,
    ids: () => [...heard.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id as string),
    answer,
  }
  answer.setEncoding('utf8').on('data', (piece: string) => (heard.text += piece))
  answer.once('end', () => (heard.hasEnded = true)).on('error', () => undefined)
  await waitUntil('it listens', () => heard.text.includes('retry: 2000'))
  return heard
}

const tell = (userId: string, kind: NotificationKind = 'membership.joined') =>
  inScope(system, {}, (tx) =>
    insertNotification(tx, {
      userId,
      kind,
      eventId: newId('evt'),
      isRequired: false,
      data: { organization_id: newId('org') },
      occurredAt: '2026-11-24T03:04:05.678901Z',
    }),
  )
const idsOf = async (user: string): Promise<string[]> => {
  const path = '/v1/me/notifications?limit=200'
  const app = openApp({ ...audit, db, system, log, clients: {} } as unknown as Deps)
  const answer = await app.inject({ url: path, headers: personHeaders(user)(path) })
  await app.close()
  return answer.json<{ data: { id: string }[] }>().data.map(({ id }) => id)
}

t.test('what is told anywhere comes to every listener of the person once, and to nobody else', async (t) => {
  const [one, other] = [await replica(t), await replica(t)]
  const [ann, bob] = [newId('user'), newId('user')]
  await tell(ann)
  const heard = [await one(ann), await other(ann, { query: '?locale=de' }), await one(bob)] as const
  for (let n = 0; n < 8; n += 1) await Promise.all([tell(ann), tell(bob), tell(ann)])
  for (const { ids } of heard.slice(0, 2)) await waitUntil('all of them are there', () => ids().length >= 16)
  await waitUntil('and his', () => heard[2].ids().length >= 8)
  const told = (await idsOf(ann)).slice(0, 16)
  for (const { ids } of heard.slice(0, 2)) t.same(ids().toSorted(), told.toSorted())
  t.same(heard[2].ids().toSorted(), (await idsOf(bob)).toSorted())
  t.match(heard[0].answer.headers['content-type'], /^text\/event-stream/)
  t.match(heard[0].text, /event: notification\ndata: \{"id":"ntf_\w+","kind":"membership\.joined","title":"You/)
  t.match(heard[1].text, /"title":"Sie/)
})

t.test('who comes back hears what they missed, in order, from another replica as well', async (t) => {
  const [one, other] = [await replica(t), await replica(t)]
  const ann = newId('user')
  const before = await one(ann)
  await tell(ann)
  await waitUntil('the first is there', () => before.ids().length === 1)
  before.answer.destroy()
  for (let n = 0; n < 5; n += 1) await tell(ann)
  const [last] = before.ids()
  const after = await other(ann, { last: last as string })
  await waitUntil('what was missed is there', () => after.ids().length >= 5)
  t.same([last, ...after.ids()], (await idsOf(ann)).toReversed())
  t.notMatch(after.text, /event: reset/)
})

t.test('a place that is not kept, another’s or none at all begins anew and says so', async (t) => {
  const one = await replica(t)
  const [ann, bob] = [newId('user'), newId('user')]
  await tell(bob)
  const [ofBob] = await idsOf(bob)
  for (const last of [newId('ntf'), ofBob as string, newId('user'), 'x']) {
    await tell(ann)
    const heard = await one(ann, { last })
    t.match(heard.text, /event: reset\ndata: \{\}\n\n/, last)
    await tell(ann)
    await waitUntil('what is new is there', () => heard.ids().length === 1)
  }
})

t.test('what is for the daily mail alone is not shown here either', async (t) => {
  const one = await replica(t)
  const ann = newId('user')
  const kind = 'membership.removed' as const
  await inScope(db, { userId: ann }, (tx) => keepPreference(tx, { userId: ann, kind, inApp: false, digest: true }))
  const heard = await one(ann)
  await tell(ann, kind)
  await tell(ann)
  await waitUntil('the other is there', () => heard.ids().length === 1)
  t.notMatch(heard.text, /membership\.removed/)
})

t.test('when nobody knows what is new, listeners are sent away and come back', async (t) => {
  const broken = { execute: async () => Promise.reject(new Error('gone')) } as unknown as Db
  const heard = await (await replica(t, broken))(newId('user'))
  await waitUntil('the answer has ended as a whole', () => heard.hasEnded)
})

t.test('who does not take events in is sent away; so is everybody when the service closes', async (t) => {
  const feed = createNotificationFeed({ system, log, everyMs: 20 })
  const userId = newId('user')
  const slow = feed.listen({ userId, seq: 0, opening: '', write: () => 'x'.repeat(300_000) })
  const quick = feed.listen({ userId: newId('user'), seq: 0, opening: '', write: () => '' }).resume()
  await tell(userId)
  await waitUntil('more waits than may', () => slow.readableLength > 256 * 1024)
  slow.resume()
  await waitUntil('it ends behind what it has', () => slow.readableEnded)
  t.equal(quick.readableEnded, false)
  feed.close()
  await waitUntil('and the other with the service', () => quick.readableEnded)
})

t.test('a later notification of a person has a later place, whatever the clock of its replica says', async (t) => {
  const ann = newId('user')
  const one = await replica(t)
  const heard = await one(ann)
  await tell(ann)
  await waitUntil('the first is there', () => heard.ids().length === 1)
  await system.execute(sql`
    insert into notifications (id, user_id, event_id, kind, data, is_shown, occurred_at)
    select '01900000-0000-7000-8000-000000000001', user_id, gen_random_uuid(), kind, data, true, occurred_at
    from notifications where kind = 'membership.joined' and seq = (select max(seq) from notifications)`)
  await waitUntil('one with an earlier id is there all the same', () => heard.ids().length === 2)
})
