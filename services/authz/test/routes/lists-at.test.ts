/** Lists of what is kept over time, as of a moment: what was there then, as it was then, page by page. */
import t from 'tap'
import { openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
const [ann, ben] = [platform.join(org, platform.person()), platform.join(org, platform.person())]
const base = `/v1/organizations/${org.id}`

const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, by = owner): Promise<Answer> =>
  platform.ask(replica, { method, url, token: platform.tokenOf(by), ...(body === undefined ? {} : { body }) })
const made = async (answer: Promise<Answer>): Promise<string> => {
  const { status, body } = await answer
  if (status >= 300) throw new Error(JSON.stringify(body))
  return body['id'] as string
}
const list = async (path: string, query: Record<string, string> = {}): Promise<Record<string, unknown>[]> => {
  const { status, body } = await call('GET', `${path}?${new URLSearchParams(query)}`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body['data'] as Record<string, unknown>[]
}
/** A moment between what was done and what is done next, by the clock of the database as well. */
const moment = async (): Promise<string> => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 30))
  await pause()
  const at = new Date().toISOString()
  await pause()
  return at
}

const beginning = await moment()
const role = await made(call('POST', `${base}/roles`, { key: 'helper', name: 'Helper', permissions: ['invoice:read'] }))
const policy = await made(
  call('POST', `${base}/policies`, {
    key: 'small',
    effect: 'allow',
    resource_type: 'invoice',
    actions: ['read'],
    when: 'resource.amount < 10',
  }),
)
const group = await made(call('POST', `${base}/groups`, { key: 'staff', name: 'Staff' }))
for (const { id } of [ann, ben]) await call('PUT', `${base}/groups/${group}/members/${id}`)
const given = await made(
  call('POST', `${base}/assignments`, { principal: { type: 'group', id: group }, role: 'helper' }),
)
for (const id of ['1', '2', '3']) await call('PUT', `/v1/authz/entities/invoice/${id}`, { attributes: { risk: 'low' } })
await call('PUT', '/v1/authz/entities/robot/r2', { attributes: {}, roles: ['helper'] })
const middle = await moment()
await call('PUT', `${base}/roles/${role}`, { name: 'Helpers', permissions: [] })
await call('PUT', `${base}/policies/${policy}`, {
  effect: 'allow',
  resource_type: 'invoice',
  actions: ['read'],
  when: 'resource.amount < 99',
})
await call('DELETE', `${base}/groups/${group}/members/${ann.id}`)
await call('DELETE', `${base}/assignments/${given}`)
await call('DELETE', '/v1/authz/entities/invoice/2')
await call('PUT', '/v1/authz/entities/invoice/3', { attributes: { risk: 'high' } })
const later = await moment()
await call('DELETE', `${base}/groups/${group}`)
await call('DELETE', `${base}/policies/${policy}`)
await call('DELETE', `${base}/roles/${role}`)

const names = (rows: Record<string, unknown>[], name: string) => rows.map((row) => row[name])
const own = async (at?: string) =>
  (await list(`${base}/roles`, at === undefined ? {} : { at })).filter(({ scope }) => scope === 'organization')

t.test('roles, policies, groups, assignments and entities as they were', async (t) => {
  t.same([await own(beginning), await own()], [[], []])
  t.match(await own(middle), [{ key: 'helper', name: 'Helper', permissions: ['invoice:read'] }])
  t.match(await own(later), [{ key: 'helper', name: 'Helpers', permissions: [] }])
  const policies = async (at?: string) => names(await list(`${base}/policies`, at === undefined ? {} : { at }), 'when')
  t.same(
    [await policies(beginning), await policies(middle), await policies(later), await policies()],
    [[], ['resource.amount < 10'], ['resource.amount < 99'], []],
  )
  const groups = async (at?: string) => names(await list(`${base}/groups`, at === undefined ? {} : { at }), 'key')
  t.same(
    [await groups(beginning), await groups(middle), await groups(later), await groups()],
    [[], ['staff'], ['staff'], []],
  )
  const members = async (at: string) =>
    (await list(`${base}/groups/${group}/members`, { at })).map(({ user }) => (user as { id: string }).id)
  t.same([await members(middle), await members(later)], [[ann.id, ben.id], [ben.id]])
  for (const query of ['', `?at=${beginning}`])
    t.equal((await call('GET', `${base}/groups/${group}/members${query}`)).status, 404)
  t.match(
    [await list(`${base}/assignments`, { at: middle }), await list(`${base}/assignments`, { at: later })],
    [[{ id: given, role: 'helper', principal: { id: group } }], []],
  )
  t.same(names(await list(`${base}/assignments`, { at: middle, principal: ann.id }), 'id'), [])
  const invoices = async (at: string) =>
    (await list('/v1/authz/entities/invoice', { at })).map(
      ({ id, attributes }) => `${id} ${(attributes as { risk: string }).risk}`,
    )
  t.same(
    [await invoices(beginning), await invoices(middle), await invoices(later)],
    [[], ['1 low', '2 low', '3 low'], ['1 low', '3 high']],
  )
  t.same(
    [
      names(await list('/v1/authz/entities/robot', { at: middle }), 'roles'),
      names(await list('/v1/authz/entities/robot'), 'roles'),
    ],
    [[['helper']], [[]]],
    'a role that is gone has its key then',
  )
})

t.test('the pages of a moment belong together', async (t) => {
  const first = await call('GET', `/v1/authz/entities/invoice?limit=2&at=${middle}`)
  const cursor = (first.body['page'] as { next_cursor: string }).next_cursor
  t.same(names(first.body['data'] as Record<string, unknown>[], 'id'), ['1', '2'])
  t.same(names(await list('/v1/authz/entities/invoice', { limit: '2', at: middle, cursor }), 'id'), ['3'])
  for (const query of [{ cursor }, { cursor, at: later }])
    t.match((await call('GET', `/v1/authz/entities/invoice?${new URLSearchParams(query)}`)).body, {
      status: 400,
      code: 'invalid_cursor',
    })
  const now = ((await call('GET', '/v1/authz/entities/invoice?limit=1')).body['page'] as { next_cursor: string })
    .next_cursor
  t.match((await call('GET', `/v1/authz/entities/invoice?${new URLSearchParams({ cursor: now, at: middle })}`)).body, {
    code: 'invalid_cursor',
  })
})

t.test('400 and 404: no moment, one that lies ahead, another organization', async (t) => {
  for (const at of ['yesterday', '2026-13-01T00:00:00Z', new Date(Date.now() + 60_000).toISOString()]) {
    for (const path of [
      `${base}/roles`,
      `${base}/policies`,
      `${base}/groups`,
      `${base}/assignments`,
      '/v1/authz/entities/invoice',
    ]) {
      t.match(
        (await call('GET', `${path}?${new URLSearchParams({ at })}`)).body,
        { status: 400, code: 'validation_failed', errors: [{ path: 'query/at' }] },
        `${path} ${at}`,
      )
    }
  }
  t.equal((await call('GET', `${base}/roles?at=${middle}`, undefined, stranger)).status, 404)
  t.same((await call('GET', `/v1/authz/entities/invoice?at=${middle}`, undefined, stranger)).body['data'], [])
})
