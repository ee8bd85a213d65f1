/**
 * Webhooks from an event to a real receiver over HTTP, through the ledger and Redis, and the API that manages them.
 * Only the verdicts of authz are made up.
 */
import t from 'tap'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import { isSignedWith, receiverOf, type Received, type Receiver } from '../fixtures/receiver.ts'
import { openWebhookPipelines } from '../fixtures/webhook-pipelines.ts'

const pipelines = await openWebhookPipelines(t)
const { database, system, mailbox, producers, denied, deps } = pipelines

const startReceiver = (answer?: Receiver['answer']): Promise<Receiver> => receiverOf(t, answer)
const owner = newId('user')
const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', org: string, path = '', body?: unknown, as = org) =>
  pipelines.ask({ method, url: `/v1/organizations/${org}/webhooks${path}`, body, userId: owner, orgId: as })
async function endpoint(
  receiver: Receiver,
  eventTypes = ['membership.*', 'organization.*'],
  org = newId('org'),
): Promise<{ org: string; id: string; secret: string }> {
  const { status, body } = await ask('POST', org, '', { url: receiver.url, event_types: eventTypes })
  if (status !== 201) throw new Error(`create answered ${status}: ${JSON.stringify(body)}`)
  return { org, id: String(body['id']), secret: String(body['secret']) }
}
const joined = (org: string, subject = newId('mem'), version = 1) =>
  producers.orgs.announce(MembershipCreated, {
    subject,
    version,
    orgid: org,
    data: { membership_id: subject, organization_id: org, user_id: owner, is_owner: false, via: 'invitation' } as never,
  })
const renamed = (org: string) =>
  producers.orgs.announce(OrganizationUpdated, {
    subject: org,
    orgid: org,
    data: { organization_id: org, changed: ['name'] } as never,
  })
const has = (receiver: Receiver, count: number) =>
  waitUntil(`${count} deliveries arrived`, async () => receiver.received.length >= count, 60_000)
const deliveriesOf = async ({ org, id }: { org: string; id: string }) =>
  (await ask('GET', org, `/${id}/deliveries`)).body['data'] as {
    id: string
    state: string
    attempts: number
    last_error: string | null
  }[]
const settled = (of: { org: string; id: string }, state: string, count = 1) =>
  waitUntil(
    `${count} are ${state}`,
    async () => (await deliveriesOf(of)).filter((one) => one.state === state).length >= count,
    60_000,
  )

t.test('an event reaches the endpoints of its organization that listen to it, once and signed', async (t) => {
  const [all, some, other] = [await startReceiver(), await startReceiver(), await startReceiver()]
  const first = await endpoint(all)
  const second = await endpoint(some, ['organization.*'], first.org)
  await endpoint(other)
  const event = joined(first.org)
  renamed(first.org)
  await Promise.all([has(all, 2), has(some, 1)])
  const received = all.received.find(({ type }) => type === 'membership.created') as Received
  t.match(received.headers, { 'content-type': 'application/json', 'webhook-id': /^whd_/ })
  t.match(JSON.parse(received.body), {
    type: 'membership.created',
    timestamp: event.time,
    organization_id: first.org,
    data: event.data,
  })
  t.ok(all.received.every((one) => isSignedWith(one, first.secret)))
  t.ok(some.received.every((one) => isSignedWith(one, second.secret) && one.type === 'organization.updated'))
  await settled(first, 'delivered', 2)
  t.same([all.received.length, some.received.length, other.received.length], [2, 1, 0])
  const [{ id }] = (await deliveriesOf(second)) as unknown as [{ id: string }]
  t.match((await ask('GET', first.org, `/${second.id}/deliveries/${id}`)).body, {
    state: 'delivered',
    request_body: { type: 'organization.updated' },
    log: [{ status: 204, response_body: '', error: null }],
  })
})

t.test(
  'an attempt that fails is made again under the same id and signed anew; things keep their order and delay no others',
  async (t) => {
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const ofFirst = () => receiver.received.filter(({ body }) => body.includes('"version":1'))
    // Two attempts fail, the next waits for the test: neither depends on how fast the machine is.
    const receiver = await startReceiver(async ({ body }) => {
      if (!body.includes('"version":1')) return 200
      if (ofFirst().length <= 2) return 500
      await held
      return 200
    })
    t.teardown(() => release())
    const of = await endpoint(receiver)
    const subject = newId('mem')
    const about = (version: number, mem = subject) =>
      producers.orgs.announce(MembershipCreated, {
        subject: mem,
        version,
        orgid: of.org,
        data: { membership_id: mem, organization_id: of.org, user_id: owner, version } as never,
      })
    about(1)
    about(2)
    about(3)
    about(4, newId('mem'))
    await waitUntil(
      'the other thing arrived',
      async () => receiver.received.some(({ body }) => body.includes('"version":4')),
      60_000,
    )
    await waitUntil('three attempts', async () => ofFirst().length >= 3, 60_000)
    t.notOk(
      receiver.received.some(({ body }) => /"version":[23]/.test(body)),
      'later ones about the same thing wait',
    )
    release()
    await settled(of, 'delivered', 4)
    const order = receiver.received
      .filter(({ body }) => !body.includes('"version":4'))
      .map(({ body }) => /"version":(\d)/.exec(body)?.[1])
    t.same([...new Set(order)], ['1', '2', '3'])
    const attempts = ofFirst()
    t.equal(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size, 1)
    t.ok(attempts.every((one) => isSignedWith(one, of.secret)))
  },
)

t.test('what is given up is seen, replayed alone or by time, and lets the next go on', async (t) => {
  const receiver = await startReceiver(() => 503)
  const of = await endpoint(receiver)
  const subject = newId('mem')
  joined(of.org, subject, 1)
  joined(of.org, subject, 2)
  await settled(of, 'failed', 2)
  t.equal(receiver.received.length, 10, 'five attempts for each')
  const [last, first] = (await deliveriesOf(of)) as unknown as [{ id: string }, { id: string }]
  t.match((await ask('GET', of.org, `/${of.id}/deliveries/${first.id}`)).body, {
    attempts: 5,
    last_status: 503,
    log: { length: 5 },
  })
  receiver.answer = () => 200
  t.equal((await ask('POST', of.org, `/${of.id}/deliveries/${last.id}/replay`)).status, 202)
  await settled(of, 'delivered', 1)
  t.equal(receiver.received.at(-1)?.headers['webhook-id'], last.id)
  const span = { from: '2020-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' }
  t.match(await ask('POST', of.org, `/${of.id}/replay`, span), { status: 202, body: { count: 1 } })
  await settled(of, 'delivered', 2)
  t.equal(receiver.received.length, 12)
})

t.test('one slow endpoint holds up nobody', async (t) => {
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const slow = await startReceiver(async () => (await held, 200))
  const [ofSlow, fast] = [await endpoint(slow), await startReceiver()]
  for (let n = 0; n < 60; n += 1) joined(ofSlow.org)
  await has(slow, 2)
  const ofFast = await endpoint(fast)
  for (let n = 0; n < 20; n += 1) joined(ofFast.org)
  await has(fast, 20)
  t.ok(slow.received.length < 10, `${slow.received.length} at the slow one while it answered none`)
  release()
  await settled(ofSlow, 'delivered', 50)
})

t.test('both secrets sign for a day after a rotation, and only the new one later', async (t) => {
  const receiver = await startReceiver()
  const of = await endpoint(receiver)
  const rotated = await ask('POST', of.org, `/${of.id}/rotate-secret`)
  t.match(rotated, { status: 200, body: { secret: /^whsec_/, previous_secret_until: /Z$/ } })
  const secret = String(rotated.body['secret'])
  t.match(await ask('POST', of.org, `/${of.id}/test`), { status: 202, body: { delivery_id: /^whd_/ } })
  await has(receiver, 1)
  t.ok([of.secret, secret].every((one) => isSignedWith(receiver.received[0] as Received, one)))
  t.equal(receiver.received[0]?.type, 'webhook.test')
  await database.connect('workers', 'runtime').transaction(async (tx) => {
    await tx.execute(sql`select set_config('app.org_id', ${uuidOf(of.org)}, true)`)
    await tx.execute(sql`update webhook_endpoints set previous_secret_until = now() where id = ${uuidOf(of.id)}`)
  })
  await ask('POST', of.org, `/${of.id}/test`)
  await has(receiver, 2)
  t.same(
    [of.secret, secret].map((one) => isSignedWith(receiver.received[1] as Received, one)),
    [false, true],
  )
  t.notOk('secret' in (await ask('GET', of.org, `/${of.id}`)).body, 'shown once')
})

t.test('an endpoint that is gone, or fails for long, is disabled, and its maker is told', async (t) => {
  for (const [answer, because] of [
    [410, /410 Gone/],
    [500, /too long/],
  ] as const) {
    const receiver = await startReceiver(() => answer)
    const of = await endpoint(receiver)
    if (answer === 500)
      await system.execute(
        sql`update webhook_endpoints set failing_since = now() - interval '2 hours' where id = ${uuidOf(of.id)}`,
      )
    joined(of.org)
    await waitUntil(
      'it is disabled',
      async () => (await ask('GET', of.org, `/${of.id}`)).body['status'] === 'disabled',
      60_000,
    )
    t.match((await ask('GET', of.org, `/${of.id}`)).body['disabled_reason'], because)
    await mailbox.waitFor(
      (mail) => mail.To[0]?.Address === `${owner}@example.com` && mail.Subject.includes('webhook'),
      60_000,
    )
    for (const path of ['test', 'replay'])
      t.equal(
        (
          await ask(
            'POST',
            of.org,
            `/${of.id}/${path}`,
            path === 'test' ? undefined : { from: '2020-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' },
          )
        ).status,
        409,
      )
    receiver.answer = () => 200
    t.match(await ask('PATCH', of.org, `/${of.id}`, { status: 'active' }), {
      status: 200,
      body: { disabled_reason: null },
    })
    t.match(
      await ask('POST', of.org, `/${of.id}/replay`, { from: '2020-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' }),
      { body: { count: 1 } },
    )
    await settled(of, 'delivered')
  }
})

t.test('the API by status: what may not be, whose it is, who may', async (t) => {
  const receiver = await startReceiver()
  const of = await endpoint(receiver)
  const body = { url: receiver.url, event_types: ['*'] }
  for (const url of ['x', 'ftp://example.com/', 'https://user:secret@example.com/', 'https://example.com/#here'])
    t.match(await ask('POST', of.org, '', { ...body, url }), { status: 400, body: { code: 'validation_failed' } }, url)
  for (const event_types of [[], ['Membership'], ['*', '*'], ['a.b.c']])
    t.equal((await ask('POST', of.org, '', { ...body, event_types })).status, 400)
  const paths: [Parameters<typeof ask>[0], string, unknown?][] = [
    ['GET', ''],
    ['GET', '/deliveries'],
    ['PATCH', '', { description: 'x' }],
    ['POST', '/rotate-secret'],
    ['POST', '/test'],
    ['POST', '/replay', { from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z' }],
    ['POST', `/deliveries/${newId('whd')}/replay`],
    ['GET', `/deliveries/${newId('whd')}`],
    ['DELETE', ''],
  ]
  const stranger = newId('org')
  for (const [method, path, sent] of paths) {
    t.equal(
      (await ask(method, stranger, `/${of.id}${path}`, sent)).status,
      404,
      `${method} ${path} of another organization`,
    )
    t.equal((await ask(method, of.org, `/${newId('whk')}${path}`, sent)).status, 404, `${method} ${path} of none`)
    const permission = `gatehouse:webhooks.${method === 'GET' ? 'read' : 'write'}`
    denied.add(permission)
    t.match(await ask(method, of.org, `/${of.id}${path}`, sent), { status: 403, body: { code: 'forbidden' } })
    denied.delete(permission)
  }
  for (const permission of ['read', 'write']) denied.add(`gatehouse:webhooks.${permission}`)
  t.match(await ask('GET', of.org), { status: 403, body: { code: 'forbidden' } })
  const unwanted = { url: receiver.url, event_types: ['user.*'] }
  t.match(await ask('POST', of.org, '', unwanted), { status: 403, body: { code: 'forbidden' } })
  denied.clear()
  t.match((await ask('GET', of.org)).body['data'], [{ id: of.id }])
  t.match(
    await ask('PATCH', of.org, `/${of.id}`, {
      description: 'ours',
      event_types: ['user.*'],
      url: `${receiver.url}&c=d`,
    }),
    {
      status: 200,
      body: { description: 'ours', event_types: ['user.*'], url: `${receiver.url}&c=d` },
    },
  )
  t.equal((await ask('DELETE', of.org, `/${of.id}`)).status, 204)
  t.equal((await ask('GET', of.org, `/${of.id}`)).status, 404)
  const full = newId('org')
  const made = await Promise.all(Array.from({ length: 24 }, () => ask('POST', full, '', body)))
  t.same(
    [201, 409].map((status) => made.filter((one) => one.status === status).length),
    [20, 4],
  )
  const actions = async () =>
    (
      (await system.execute(
        sql`select action from audit_events where target_id = ${of.id} order by occurred_at, id`,
      )) as unknown as { action: string }[]
    ).map(({ action }) => action)
  await waitUntil('the trail is written', async () => (await actions()).length >= 3, 60_000)
  t.same(await actions(), ['webhook.created', 'webhook.updated', 'webhook.deleted'])
})

t.test('a job that died without settling its delivery is noticed, and its lane goes on', async (t) => {
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  // The first delivery stays under way, however slow the machine: none of its attempts is answered before the end.
  const receiver = await startReceiver(async ({ headers }) => {
    if (headers['webhook-id'] !== receiver.received[0]?.headers['webhook-id']) return 200
    await held
    return 503
  })
  t.teardown(() => release())
  const of = await endpoint(receiver)
  const subject = newId('mem')
  joined(of.org, subject, 1)
  await has(receiver, 1)
  joined(of.org, subject, 2)
  await waitUntil('both are written down', async () => (await deliveriesOf(of)).length === 2, 60_000)
  const died = await system.execute(
    sql`update job_ledger set state = 'dead', done_at = now() where pipeline = 'webhook' and state = 'pending'
      and id in (select job_id from webhook_deliveries where endpoint_id = ${uuidOf(of.id)}) returning id`,
  )
  t.equal(died.length, 1)
  const { keepDeliveries } = await import('../../src/use-cases/webhooks/keep-deliveries.ts')
  await keepDeliveries(deps)
  await settled(of, 'delivered')
  release()
  t.same(
    (await deliveriesOf(of)).map(({ state }) => state),
    ['delivered', 'failed'],
  )
})
