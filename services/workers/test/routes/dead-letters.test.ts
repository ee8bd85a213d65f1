/**
 * The platform's dead letters by status code: those of workers themselves, those of tokens over real HTTP, and a
 * service that does not answer. Only the verdicts of authz are made up.
 */
import t from 'tap'
import { sql } from 'drizzle-orm'
import { RoleCreated } from '@gatehouse/contracts/events/authz/role'
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { MembershipRemoved } from '@gatehouse/contracts/events/orgs/membership'
import { createServer } from '@gatehouse/access/serve/server'
import { createServiceClient } from '@gatehouse/access/call/service-client'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import type { Db } from '@gatehouse/service-kit/postgres/connect'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createDeadLetters, type DeadLetters } from '@gatehouse/spine/dead-letters/dead-letters'
import { createDeadLettersClient } from '@gatehouse/spine/dead-letters/over-http'
import { createProjection } from '@gatehouse/spine/follow/projection'
import { createSpine } from '@gatehouse/spine/produce/producer'
import { bindSpineRoutes } from '@gatehouse/spine/produce/routes'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog as log } from '@gatehouse/test-kit/log'
import { noNats } from '@gatehouse/test-kit/nats'
import { accessTokens, assertionsOf, signerOf } from '@gatehouse/test-kit/service-keys'
import type { AllDeadLetters } from '../../src/use-cases/dead-letters/ask-owner.ts'
import type { Deps } from '../../src/deps.ts'
import { allEffects } from '../../src/events/subscriptions.ts'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import { openApp } from '../fixtures/app.ts'
import { audit } from '../fixtures/audit.ts'
import { personHeaders } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers', 'tokens'] })
const spineOf = (service: 'workers' | 'tokens') => {
  const [runtime, system] = [database.connect(service, 'runtime'), database.connect(service, 'system')]
  return { runtime, system, spine: createSpine({ service, runtime, system, nats: noNats(), log, clock: systemClock }) }
}
const ours = spineOf('workers')
const theirs = spineOf('tokens')

// Tokens with a projection that cannot apply anything until it is mended.
let isMended = false
const applied: string[] = []
const projection = createProjection({
  name: 'tokens--orgs',
  producer: 'orgs',
  client: createNeighbour('orgs').client,
  system: theirs.system,
  nats: noNats(),
  log,
  clock: systemClock,
  apply: async (_tx, event) => {
    if (!isMended) throw new Error('planted')
    applied.push(event.id)
  },
})
const tokensApp = createServer({
  service: 'tokens',
  log,
  assertions: assertionsOf('tokens'),
  accessTokens: accessTokens(),
})
bindSpineRoutes(tokensApp, { ...theirs, callers: [], snapshots: {}, projections: [projection] })
const http = createServiceClient({
  self: 'workers',
  target: 'tokens',
  baseUrl: await tokensApp.listen({ host: '127.0.0.1', port: 0 }),
  signer: signerOf('workers'),
  log,
})
t.teardown(() => http.close())
t.teardown(() => tokensApp.close())

const silent: DeadLetters = {
  list: () => Promise.reject(new Error('no answer')),
  replay: () => Promise.reject(new Error('no answer')),
  discard: () => Promise.reject(new Error('no answer')),
}
const deadLetters = {
  workers: createDeadLetters({ ...ours, consumers: allEffects(audit) }),
  tokens: createDeadLettersClient(http),
} as AllDeadLetters
let mayDo: string[] = []
const authz = {
  decide: async (_user: unknown, { scope, permission }: { scope: string; permission: string }) => ({
    allowed: mayDo.includes(`${scope} ${permission}`),
  }),
}
const buildWith = (letters: AllDeadLetters) => {
  const clients = { authz } as unknown as Deps['clients']
  const app = openApp({ log, clients, db: ours.runtime, system: ours.system, ...audit }, letters)
  t.teardown(() => app.close())
  return app
}
const app = buildWith(deadLetters)
const withSilence = buildWith({ ...deadLetters, orgs: silent })

const operator = newId('user')
const headersOf = personHeaders(operator)
const path = '/v1/platform/dead-letters'
type Letter = Record<string, unknown> & { id: string }
type Page = { data: Letter[]; page: { next_cursor: string | null; has_more: boolean }; unanswered: string[] }
const get = async (query = '', server = app) => {
  const answer = await server.inject({ method: 'GET', url: path + query, headers: headersOf(path + query) })
  return { status: answer.statusCode, body: answer.json<Page>() }
}
const post = async (url: string, payload?: object, server = app) => {
  const answer = await server.inject({
    method: 'POST',
    url,
    headers: headersOf(url, 'POST'),
    ...(payload && { payload }),
  })
  const body = answer.body === '' ? {} : answer.json<Record<string, unknown>>()
  return { status: answer.statusCode, body }
}

const roles = createNeighbour('authz')
const members = createNeighbour('orgs')
const someRole = () => {
  const [role_id, organization_id] = [newId('role'), newId('org')]
  return roles.announce(RoleCreated, {
    subject: role_id,
    orgid: organization_id,
    data: { role_id, organization_id, key: 'r' },
  })
}
const memberLeft = (subject: string) =>
  members.announce(MembershipRemoved, { subject, data: { membership_id: subject } as never })

async function keepDead(event: EventEnvelope, at: string): Promise<void> {
  await ours.system.execute(sql`
    insert into dead_letters (consumer, event_id, producer, event, state, attempts, reason, first_failed_at)
    values ('workers--audit', ${uuidOf(event.id)}, 'authz', ${JSON.stringify(event)}::jsonb, 'dead', 5,
      'Error: planted', ${at})`)
}
async function park(event: EventEnvelope, at: string): Promise<void> {
  await theirs.system.execute(sql`
    insert into parked_events (projection, event_id, aggregate_id, position, event, reason, parked_at)
    values ('tokens--orgs', ${uuidOf(event.id)}, ${uuidOf(event.subject)}, ${event.position},
      ${JSON.stringify(event)}::jsonb, 'Error: planted', ${at})`)
}
async function giveUp(event: EventEnvelope, at: string): Promise<void> {
  const payload = { name: 'send-mail.v1', data: {}, context: { correlation_id: 'req_1', causation_id: event.id } }
  await ours.system.execute(sql`
    insert into job_ledger (id, pipeline, recipient_key, event_id, payload, state, attempts, last_error, done_at)
    values (${uuidOf(newId('job'))}, 'mail', 'k', ${uuidOf(event.id)}, ${JSON.stringify(payload)}::jsonb, 'dead', 5,
      'no such mailbox', ${at})`)
}
const announced = async (system: Db, type: string) =>
  rowsOf<{ payload: Record<string, unknown>; headers: { actor: string } }>(
    await system.execute(sql`select payload, headers from outbox where subject = ${type} order by ordinal`),
  )

const [role, otherRole] = [someRole(), someRole()]
const member = newId('mem')
const [left, leftAgain] = [memberLeft(member), memberLeft(member)]
await keepDead(role, '2026-01-01T00:00:01Z')
await park(left, '2026-01-01T00:00:02Z')
await giveUp(role, '2026-01-01T00:00:03Z')
await park(leftAgain, '2026-01-01T00:00:04Z')
await keepDead(otherRole, '2026-01-01T00:00:05Z')
await giveUp(otherRole, '2026-01-01T00:00:06Z')

const everything = ['read', 'replay', 'discard'].map((verb) => `platform gatehouse:dead_letters.${verb}`)
const nothing = 'dlt_01h455vb4pex5vsknk084sn02q'

t.test('403: each verb is a permission of its own at the platform', async (t) => {
  mayDo = []
  const acts = [
    () => get(),
    () => post(`${path}/${nothing}/replay`),
    () => post(`${path}/${nothing}/discard`, { reason: 'old' }),
  ]
  for (const [at, act] of acts.entries()) {
    mayDo = everything.filter((_, index) => index !== at)
    t.equal((await act()).status, 403)
    mayDo = everything
    t.not((await act()).status, 403)
  }
})

t.test('200: one list of all services, oldest first, with kind, reader, reason and tries', async (t) => {
  const { status, body } = await get()
  t.equal(status, 200)
  t.match(body.data, [
    {
      service: 'workers',
      kind: 'event',
      reader: 'workers--audit',
      event_id: role.id,
      type: RoleCreated.type,
      subject: role.subject,
      organization_id: role.orgid,
      attempts: 5,
      reason: 'Error: planted',
    },
    { service: 'tokens', kind: 'parked_event', reader: 'tokens--orgs', event_id: left.id, attempts: null },
    {
      service: 'workers',
      kind: 'job',
      reader: 'mail',
      type: 'send-mail.v1',
      event_id: role.id,
      reason: 'no such mailbox',
    },
    { kind: 'parked_event', event_id: leftAgain.id },
    { kind: 'event', event_id: otherRole.id },
    { kind: 'job', event_id: otherRole.id, failed_at: '2026-01-01T00:00:06.000000Z' },
  ])
  t.same([body.page, body.unanswered], [{ next_cursor: null, has_more: false }, []])
})

t.test('200: pages of every size are the list, filters are parts of it', async (t) => {
  const whole = (await get()).body.data
  for (const limit of [1, 2, 4, 5]) {
    const read: Letter[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body }: { body: Page } = await get(`?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`)
      read.push(...body.data)
      cursor = body.page.next_cursor
    }
    t.same(read, whole)
  }
  const filters = {
    kind: ['event', 'parked_event', 'job'],
    service: ['workers', 'tokens', 'authz'],
    reader: ['mail', 'tokens--orgs'],
  }
  for (const [name, values] of Object.entries(filters))
    for (const value of values)
      t.same(
        (await get(`?${name}=${value}`)).body.data,
        whole.filter((letter) => letter[name] === value),
      )
  t.equal((await get('?cursor=WzEsMl0')).status, 400)
})

t.test('200: a service that does not answer is named, the others are listed', async (t) => {
  const { status, body } = await get('', withSilence)
  t.same([status, body.data.length, body.unanswered], [200, 6, ['orgs']])
})

t.test('404 is said only when every service has said it', async (t) => {
  t.equal((await post(`${path}/${nothing}/replay`)).status, 404)
  t.equal((await post(`${path}/${newId('job')}/replay`)).status, 404)
  t.equal((await post(`${path}/${newId('user')}/replay`)).status, 404)
  t.ok((await post(`${path}/${nothing}/replay`, undefined, withSilence)).status >= 500)
})

t.test('an event that is replayed by many at once has its effect once, and the audit trail says by whom', async (t) => {
  const [letter] = (await get('?kind=event')).body.data as [Letter]
  const answers = await Promise.all(Array.from({ length: 8 }, () => post(`${path}/${letter.id}/replay`)))
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array<number>(7).fill(404)])
  const records = rowsOf<{ id: string }>(await ours.system.execute(sql`select id from audit_events`))
  t.same(
    records.map(({ id }) => typeIdOf('evt', id)),
    [role.id],
  )
  t.match(await announced(ours.system, 'gatehouse.workers.dead_letter.replayed.v1'), [
    {
      payload: { dead_letter_id: letter.id, reader: 'workers--audit', event_id: role.id },
      headers: { actor: `user:${operator}` },
    },
  ])
})

t.test(
  'a parked event is replayed with the later ones of its aggregate, over HTTP, once the reason is mended',
  async (t) => {
    const [first, second] = (await get('?kind=parked_event')).body.data as [Letter, Letter]
    t.same(await post(`${path}/${first.id}/replay`), {
      status: 200,
      body: { outcome: 'failed', reason: 'Error: planted' },
    })
    t.equal((await post(`${path}/${first.id}/discard`, { reason: 'too old' })).status, 409, 'a projection never skips')
    t.equal((await get('?kind=parked_event')).body.data.length, 2)
    isMended = true
    t.same((await post(`${path}/${first.id}/replay`)).body, { outcome: 'replayed' })
    t.same(applied, [left.id, leftAgain.id])
    t.equal((await post(`${path}/${second.id}/replay`)).status, 404)
    t.match(await announced(theirs.system, 'gatehouse.tokens.dead_letter.replayed.v1'), [
      { payload: { dead_letter_id: first.id, event_id: left.id }, headers: { actor: `user:${operator}` } },
    ])
  },
)

t.test('a job gets its tries back and is due at once', async (t) => {
  const [letter] = (await get('?kind=job')).body.data as [Letter]
  t.same(await post(`${path}/${letter.id}/replay`), { status: 200, body: { outcome: 'queued' } })
  t.match(
    rowsOf(
      await ours.system.execute(
        sql`select state, attempts, due_at <= now() as due from job_ledger where id = ${uuidOf(letter.id)}`,
      ),
    ),
    [{ state: 'pending', attempts: 0, due: true }],
  )
  t.equal((await post(`${path}/${letter.id}/replay`)).status, 404)
})

t.test('what is given up is gone, with a reason in the audit trail', async (t) => {
  for (const kind of ['event', 'job']) {
    const [letter] = (await get(`?kind=${kind}`)).body.data as [Letter]
    t.equal((await post(`${path}/${letter.id}/discard`, {})).status, 400)
    t.equal((await post(`${path}/${letter.id}/discard`, { reason: '   ' })).status, 400)
    t.equal((await post(`${path}/${letter.id}/discard`, { reason: 'known fault' })).status, 204)
    t.equal((await post(`${path}/${letter.id}/discard`, { reason: 'known fault' })).status, 404)
    const told = (await announced(ours.system, 'gatehouse.workers.dead_letter.discarded.v1')).at(-1)
    t.match(told, {
      payload: { dead_letter_id: letter.id, kind, reason: 'known fault' },
      headers: { actor: `user:${operator}` },
    })
  }
  t.same((await get()).body.data, [])
})
