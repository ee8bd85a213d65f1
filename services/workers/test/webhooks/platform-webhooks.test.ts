/**
 * Webhooks of the platform, from an event to a real receiver: what happens in every organization, in none, or both. No
 * organization sees them, and they see no organization's.
 */
import t from 'tap'
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import { OrganizationDeleted, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { inScope, rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { sql } from 'drizzle-orm'
import { createPlatformEar } from '../../src/use-cases/webhooks/platform-ear.ts'
import { isSignedWith, receiverOf, type Receiver } from '../fixtures/receiver.ts'
import { openWebhookPipelines } from '../fixtures/webhook-pipelines.ts'

const { database, system, mailbox, producers, denied, ask: askAs } = await openWebhookPipelines(t)
const operator = newId('user')
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
type Endpoint = { id: string; secret: string; base: string }

const ask = (method: Method, url: string, body?: unknown, orgId?: string) =>
  askAs({ method, url, body, userId: operator, ...(orgId !== undefined && { orgId }) })
const platform = '/v1/platform/webhooks'
const reason = 'Ticket 4720'
const because = `?reason=${encodeURIComponent(reason)}`
const ofOrganization = (orgId: string) => `/v1/organizations/${orgId}/webhooks`

async function endpoint(receiver: Receiver, more: object = {}, orgId?: string): Promise<Endpoint> {
  const base = orgId === undefined ? platform : ofOrganization(orgId)
  const asked = { url: receiver.url, event_types: ['*'], ...more, ...(orgId === undefined && { reason }) }
  const { status, body } = await ask('POST', base, asked, orgId)
  if (status !== 201) throw new Error(`create answered ${status}: ${JSON.stringify(body)}`)
  return { id: String(body['id']), secret: String(body['secret']), base: `${base}/${String(body['id'])}` }
}
const suspended = (user_id = newId('user')) =>
  producers.identity.announce(UserDisabled, { subject: user_id, userid: user_id, data: { user_id } as never })
const renamed = (orgId: string) =>
  producers.orgs.announce(OrganizationUpdated, {
    ...{ subject: orgId, orgid: orgId, data: { organization_id: orgId, status: 'active', changed: ['name'] } },
  })
const about = ({ received }: Receiver, eventId: string) => received.filter(({ body }) => body.includes(eventId))
/** Whatever an endpoint hears of an event is written down for all at once, so what one has received, all have. */
const writtenFor = async (eventId: string): Promise<string[]> =>
  rowsOf<{ endpoint_id: string }>(
    await system.execute(sql`select endpoint_id from webhook_deliveries where event_id = ${uuidOf(eventId)}`),
  ).map((row) => row.endpoint_id)
const uuids = (...endpoints: Endpoint[]) => endpoints.map(({ id }) => uuidOf(id)).sort()
const isDelivered = (of: Endpoint, eventType: string) =>
  waitUntil(
    `${eventType} is delivered`,
    async () =>
      ((await ask('GET', `${of.base}/deliveries`)).body['data'] as { event_type: string; state: string }[]).some(
        (one) => one.event_type === eventType && one.state === 'delivered',
      ),
    30_000,
  )

// Deliveries that are under way hold their rows against a deletion of all endpoints at once, which only tests do.
t.afterEach(() =>
  waitUntil(
    'the endpoints are deleted',
    () =>
      system.execute(sql`delete from webhook_endpoints`).then(
        () => true,
        () => false,
      ),
    30_000,
  ),
)

t.test('an endpoint hears of every organization, of what happens in none, or of both', async (t) => {
  const orgId = newId('org')
  const receiver = await receiverOf(t)
  const both = await endpoint(receiver)
  const organizations = await endpoint(await receiverOf(t), { sources: ['organizations'] })
  const none = await endpoint(await receiverOf(t), { sources: ['platform'] })
  const users = await endpoint(await receiverOf(t), { event_types: ['user.*'] })
  const own = await endpoint(await receiverOf(t), {}, orgId)
  await endpoint(await receiverOf(t), {}, newId('org'))
  const [user, first, second] = [newId('user'), renamed(orgId), renamed(newId('org'))]
  const third = suspended(user)
  // That the organization has an endpoint of its own now is told of it as well.
  const renaming = (id: string) => about(receiver, id).find(({ body }) => body.includes('"organization.updated"'))
  await waitUntil(
    'all three arrived',
    async () => [renaming(orgId), renaming(second.subject), about(receiver, user)[0]].every((one) => one),
    30_000,
  )
  t.same((await writtenFor(first.id)).sort(), uuids(both, organizations, own))
  t.same((await writtenFor(second.id)).sort(), uuids(both, organizations))
  t.same((await writtenFor(third.id)).sort(), uuids(both, none, users))
  const [ofOrg, ofUser] = [renaming(orgId), about(receiver, user)[0]]
  t.ok([ofOrg, ofUser].every((one) => one && isSignedWith(one, both.secret)))
  t.match(JSON.parse(ofOrg?.body ?? ''), { type: 'organization.updated', organization_id: orgId, data: first.data })
  t.match(JSON.parse(ofUser?.body ?? ''), { type: 'user.disabled', organization_id: null, data: third.data })
})

t.test('of an organization that is deleted the platform hears, once its own endpoints are gone', async (t) => {
  const orgId = newId('org')
  const receiver = await receiverOf(t)
  const [ofPlatform, own] = [await endpoint(receiver), await endpoint(await receiverOf(t), {}, orgId)]
  const event = producers.orgs.announce(OrganizationDeleted, {
    ...{ subject: orgId, orgid: orgId, data: { organization_id: orgId, min_ov: 2 } },
  })
  // The platform also hears that the organization's own endpoint was made.
  const isOfDeletion = ({ body }: { body: string }): boolean => body.includes('organization.deleted')
  await waitUntil('it arrived', async () => about(receiver, orgId).some(isOfDeletion), 30_000)
  t.same(await writtenFor(event.id), uuids(ofPlatform))
  t.equal((await ask('GET', own.base, undefined, orgId)).status, 404)
})

t.test('secret, test event, delivery log and replay are those of any endpoint; each change is audited', async (t) => {
  const receiver = await receiverOf(t)
  const of = await endpoint(receiver, { sources: ['organizations'] })
  const rotated = await ask('POST', `${of.base}/rotate-secret`, { reason })
  t.match(rotated, { status: 200, body: { secret: /^whsec_/, previous_secret_until: /Z$/ } })
  t.equal((await ask('POST', `${of.base}/test`)).status, 202)
  await isDelivered(of, 'webhook.test')
  const [sent] = receiver.received
  t.ok([of.secret, String(rotated.body['secret'])].every((secret) => sent && isSignedWith(sent, secret)))
  const { body } = await ask('GET', `${of.base}/deliveries`)
  const [{ id }] = body['data'] as [{ id: string }]
  t.match(await ask('GET', `${of.base}/deliveries/${id}`), { status: 200, body: { log: [{ status: 204 }] } })
  t.equal((await ask('POST', `${of.base}/deliveries/${id}/replay`)).status, 202)
  await waitUntil('it arrived again', async () => receiver.received.length === 2, 30_000)
  const span = { from: '2020-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' }
  t.match(await ask('POST', `${of.base}/replay`, span), { status: 202, body: { count: 0 } })
  t.match(await ask('PATCH', of.base, { sources: ['platform'], reason }), {
    status: 200,
    body: { sources: ['platform'] },
  })
  t.match((await ask('GET', platform)).body['data'], [{ id: of.id, sources: ['platform'] }])
  t.equal((await ask('DELETE', of.base + because)).status, 204)
  const records = async () =>
    rowsOf<{ action: string; org_id: string | null; reason: string | null }>(
      await system.execute(sql`select action, org_id, data ->> 'reason' as reason from audit_events
        where target_id = ${of.id} order by occurred_at, id`),
    )
  await waitUntil('the trail is written', async () => (await records()).length >= 6, 30_000)
  t.same(
    (await records()).map(({ action, org_id, reason: said }) => [action, org_id, said]),
    ['created', 'secret_rotated', 'replayed', 'replayed', 'updated', 'deleted'].map((what) => [
      `webhook.${what}`,
      null,
      what === 'replayed' ? null : reason,
    ]),
  )
})

t.test('one that is gone is disabled, and the operator who made it is told', async (t) => {
  const of = await endpoint(await receiverOf(t, () => 410))
  renamed(newId('org'))
  await waitUntil('it is disabled', async () => (await ask('GET', of.base)).body['status'] === 'disabled', 30_000)
  const mail = await mailbox.waitFor(({ To: [to] }) => to?.Address === `${operator}@example.com`, 30_000)
  t.match(mail.Subject, 'webhook of the platform')
  t.equal((await ask('POST', `${of.base}/test`)).status, 409)
})

t.test('no path and no row leads from an organization to the platform, or back', async (t) => {
  const orgId = newId('org')
  const receiver = await receiverOf(t)
  const [ofPlatform, own] = [await endpoint(receiver), await endpoint(receiver, {}, orgId)]
  await ask('POST', `${ofPlatform.base}/test`)
  await ask('POST', `${own.base}/test`, undefined, orgId)
  await waitUntil('both arrived', async () => receiver.received.length >= 2, 30_000)
  // Of the platform's a change says why.
  const why: Record<string, [string, object?]> = {
    'PATCH ': ['', { description: 'x', reason }],
    'POST /rotate-secret': ['', { reason }],
    'DELETE ': [because],
  }
  const paths: [Method, string, unknown?][] = [
    ['GET', ''],
    ['GET', '/deliveries'],
    ['GET', `/deliveries/${newId('whd')}`],
    ['PATCH', '', { description: 'x' }],
    ['POST', '/rotate-secret'],
    ['POST', '/test'],
    ['POST', '/replay', { from: '2020-01-01T00:00:00Z', to: '2021-01-01T00:00:00Z' }],
    ['POST', `/deliveries/${newId('whd')}/replay`],
    ['DELETE', ''],
  ]
  for (const [method, path, body] of paths) {
    const [query, said] = why[`${method} ${path}`] ?? ['']
    const asPlatform = (base: string) => ask(method, base + path + query, said ?? body)
    t.equal((await asPlatform(`${platform}/${own.id}`)).status, 404, `${method} ${path} of its own`)
    const url = `${ofOrganization(orgId)}/${ofPlatform.id}${path}`
    t.equal((await ask(method, url, body, orgId)).status, 404, `${method} ${path} of the platform`)
    const permission = method === 'GET' ? 'gatehouse:platform.read' : 'gatehouse:platform.webhooks'
    denied.add(permission)
    t.match(await asPlatform(ofPlatform.base), { status: 403, body: { code: 'forbidden' } })
    denied.delete(permission)
  }
  for (const permission of ['read', 'webhooks']) denied.add(`gatehouse:platform.${permission}`)
  t.match(await ask('GET', platform), { status: 403, body: { code: 'forbidden' } })
  denied.clear()
  t.match((await ask('GET', platform)).body['data'], [{ id: ofPlatform.id }])
  t.match((await ask('GET', ofOrganization(orgId), undefined, orgId)).body['data'], [{ id: own.id }])

  const runtime = database.connect('workers', 'runtime')
  const scopes = [
    { scope: {}, sees: [null] },
    { scope: { orgId }, sees: [uuidOf(orgId)] },
  ]
  for (const { scope, sees } of [...scopes, { scope: { userId: operator }, sees: [] }])
    for (const table of ['webhook_endpoints', 'webhook_deliveries', 'webhook_attempts'])
      await waitUntil(
        `${table} as ${JSON.stringify(scope)}`,
        () =>
          inScope(runtime, scope, async (tx) => {
            const rows = rowsOf<{ org_id: string | null }>(
              await tx.execute(sql`select distinct org_id from ${sql.identifier(table)}`),
            )
            return JSON.stringify(rows.map((row) => row.org_id)) === JSON.stringify(sees)
          }),
        30_000,
      )
  await t.rejects(
    inScope(runtime, { orgId }, (tx) =>
      tx.execute(sql`update webhook_endpoints set org_id = null, sources = '{platform}'`),
    ),
    'an organization makes none of its endpoints the platform’s',
  )
})

t.test('what an endpoint may be', async (t) => {
  const receiver = await receiverOf(t)
  const body = { url: receiver.url, event_types: ['*'], reason }
  for (const sources of [[], ['everywhere'], ['platform', 'platform']])
    t.equal((await ask('POST', platform, { ...body, sources })).status, 400, JSON.stringify(sources))
  const orgId = newId('org')
  t.equal((await ask('POST', ofOrganization(orgId), { ...body, sources: ['platform'] }, orgId)).status, 400)
  t.match(await ask('POST', platform, { ...body, url: 'ftp://example.com/' }), {
    ...{ status: 400, body: { code: 'validation_failed' } },
  })
  const made = await Promise.all(Array.from({ length: 24 }, () => ask('POST', platform, body)))
  t.same(
    [201, 409].map((status) => made.filter((one) => one.status === status).length),
    [20, 4],
  )
})

t.test('400: a change of the platform’s says why; one of an organization’s does not', async (t) => {
  const receiver = await receiverOf(t)
  const orgId = newId('org')
  const body = { url: receiver.url, event_types: ['user.*'] }
  const [of, own] = [await endpoint(receiver, body), await endpoint(receiver, body, orgId)]
  for (const bad of [undefined, '', ' ', 'two\nlines', 'x'.repeat(501)]) {
    const said = bad === undefined ? {} : { reason: bad }
    const query = bad === undefined ? '' : `?reason=${encodeURIComponent(bad)}`
    t.equal((await ask('POST', platform, { ...body, ...said })).status, 400, 'create')
    t.equal((await ask('PATCH', of.base, { description: 'x', ...said })).status, 400, 'update')
    t.equal((await ask('POST', `${of.base}/rotate-secret`, said)).status, 400, 'rotate')
    t.equal((await ask('DELETE', of.base + query)).status, 400, 'delete')
  }
  t.match(await ask('GET', of.base), { status: 200, body: { description: '', previous_secret_until: null } })
  t.equal((await ask('PATCH', own.base, { description: 'x', reason }, orgId)).status, 400)
  t.equal((await ask('PATCH', own.base, { description: 'x' }, orgId)).status, 200)
})

t.test('that nobody listens is believed for a second, and nothing longer', async (t) => {
  let nowMs = 0
  let asked = 0
  const ear = createPlatformEar({ nowMs: () => nowMs })
  const db = {
    execute: async (statement: Parameters<typeof system.execute>[0]) => ((asked += 1), system.execute(statement)),
  } as unknown as typeof system
  t.equal(ear.mayHear(), true, 'before it was asked')
  await ear.listen(db)
  t.equal(ear.mayHear(), false)
  await ear.listen(db)
  t.equal(asked, 1, 'what is known is not asked')
  const of = await endpoint(await receiverOf(t), { sources: ['organizations'] })
  nowMs = 1000
  t.equal(ear.mayHear(), true)
  await ear.listen(db)
  t.equal(ear.mayHear(), false, 'one that hears of organizations alone is none')
  await ask('PATCH', of.base, { sources: ['platform'], reason })
  nowMs = 2000
  await ear.listen(db)
  t.equal(ear.mayHear(), true)
  await ask('PATCH', of.base, { status: 'disabled', reason })
  await ear.listen(db)
  t.equal(ear.mayHear(), false, 'nor one that is disabled')
})
