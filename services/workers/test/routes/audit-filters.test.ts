/**
 * The audit lists by time, actor, action, target and order: each filter against the same filter over all records in
 * memory.
 */
import t from 'tap'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { testDatabase } from '@gatehouse/test-kit/database'
import { quietLog } from '@gatehouse/test-kit/log'
import type { Deps } from '../../src/deps.ts'
import type { AuditRecord } from '../../src/domain/audit-record.ts'
import { openApp } from '../fixtures/app.ts'
import { audit, record as insert } from '../fixtures/audit.ts'
import { personHeaders } from '../fixtures/callers.ts'

const database = await testDatabase(t, { services: ['workers'] })
const [system, db] = [database.connect('workers', 'system'), database.connect('workers', 'runtime')]
const clients = { authz: { decide: async () => ({ allowed: true }) } } as unknown as Deps['clients']
const app = openApp({ log: quietLog, clients, db, system, ...audit })
t.teardown(() => app.close())

const [org, person, admin] = [newId('org'), newId('user'), newId('user')]
const targets = [newId('mem'), newId('mem')] as const
const actors: AuditRecord['actor'][] = [
  { type: 'user', id: admin },
  { type: 'user', id: person },
  { type: 'service', id: 'tokens' },
  { type: 'system', id: null },
]
// Three records in each millisecond, so that a cursor has to tell microseconds and ids apart. Each six lie
// farther apart, so that a search has to go through several spans.
const [start, hour] = [Date.now() - 50 * 86_400_000, 3_600_000]
const later = [0, 1, 5, 20, 21, 150, 400, 1100].map((hours) => hours * hour)
const at = (n: number): string => {
  const moment = start + (later[Math.floor(n / 6)] ?? 0) + Math.floor(n / 3)
  return `${new Date(moment).toISOString().slice(0, -1)}00${n % 2}Z`
}
const records = Array.from({ length: 48 }, (_, n): AuditRecord => ({
  id: newId('aud'),
  occurredAt: at(n),
  producer: 'orgs',
  action: n % 3 === 0 ? 'membership.removed' : 'membership.updated',
  actor: actors[n % 4] ?? { type: 'system', id: null },
  target: { type: 'membership', id: targets[n % 2 === 0 ? 0 : 1] },
  orgId: org,
  userId: person,
  clientAddress: null,
  userAgent: null,
  requestId: null,
  correlationId: 'req_1',
  data: { reason: n % 6 === 0 ? 'Left the company' : 'Moved on', Größe: n % 8 === 0 ? 'XL' : 'M' },
  outcome: n % 5 === 0 ? 'failure' : 'success',
}))
/** The same of others, who are in the platform's list alone. */
const strangers = records.map((record) => ({ ...record, id: newId('aud'), orgId: newId('org'), userId: newId('user') }))
for (const record of [...records, ...strangers]) await inScope(system, {}, (tx) => insert(tx, record))

type Page = { data: { id: string }[]; page: { next_cursor: string | null }; code?: string }
const get = async (path: string, query: Record<string, string>) => {
  const url = `${path}?${new URLSearchParams(query).toString()}`
  const answer = await app.inject({ method: 'GET', url, headers: personHeaders(person, org)(url) })
  return { status: answer.statusCode, body: answer.json<Page>() }
}

/** All pages of a list. */
async function listed(path: string, query: Record<string, string>): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const { status, body } = await get(path, { ...query, limit: '7', ...(cursor === null ? {} : { cursor }) })
    if (status !== 200) throw new Error(`${status} for ${JSON.stringify(query)}`)
    ids.push(...body.data.map(({ id }) => id))
    cursor = body.page.next_cursor
  } while (cursor !== null)
  return ids
}

const inOrder = (all: readonly AuditRecord[], wanted: (record: AuditRecord) => boolean): string[] =>
  all
    .filter(wanted)
    .toSorted((a, b) => (a.occurredAt + a.id < b.occurredAt + b.id ? -1 : 1))
    .map(({ id }) => id)

const [early, late] = [at(10), at(30)]
const filters: { query: Record<string, string>; wanted(record: AuditRecord): boolean }[] = [
  { query: {}, wanted: () => true },
  { query: { from: early }, wanted: ({ occurredAt }) => occurredAt >= early },
  { query: { to: late }, wanted: ({ occurredAt }) => occurredAt < late },
  { query: { from: early, to: late }, wanted: ({ occurredAt }) => occurredAt >= early && occurredAt < late },
  { query: { actor: admin }, wanted: ({ actor }) => actor.id === admin },
  { query: { actor: 'service:tokens' }, wanted: ({ actor }) => actor.id === 'tokens' },
  { query: { actor: 'system' }, wanted: ({ actor }) => actor.type === 'system' },
  { query: { action: 'membership.removed' }, wanted: ({ action }) => action === 'membership.removed' },
  { query: { outcome: 'failure' }, wanted: ({ outcome }) => outcome === 'failure' },
  { query: { outcome: 'denied' }, wanted: () => false },
  { query: { q: 'left' }, wanted: ({ data }) => data['reason'] === 'Left the company' },
  { query: { q: 'COMPANY left' }, wanted: ({ data }) => data['reason'] === 'Left the company' },
  { query: { q: 'removed' }, wanted: ({ action }) => action === 'membership.removed' },
  {
    query: { q: 'membership.removed xl' },
    wanted: ({ action, data }) => /removed/.test(action) && data['Größe'] === 'XL',
  },
  { query: { q: 'größe' }, wanted: () => true },
  { query: { q: targets[0] }, wanted: ({ target }) => target.id === targets[0] },
  { query: { q: 'lef' }, wanted: () => false },
  { query: { q: "&!|():*'\\" }, wanted: () => false },
  { query: { q: "left' | 'moved" }, wanted: () => false },
  {
    query: { q: 'left', outcome: 'failure', from: early },
    wanted: ({ data, outcome, occurredAt }) =>
      data['reason'] === 'Left the company' && outcome === 'failure' && occurredAt >= early,
  },
  { query: { target: targets[1] }, wanted: ({ target }) => target.id === targets[1] },
  {
    query: { actor: admin, action: 'membership.removed', from: early, target: targets[0] },
    wanted: ({ actor, action, occurredAt }) =>
      actor.id === admin && action === 'membership.removed' && occurredAt >= early,
  },
]

for (const path of [`/v1/organizations/${org}/audit-events`, '/v1/me/activity', '/v1/platform/audit-events']) {
  t.test(`${path.replace(org, '{org}')}: every filter in both orders, page by page`, async (t) => {
    for (const { query, wanted } of filters) {
      const asc = inOrder(path.startsWith('/v1/platform/') ? [...records, ...strangers] : records, wanted)
      t.same(await listed(path, query), asc, JSON.stringify(query))
      t.same(await listed(path, { ...query, order: 'desc' }), asc.toReversed(), `${JSON.stringify(query)} newest first`)
    }
  })
}

t.test('a cursor is of the order it was made in, and odd values are refused or find nothing, never 5xx', async (t) => {
  const path = '/v1/me/activity'
  const { body } = await get(path, { limit: '7', order: 'desc' })
  const cursor = body.page.next_cursor ?? ''
  t.match(await get(path, { cursor, order: 'asc' }), { status: 400, body: { code: 'invalid_cursor' } })
  for (const [name, value] of [
    ['from', 'yesterday'],
    ['to', '2026-13-01T00:00:00Z'],
    ['order', 'newest'],
    ['outcome', 'perhaps'],
    ['actor', "x' or 1=1"],
    ['target', 'a b'],
    ['q', ''],
    ['q', 'x'.repeat(201)],
  ] as const)
    t.equal((await get(path, { [name]: value })).status, 400, `${name}=${value}`)
  for (const from of [
    '2026-02-30T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:60Z',
    '2026-01-01T00:00:00.123456789+05:30',
  ])
    t.ok((await get(path, { from })).status < 500, from)
})
