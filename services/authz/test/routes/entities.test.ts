/**
 * The entity directory and single applications of the catalog, by status code; history; what nobody may store or give.
 */
import t from 'tap'
import { EntitiesStored, EntityDeleted, EntityStored } from '@gatehouse/contracts/events/authz/entity'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import type { Tx } from '@gatehouse/service-kit/postgres/connect'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
import type { CheckedIr } from '@gatehouse/policy/ir/condition'
import { catalogOf } from '../../src/domain/catalog.ts'
import { delegableOf } from '../../src/domain/delegable.ts'
import { grantRulesByRole } from '../../src/model/change-grants.ts'
import type { OpenModel } from '../../src/model/open-model.ts'
import { findEntity, listEntities } from '../../src/store/entities.ts'
import { invoices } from '../fixtures/catalog.ts'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const administrator = await platform.administrator(replica)
const admin = platform.join(org, platform.person(), { roles: ['admin'] })
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
const probe = await createEventProbe(replica.deps.spine)

type Call = { method?: 'GET' | 'PUT' | 'PATCH' | 'DELETE'; body?: unknown; by?: Member; match?: string }
const call = (path: string, { method = 'GET', body, by = owner, match }: Call = {}): Promise<Answer> =>
  platform.ask(replica, {
    method,
    url: `/v1/authz/entities/${path}`,
    token: platform.tokenOf(by),
    body,
    ...(match === undefined ? {} : { headers: { 'if-match': match } }),
  })
const put = (path: string, content: object, o: Call = {}) =>
  call(path, { method: 'PUT', body: { attributes: {}, ...content }, ...o })

t.test(
  '200, 204: an entity is stored, read, changed and removed, each version with its ETag; what was is still known',
  async (t) => {
    const stored = await put('invoice/42', { attributes: { locked: true, risk: 'high' } })
    t.match(stored, {
      status: 200,
      headers: { etag: '"1"' },
      body: { type: 'invoice', id: '42', attributes: { locked: true, risk: 'high' }, roles: [] },
    })
    t.match(await call('invoice/42'), { status: 200, headers: { etag: '"1"' } })
    t.match(
      await put('invoice/42', { attributes: { risk: 'high', locked: true } }),
      { status: 200, headers: { etag: '"1"' } },
      'saying the same again changes nothing',
    )
    const before = new Date()
    t.match(await put('invoice/42', { attributes: { locked: false } }, { match: '"1"' }), {
      status: 200,
      headers: { etag: '"2"' },
      body: { attributes: { locked: false } },
    })
    t.equal((await put('invoice/42', { attributes: {} }, { match: '"1"' })).status, 412)
    t.equal((await put('invoice/new', {}, { match: '"1"' })).status, 412)
    t.equal((await call('invoice/42', { method: 'DELETE', match: '"1"' })).status, 412)
    t.equal((await call('invoice/42', { method: 'DELETE' })).status, 204)
    t.equal((await call('invoice/42')).status, 404)
    t.equal((await call('invoice/42', { method: 'DELETE' })).status, 404)
    const asOf = await inScope(replica.deps.db, { orgId: org.id }, async (tx) => [
      await findEntity(tx, { orgId: org.id, type: 'invoice', id: '42', at: before }),
      await findEntity(tx, { orgId: org.id, type: 'invoice', id: '42' }),
    ])
    t.match(asOf, [{ version: 1, attributes: { locked: true, risk: 'high' }, roles: [] }, undefined])
    t.match(
      await put('invoice/42', { attributes: { locked: true } }),
      { headers: { etag: '"4"' } },
      'the tombstone has a version as well',
    )
    const events = [...(await probe.listOf(EntityStored)), ...(await probe.listOf(EntityDeleted))].filter(
      ({ data }) => data.type === 'invoice' && data.organization_id === org.id,
    )
    t.same(events.map(({ version }) => version).sort(), [1, 2, 3, 4])
    t.notOk(JSON.stringify(events).includes('"42"'), 'events do not say what an application calls its things')
  },
)

t.test('200: subjects of any type, of types nobody declared, with roles by key', async (t) => {
  const ann = encodeURIComponent('ann/b@example.test')
  t.match(
    (
      await put(`user/${ann}`, {
        attributes: { department: 'sales', tags: ['a'], level: 3 },
        roles: ['invoice-clerk', 'viewer'],
      })
    ).body,
    { id: 'ann/b@example.test', roles: ['invoice-clerk', 'viewer'] },
  )
  t.match((await put(`user/${ann}`, { attributes: {}, roles: ['viewer'] })).body, { roles: ['viewer'] })
  const [stored] = await inScope(replica.deps.db, { orgId: org.id }, (tx) =>
    listEntities(tx, { orgId: org.id, type: 'user', limit: 10 }),
  )
  t.match(stored, { id: 'ann/b@example.test', roles: [{ roleId: /^role_/, expiresAtMs: undefined }] })
  t.equal((await put(`robot/${'x'.repeat(256)}`, {})).status, 200)
  t.equal((await put(`robot/${'x'.repeat(257)}`, {})).status, 404)
})

t.test('200: a type page by page, by id', async (t) => {
  for (const id of ['c', 'a', 'B']) await put(`page/${id}`, { attributes: { n: 1 } })
  await call('page/c', { method: 'DELETE' })
  const first = await call('page?limit=1')
  t.match(first.body, { data: [{ id: 'B' }], page: { has_more: true } })
  const { next_cursor: cursor } = first.body['page'] as { next_cursor: string }
  t.match((await call(`page?limit=1&cursor=${cursor}`)).body, { data: [{ id: 'a' }], page: { has_more: false } })
  t.match((await call('page?cursor=rubbish')).body, { code: 'invalid_cursor' })
  t.same((await call('nothing')).body['data'], [])
})

t.test(
  '400: attributes the schema does not let be stored, roles nobody can be given, the platform’s own subjects',
  async (t) => {
    t.match(
      (await put('invoice/1', { attributes: { amount: 3, colour: 'red', locked: 'yes' }, roles: ['owner', 'ghost'] }))
        .body,
      {
        status: 400,
        errors: [
          { path: '/roles/0' },
          { path: '/roles/1' },
          { path: '/attributes/amount', message: /caller/ },
          { path: '/attributes/colour' },
          { path: '/attributes/locked', message: /boolean/ },
        ],
      },
    )
    t.equal((await put(`user/${viewer.id}`, { roles: ['viewer'] })).status, 400)
    t.equal((await put(`service_account/${newId('svc')}`, {})).status, 400)
    t.equal((await put('invoice/1', { attributes: { __proto__: 1, Bad: 1 } })).status, 400)
    t.equal((await put('invoice/1', { attributes: { nested: { a: 1 } } })).status, 400)
    t.equal((await put('no%20type/1', {})).status, 404)
    t.equal((await call('invoice/1')).status, 404)
  },
)

t.test('403 and 404: without the right; roles one does not hold; another organization’s entity', async (t) => {
  t.equal((await call('invoice/42', { by: admin })).status, 200)
  t.equal(
    (await put('invoice/42', {}, { by: admin })).status,
    403,
    'what is stored decides about an application’s things',
  )
  for (const o of [{}, { method: 'PUT', body: { attributes: {} } }, { method: 'DELETE' }] as Call[])
    t.equal((await call('invoice/42', { ...o, by: viewer })).status, 403)
  t.equal((await call('invoice', { by: viewer })).status, 403)
  const role = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${org.id}/roles`,
    token: platform.tokenOf(owner),
    body: {
      key: 'directory',
      name: 'Directory',
      permissions: ['gatehouse:entities.read', 'gatehouse:entities.write', 'gatehouse:roles.assign'],
    },
  })
  t.equal(role.status, 201)
  const clerk = platform.join(org, platform.person(), { roles: ['member'] })
  await platform.ask(replica, {
    method: 'PUT',
    url: `/v1/organizations/${org.id}/members/${clerk.id}/roles`,
    token: platform.tokenOf(owner),
    body: { roles: ['directory'] },
  })
  t.equal((await put('robot/1', { roles: [] }, { by: clerk })).status, 200)
  t.equal((await put('robot/1', { roles: ['invoice-reader'] }, { by: clerk })).status, 403, 'giving')
  await put('robot/2', { roles: ['invoice-reader'] })
  t.equal((await put('robot/2', {}, { by: clerk })).status, 403, 'taking')
  t.equal((await call('robot/2', { method: 'DELETE', by: clerk })).status, 403, 'taking with the entity')
  t.equal((await call('invoice/42', { by: stranger })).status, 404)
  t.equal((await call('invoice/42', { method: 'DELETE', by: stranger })).status, 404)
  t.same((await call('invoice', { by: stranger })).body['data'], [])
  t.match(
    await put('invoice/42', { attributes: {} }, { by: stranger }),
    { status: 200, headers: { etag: '"1"' } },
    'the same id is another thing elsewhere',
  )
})

t.test('16 writers of one version: one wins; 16 that make it: all say what is there', async (t) => {
  await put('race/1', { attributes: { n: 0 } })
  const updates = await Promise.all(
    Array.from({ length: 16 }, (_, n) => put('race/1', { attributes: { n: n + 1 } }, { match: '"1"' })),
  )
  t.same(updates.map(({ status }) => status).sort(), [200, ...Array.from({ length: 15 }, () => 412)])
  const makers = await Promise.all(Array.from({ length: 16 }, () => put('race/2', { attributes: { n: 1 } })))
  t.same(new Set(makers.map(({ status, headers }) => `${status} ${headers['etag'] as string}`)), new Set(['200 "1"']))
})

t.test('an application is read alone and declared against its ETag', async (t) => {
  const at = (key: string, o: { method?: 'GET' | 'PUT'; body?: unknown; match?: string } = {}) =>
    platform.ask(replica, {
      method: o.method ?? 'GET',
      url: `/v1/authz/catalog/${key}`,
      token: platform.tokenOf(administrator),
      body: o.body,
      ...(o.match === undefined ? {} : { headers: { 'if-match': o.match } }),
    })
  t.match(await at('invoices'), { status: 200, headers: { etag: '"1"' }, body: { key: 'invoices', name: 'Invoices' } })
  t.equal((await at('ghosts')).status, 404)
  t.match(await at('invoices', { method: 'PUT', body: { ...invoices, name: 'Bills' }, match: '"1"' }), {
    status: 200,
    headers: { etag: '"2"' },
  })
  t.match(await at('invoices', { method: 'PUT', body: { ...invoices, name: 'Bills' }, match: '"2"' }), {
    status: 200,
    headers: { etag: '"2"' },
  })
  t.equal((await at('invoices', { method: 'PUT', body: invoices, match: '"1"' })).status, 412)
  t.equal(
    (await at(newId('x').replace('_', '-'), { method: 'PUT', body: invoices, match: '"1"' })).status,
    412,
    'what is not there has no version',
  )
})

const store = (type: string, entities: object[], o: Call = {}) =>
  call(type, { method: 'PATCH', body: { entities }, ...o })

t.test('many are stored under one lock, 250 by a statement, all of them or none', async (t) => {
  const { spine } = replica.deps
  const { write } = spine
  let statements = 0
  const counting = (tx: Tx): Tx =>
    new Proxy(tx, {
      get(target, name) {
        if (typeof name === 'string' && ['select', 'insert', 'update', 'delete', 'execute'].includes(name)) statements++
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
  // What the service writes by itself meanwhile is in no organization's scope.
  const counted: typeof write = (scope, run, o) =>
    write(scope, (tx) => run(scope.orgId === org.id ? counting(tx) : tx), o)
  Object.assign(spine, { write: counted })
  t.teardown(() => void Object.assign(spine, { write }))
  const many = (count: number, risk: string) =>
    Array.from({ length: count }, (_, n) => ({ id: `m-${n}`, attributes: { risk } }))
  t.match(await store('invoice', many(1, 'low')), { status: 200, body: { stored: 1, unchanged: 0 } })
  const one = statements
  statements = 0
  t.match(await store('invoice', many(1_000, 'low')), { status: 200, body: { stored: 999, unchanged: 1 } })
  t.equal(statements, one + 3 * 3, 'each 250 are looked up, stored and announced')
  const told = (await probe.listOf(EntitiesStored)).filter(({ orgid }) => orgid === org.id)
  t.same([told.length, told.flatMap(({ data }) => data.entities).length], [1 + 20, 1 + 999], 'fifty are one event')
  t.notOk(JSON.stringify(told).includes('"m-1"'), 'which does not say what an application calls its things')
  t.match(await store('invoice', many(1_000, 'low')), { status: 200, body: { stored: 0, unchanged: 1_000 } })
  t.match(await store('invoice', many(500, 'high')), { status: 200, body: { stored: 500, unchanged: 0 } })
  t.match((await call('invoice/m-499')).body, { attributes: { risk: 'high' } })
  t.match((await call('invoice/m-500')).body, { attributes: { risk: 'low' } })
  t.equal((await call('invoice/m-0')).headers['etag'], '"2"')
  t.equal((await call('invoice/m-1', { method: 'DELETE' })).status, 204)
  t.match(await store('invoice', many(2, 'high')), { status: 200, body: { stored: 1, unchanged: 1 } })
  t.equal((await call('invoice/m-1')).headers['etag'], '"4"', 'after the tombstone')
  const wrong = [...many(3, 'none'), { id: 'm-0', attributes: {} }, { id: 'x', attributes: { locked: 'no' } }]
  t.match(await store('invoice', wrong), {
    status: 400,
    body: { errors: [{ path: '/entities/3/id' }, { path: '/entities/4/attributes/locked' }] },
  })
  t.match((await call('invoice/m-0')).body, { attributes: { risk: 'high' } }, 'none of them')
  t.equal((await store('invoice', many(1_001, 'low'))).status, 400)
  t.equal((await store('invoice', [])).status, 400)
})

t.test('what many would give is given by the rule for one', async (t) => {
  t.equal((await store('invoice', [{ id: 'v', attributes: {} }], { by: viewer })).status, 403)
  const robots = [
    { id: 'r-1', attributes: {} },
    { id: 'r-2', attributes: {}, roles: ['owner'] },
  ]
  t.match(await store('robot', robots), { status: 400, body: { errors: [{ path: '/entities/1/roles/0' }] } })
  t.equal((await call('robot/r-1')).status, 404)
  t.match(await store('user', [{ id: 'user_nonsense', attributes: {} }]), {
    status: 400,
    body: { errors: [{ path: '/entities/0/id' }] },
  })
})

t.test('what policies make of a role is read once for all entities of a call', (t) => {
  let reads = 0
  const when = new Proxy(
    { version: 1, root: { kind: 'literal', value: true, at: 0 } },
    {
      get(target, name) {
        reads++
        return Reflect.get(target, name) as unknown
      },
    },
  ) as unknown as CheckedIr
  const key = { key: 'reader', permissions: ['invoice:read'], inherits: [] }
  const roles = new Map([['reader', key]])
  const policies = [
    {
      key: 'p',
      scope: 'organization' as const,
      effect: 'allow' as const,
      resourceType: 'invoice',
      actions: ['read'],
      when,
    },
  ]
  const model = {
    catalog: catalogOf([]),
    roles,
    rolesById: new Map([['role_1', key]]),
    policies,
    delegable: delegableOf({ roles, policies }, []),
    nowMs: 0,
  } as unknown as OpenModel
  const rules = grantRulesByRole(model)
  rules.give(['role_1'])
  rules.take(['role_1'])
  const once = reads
  t.ok(once > 0)
  for (let n = 0; n < 1_000; n++) {
    rules.give(n % 2 === 0 ? ['role_1'] : [])
    rules.take(n % 3 === 0 ? ['role_1'] : [])
  }
  t.equal(reads, once)
  t.end()
})
