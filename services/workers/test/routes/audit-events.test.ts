/** The audit lists by status code. Only the neighbour's verdict is made up; callers, database and policies are real. */
import t from 'tap'
import { problem } from '@gatehouse/service-kit/errors/app-error'
import type { PermissionDecision } from '@gatehouse/access/call/require-allowed'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import type { Deps } from '../../src/deps.ts'
import type { AuthzClient } from '../../src/clients/authz.ts'
import type { AuditRecord } from '../../src/domain/audit-record.ts'
import { openApp } from '../fixtures/app.ts'
import { audit, record as insert } from '../fixtures/audit.ts'
import { personHeaders, serviceHeaders, type HeadersOf } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers'] })
const system = database.connect('workers', 'system')
const runtime = database.connect('workers', 'runtime')
const asked: { userId: string; scope: string; permission: string }[] = []
let verdict: () => PermissionDecision = () => ({ allowed: true })
const authz: AuthzClient = {
  async decide({ claims }, o) {
    asked.push({ userId: claims.sub, ...o })
    return verdict()
  },
}
const app = openApp({
  log: quietLog,
  clients: { authz } as unknown as Deps['clients'],
  db: runtime,
  system,
  ...audit,
})
t.teardown(() => app.close())
t.beforeEach(() => {
  verdict = () => ({ allowed: true })
  asked.length = 0
})

const org = newId('org')
const otherOrg = newId('org')
const member = newId('user')
const admin = newId('user')

const record = (more: Partial<AuditRecord>): AuditRecord => ({
  id: newId('aud'),
  occurredAt: new Date().toISOString(),
  producer: 'orgs',
  action: 'membership.updated',
  actor: { type: 'user', id: admin },
  target: { type: 'membership', id: newId('mem') },
  orgId: org,
  userId: member,
  clientAddress: '203.0.113.9',
  userAgent: 'Firefox',
  requestId: 'req_1',
  correlationId: 'req_1',
  data: { changed: ['attributes'] },
  outcome: 'success',
  ...more,
})
const rows = [
  record({ action: 'organization.created', actor: { type: 'user', id: admin }, userId: admin }),
  record({}),
  record({}),
  record({ orgId: otherOrg, userId: member }),
  record({
    orgId: null,
    action: 'session.started',
    actor: { type: 'user', id: member },
    clientAddress: '198.51.100.1',
  }),
  record({ orgId: null, userId: newId('user'), action: 'session.started' }),
]
for (const row of rows) await inScope(system, {}, (tx) => insert(tx, row))

type Page = { data: Record<string, unknown>[]; page: { next_cursor: string | null; has_more: boolean }; code?: string }
async function get(url: string, headersOf: HeadersOf): Promise<{ status: number; body: Page }> {
  const answer = await app.inject({ method: 'GET', url, headers: headersOf(url) })
  return { status: answer.statusCode, body: answer.json<Page>() }
}
const trail = (id = org, query = '') => `/v1/organizations/${id}/audit-events${query}`

t.test('200: the organization’s events, oldest first, with actor, target, address and request', async (t) => {
  const { status, body } = await get(trail(), personHeaders(admin, org))
  t.equal(status, 200)
  t.same(
    body.data.map((event) => event['id']),
    rows.slice(0, 3).map((row) => row.id),
  )
  t.match(body.data[1], {
    action: 'membership.updated',
    actor: { type: 'user', id: admin },
    target: { type: 'membership' },
    organization_id: org,
    client_address: '203.0.113.9',
    user_agent: 'Firefox',
    request_id: 'req_1',
    data: { changed: ['attributes'] },
  })
  t.same(body.page, { next_cursor: null, has_more: false })
  t.same(asked, [{ userId: admin, scope: 'organization', permission: 'gatehouse:audit.read' }])
})

t.test('200: pages and a filter by action', async (t) => {
  const first = await get(trail(org, '?limit=2'), personHeaders(admin, org))
  t.equal(first.body.page.has_more, true)
  const second = await get(trail(org, `?limit=2&cursor=${first.body.page.next_cursor}`), personHeaders(admin, org))
  t.same(
    [...first.body.data, ...second.body.data].map((event) => event['id']),
    rows.slice(0, 3).map((row) => row.id),
  )
  t.equal(second.body.page.has_more, false)
  const filtered = await get(trail(org, '?action=organization.created'), personHeaders(admin, org))
  t.equal(filtered.body.data.length, 1)
  t.equal((await get(trail(org, '?action=nothing.happened'), personHeaders(admin, org))).body.data.length, 0)
})

t.test('a cursor of one organization opens nothing in another', async (t) => {
  const { body } = await get(trail(org, '?limit=1'), personHeaders(admin, org))
  const elsewhere = await get(trail(otherOrg, `?cursor=${body.page.next_cursor}`), personHeaders(admin, otherOrg))
  t.equal(elsewhere.status, 200)
  t.ok(elsewhere.body.data.every((event) => event['organization_id'] === otherOrg))
})

t.test('400: a cursor this list did not give out, a limit out of range, an unknown parameter', async (t) => {
  const headers = personHeaders(admin, org)
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const impossible = [
    '2026-13-45T00:00:00.000000Z',
    '2026-02-31T00:00:00.000000Z',
    '0000-01-01T00:00:00.000000Z',
    '2026-01-01T24:00:00.000000Z',
    'x',
    '',
  ]
  const foreign = [
    made([1, 2, 3]),
    made(['2026-01-01T00:00:00.000000Z', newId('user')]),
    made(['2026-01-01T00:00:00.000000Z', 7]),
    'x',
    '%00',
  ]
  for (const cursor of [...impossible.map((at) => made([at, newId('aud')])), ...foreign]) {
    const { status, body } = await get(trail(org, `?cursor=${cursor}`), headers)
    t.equal(status, 400, cursor)
    t.match(body.code, /^(invalid_cursor|malformed_request)$/)
  }
  t.equal((await get(trail(org, '?limit=0'), headers)).status, 400)
  t.equal((await get(trail(org, '?limit=201'), headers)).status, 400)
  t.equal((await get(trail(org, '?user=1'), headers)).status, 400)
})

t.test('401: without a token, or not through the gateway', async (t) => {
  t.equal((await get(trail(), serviceHeaders('gateway'))).status, 401)
  t.equal((await get(trail(), serviceHeaders('orgs'))).status, 401)
  t.equal((await get('/v1/me/activity', () => ({}))).status, 401)
})

t.test('403: who may not read the trail; nothing is read before the verdict', async (t) => {
  verdict = () => ({ allowed: false })
  t.equal((await get(trail(), personHeaders(member, org))).body.code, 'forbidden')
  t.equal((await get('/v1/platform/audit-events', personHeaders(member))).body.code, 'forbidden')
  t.same(
    asked.map(({ scope, permission }) => `${scope} ${permission}`),
    ['organization gatehouse:audit.read', 'platform gatehouse:platform.read'],
  )
})

t.test('401: who would be let in after a stronger sign-in (RFC 9470)', async (t) => {
  verdict = () => ({ allowed: false, obligation: { type: 'step_up', acr_values: ['aal2'] } })
  for (const [url, headers] of [
    [trail(), personHeaders(member, org)],
    ['/v1/platform/audit-events', personHeaders(member)],
  ] as const) {
    const answer = await app.inject({ url, headers: headers(url) })
    t.match(
      [answer.statusCode, answer.json(), answer.headers['www-authenticate']],
      [401, { code: 'insufficient_user_authentication' }, /acr_values="aal2"$/],
    )
  }
})

t.test('404: another organization, whether it exists or not, and an id nobody could have', async (t) => {
  for (const id of [otherOrg, newId('org'), 'acme', newId('user')]) {
    const { status, body } = await get(trail(id), personHeaders(admin, org))
    t.equal(status, 404)
    t.equal(body.code, 'not_found')
  }
  t.same(asked, [], 'authz is not even asked')
})

t.test('503: when authz cannot say', async (t) => {
  verdict = () => {
    throw problem('not_current')
  }
  t.equal((await get(trail(), personHeaders(admin, org))).body.code, 'not_current')
})

t.test('a person’s activity is theirs wherever it happened, without the whereabouts of others', async (t) => {
  const { status, body } = await get('/v1/me/activity', personHeaders(member, org))
  t.equal(status, 200)
  t.same(
    body.data.map((event) => event['id']),
    rows.slice(1, 5).map((row) => row.id),
  )
  t.match(body.data[0], { actor: { id: admin }, client_address: null, user_agent: null, request_id: null })
  t.match(body.data[3], { action: 'session.started', client_address: '198.51.100.1' })
  t.same(asked, [], 'it needs no right')
  t.equal((await get('/v1/me/activity', personHeaders(newId('user')))).body.data.length, 0)
})

t.test('the platform’s administrators see everything', async (t) => {
  const { status, body } = await get('/v1/platform/audit-events', personHeaders(admin))
  t.equal(status, 200)
  t.equal(body.data.length, rows.length)
})
