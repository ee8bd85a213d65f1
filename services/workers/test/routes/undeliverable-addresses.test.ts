/** Addresses that take no mail, as operators see them. */
import t from 'tap'
import type { UndeliverableAddress } from '@gatehouse/contracts/http/workers/undeliverable-addresses'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createSpine } from '@gatehouse/spine/produce/producer'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { sql } from 'drizzle-orm'
import type { Deps } from '../../src/deps.ts'
import { erasePerson } from '../../src/store/notifications.ts'
import { isUndeliverable } from '../../src/store/undeliverable-addresses.ts'
import { noteRefusal } from '../../src/use-cases/mails/undeliverable.ts'
import { openApp } from '../fixtures/app.ts'
import { audit } from '../fixtures/audit.ts'
import { personHeaders } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system', 3)
const db = database.connect('workers', 'runtime', 1)
const spine = createSpine({ service: 'workers', runtime: db, system, nats: noNats(), log, clock: systemClock })
const held = new Set(['gatehouse:users.read', 'gatehouse:users.send_mail'])
const deps = {
  ...audit,
  spine,
  log,
  system,
  db,
  clients: {
    authz: {
      decide: async (_: unknown, { scope, permission }: { scope: string; permission: string }) => ({
        allowed: scope === 'platform' && held.has(permission),
      }),
    },
  },
} as unknown as Deps
const app = openApp(deps)
t.teardown(() => app.close())

const operator = personHeaders(newId('user'))
const path = '/v1/platform/undeliverable-addresses'
async function ask(method: 'GET' | 'DELETE', url: string) {
  const response = await app.inject({ method, url, headers: operator(url, method) })
  const body = (response.body === '' ? {} : response.json()) as {
    data: UndeliverableAddress[]
    page: { next_cursor: string }
  }
  return { status: response.statusCode, body }
}
const refuse = (address: string, userId?: string) =>
  noteRefusal(deps, { address, userId, mail: 'sign-in-code', reason: 'smtp EENVELOPE 550' })
const [ann, bob] = [newId('user'), newId('user')]

t.test('operators read whose address it is and what its server said, and let mails go there again', async (t) => {
  await refuse('ann@example.com', ann)
  await refuse('ANN@example.com', ann)
  await refuse('stranger@example.com')
  await refuse('bob@example.com', bob)
  const { body } = await ask('GET', `${path}?limit=2`)
  t.match(body.data, [{ user_id: bob, refusals: 1 }, { user_id: null }])
  const rest = await ask('GET', `${path}?limit=2&cursor=${body.page.next_cursor}`)
  t.match(rest.body.data, [{ user_id: ann, refusals: 2, mail: 'sign-in-code', reason: 'smtp EENVELOPE 550' }])
  t.match((await ask('GET', `${path}?user=${ann}`)).body.data, [{ user_id: ann }])
  t.equal((await ask('GET', `${path}?cursor=x`)).status, 400)
  const [first] = rest.body.data
  t.equal((await ask('DELETE', `${path}/${first?.id}`)).status, 204)
  t.equal((await ask('DELETE', `${path}/${first?.id}`)).status, 404)
  t.equal(await isUndeliverable(system, 'ann@example.com'), false)
  t.equal(await isUndeliverable(system, 'bob@example.com'), true)
  const written = rowsOf(await system.execute(sql`select * from outbox where aggregate_type = 'undeliverable_address'`))
  t.match(written.at(-1), { payload: { user_id: ann } })
  t.notMatch(JSON.stringify(written), /example\.com/)
})

t.test('nobody else reads or clears them', async (t) => {
  const [one] = (await ask('GET', path)).body.data
  held.clear()
  t.equal((await ask('GET', path)).status, 403)
  t.equal((await ask('DELETE', `${path}/${one?.id}`)).status, 403)
  held.add('gatehouse:users.read')
  t.equal((await ask('DELETE', `${path}/${one?.id}`)).status, 403, 'to see is not to change')
})

t.test('nothing is kept of a person who was erased, and nothing comes later', async (t) => {
  await inScope(system, {}, (tx) => erasePerson(tx, bob))
  t.equal(await isUndeliverable(system, 'bob@example.com'), false)
  await refuse('bob@example.com', bob)
  t.equal(await isUndeliverable(system, 'bob@example.com'), false)
})
