/** Of many who settle one alert at once, over two replicas, one does, and one event says so. */
import * as signIn from '@gatehouse/contracts/events/identity/sign-in'
import type { SecurityAlert } from '@gatehouse/contracts/http/workers/security-alerts'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createSpine } from '@gatehouse/spine/produce/producer'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { sql } from 'drizzle-orm'
import t from 'tap'
import type { Deps } from '../../src/deps.ts'
import { recordAlerts } from '../../src/use-cases/alerts/record-alerts.ts'
import { aside } from '../fixtures/alert-events.ts'
import { openApp } from '../fixtures/app.ts'
import { personHeaders } from '../fixtures/callers.ts'

const atOnce = 32
const operator = newId('user')
const clients = { authz: { decide: async () => ({ allowed: true }) } }
const database = await testDatabase(t, { services: ['workers'] })
const replicas = [1, 2].map(() => {
  const [system, db] = [database.connect('workers', 'system', 3), database.connect('workers', 'runtime', 6)]
  const spine = createSpine({ service: 'workers', runtime: db, system, nats: noNats(), log, clock: systemClock })
  const app = openApp({ spine, log, system, db, nats: noNats(), clients } as unknown as Deps)
  t.teardown(() => app.close())
  return { app, system }
}) as [Replica, Replica]
type Replica = { app: ReturnType<typeof openApp>; system: ReturnType<typeof database.connect> }
const [{ system }] = replicas

async function ask(at: number, path: string): Promise<number> {
  const url = `/v1/platform/security-alerts/${path}`
  const answer = await (replicas[at % 2] as Replica).app.inject({
    method: 'POST',
    url,
    headers: { ...personHeaders(operator)(url, 'POST'), 'content-type': 'application/json' },
    ...(path.endsWith('/resolve') && { payload: JSON.stringify({ resolution: 'it was me' }) }),
  })
  return answer.statusCode
}

async function openAlert(): Promise<string> {
  const person = newId('user')
  const event = aside.announce(signIn.SignInLocked, { subject: person, data: { user_id: person, scope: 'pair' } })
  await inScope(system, {}, (tx) => recordAlerts(tx, [event], (_, run) => run()))
  const url = '/v1/me/security-alerts'
  const { data } = (await replicas[0].app.inject({ url, headers: personHeaders(person)(url) })).json<{
    data: SecurityAlert[]
  }>()
  return data[0]?.id ?? ''
}

/** `raised`, `acknowledged`, `resolved`, in the order in which they were written. */
const announced = async (id: string): Promise<string[]> =>
  rowsOf<{ subject: string }>(
    await system.execute(sql`select subject from outbox where aggregate_id = ${uuidOf(id, 'alr')} order by ordinal`),
  ).map(({ subject }) => /security_alert\.(\w+)/.exec(subject)?.[1] ?? subject)

const askAtOnce = async (paths: readonly string[]): Promise<number[]> =>
  Promise.all(Array.from({ length: atOnce }, (_, at) => ask(at, paths[at % paths.length] ?? '')))

t.test('of many who acknowledge, and of many who resolve, one does', async (t) => {
  const id = await openAlert()
  for (const verb of ['acknowledge', 'resolve']) {
    const statuses = await askAtOnce([`${id}/${verb}`])
    t.same(
      statuses.filter((status) => status !== 409),
      [200],
      verb,
    )
  }
  t.same(await announced(id), ['raised', 'acknowledged', 'resolved'])
})

t.test('what is resolved is not acknowledged after it', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const id = await openAlert()
    const statuses = await askAtOnce([`${id}/acknowledge`, `${id}/resolve`, `${id}/resolve`])
    const settled = statuses.filter((status) => status === 200).length
    t.equal(statuses.filter((status) => status === 409).length, atOnce - settled)
    const events = (await announced(id)).slice(1)
    t.equal(events.length, settled, events.join())
    t.equal(events.at(-1), 'resolved')
    t.equal(new Set(events).size, events.length, events.join())
  }
})
