/** Policies of organizations and declarations of applications, by status code and by what they do to decisions. */
import t from 'tap'
import { CatalogChanged } from '@gatehouse/contracts/events/authz/catalog'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
import { invoices } from '../fixtures/catalog.ts'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const administrator = await platform.administrator(replica)
const admin = platform.join(org, platform.person(), { roles: ['admin'] })

const idOf = (answer: Answer) => answer.body['id'] as string
const save = (policy: object, by: Member = owner) =>
  platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${by.orgId}/policies`,
    token: platform.tokenOf(by),
    body: { key: 'p', effect: 'allow', resource_type: 'invoice', actions: ['read'], ...policy },
  })
const remove = (id: string, by: Member = owner) =>
  platform.ask(replica, {
    method: 'DELETE',
    url: `/v1/organizations/${by.orgId}/policies/${id}`,
    token: platform.tokenOf(by),
  })
const declare = (key: string, manifest: unknown, by = administrator) =>
  platform.ask(replica, { method: 'PUT', url: `/v1/authz/catalog/${key}`, token: platform.tokenOf(by), body: manifest })

t.test('201, 200, 204: a policy is in force from its save to its deletion', async (t) => {
  const member = platform.join(org, platform.person(), { attributes: { department: 'sales' } })
  const may = async () =>
    (await platform.evaluate(replica, member, { action: 'read', properties: { department: 'sales' } })).body['decision']
  t.equal(await may(), false)
  const saved = await save({ key: 'own-department', when: 'resource.department == membership.department' })
  t.match(saved, {
    status: 201,
    body: { key: 'own-department', version: 1, when: 'resource.department == membership.department' },
  })
  t.equal(await may(), true)
  const list = await platform.ask(replica, {
    method: 'GET',
    url: `/v1/organizations/${org.id}/policies`,
    token: platform.tokenOf(owner),
  })
  t.match(list, { status: 200, body: { data: [{ id: idOf(saved) }], page: { has_more: false } } })
  t.equal((await remove(idOf(saved))).status, 204)
  t.equal(await may(), false)
  t.equal((await remove(idOf(saved))).status, 404)
})

t.test('400 invalid_policy: every problem with its place', async (t) => {
  t.match((await save({ when: 'resource.department ==' })).body, {
    status: 400,
    code: 'invalid_policy',
    errors: [{ path: '/when', message: /line 1, column/ }],
  })
  t.match((await save({ when: 'resource.colour == "red" && resource.amount == "x"' })).body, {
    code: 'invalid_policy',
    errors: [{ message: /resource.colour/ }, { message: /offset/ }],
  })
  t.match((await save({ when: 'resource.amount > 1 ? true : false' })).body, {
    code: 'invalid_policy',
    errors: [{ message: /conditional/ }],
  })
  t.match((await save({ resource_type: 'planet' })).body, {
    code: 'invalid_policy',
    errors: [{ path: '/resource_type' }],
  })
  t.match((await save({ actions: ['read', 'fly'], roles: ['nobody'] })).body, {
    code: 'invalid_policy',
    errors: [{ path: '/actions/1' }, { path: '/roles/0' }],
  })
  t.match((await save({ when: `resource.department == "${'x'.repeat(3000)}"` })).body, {
    status: 400,
    code: 'validation_failed',
  })
  t.match((await save({ effect: 'maybe' })).body, { code: 'validation_failed' })
})

t.test('409 and 403: keys are unique; an allow hands on only what its maker holds', async (t) => {
  t.equal((await save({ key: 'twice', effect: 'deny', when: 'false' })).status, 201)
  t.equal((await save({ key: 'twice', effect: 'deny', when: 'false' })).status, 409)
  t.equal((await save({ key: 'gift' }, admin)).status, 403, 'an admin does not hold invoice:read')
  t.equal(
    (await save({ key: 'gift', resource_type: 'gatehouse', actions: ['catalog.write'] })).status,
    403,
    'nor an owner the platform’s rights',
  )
  t.equal((await save({ key: 'limit', effect: 'deny', when: 'false' }, admin)).status, 201, 'a deny hands on nothing')
  const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
  t.equal((await save({ key: 'any' }, viewer)).status, 403)
})

t.test('404: another organization’s policy', async (t) => {
  const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
  const theirs = idOf(await save({ key: 'theirs' }, stranger))
  t.equal((await remove(theirs)).status, 404)
  t.equal((await remove(theirs, stranger)).status, 204)
})

t.test('a deny binds everybody, but an owner can always repair', async (t) => {
  const elsewhere = platform.organization()
  const boss = platform.join(elsewhere, platform.person(), { isOwner: true })
  const helper = platform.join(elsewhere, platform.person(), { roles: ['admin'] })
  const locked = await save(
    { key: 'lockout', effect: 'deny', resource_type: 'gatehouse', actions: ['policies.write', 'policies.read'] },
    boss,
  )
  t.equal(locked.status, 201)
  t.equal((await remove(idOf(locked), helper)).status, 403)
  t.equal((await remove(idOf(locked), boss)).status, 204)
})

t.test('200: declaring again changes nothing, declaring otherwise replaces the whole', async (t) => {
  const probe = await createEventProbe(replica.deps.spine)
  t.match(await declare('invoices', invoices), { status: 200, body: { key: 'invoices' } })
  t.same(await probe.listOf(CatalogChanged), [])
  const clerk = platform.join(org, platform.person(), { roles: ['invoice-clerk', 'invoice-reader'] })
  const may = async (action: string) => (await platform.evaluate(replica, clerk, { action })).body['decision']
  t.same([await may('create'), await may('read')], [true, true])
  const fewer: ApplicationManifest = {
    ...invoices,
    roles: [{ key: 'invoice-reader', name: 'Reads', permissions: ['invoice:read'] }],
    policies: [],
  }
  t.equal((await declare('invoices', fewer)).status, 200)
  t.same([await may('create'), await may('read')], [false, true], 'the role that stayed is still held')
  t.match(await probe.listOf(CatalogChanged), [{ version: 2, data: { application: 'invoices' } }])
  t.equal((await declare('invoices', invoices)).status, 200)
  t.same([await may('create'), await may('read')], [false, true], 'a role that comes back is a new one')
})

t.test('the catalog shows every application', async (t) => {
  const { body } = await platform.ask(replica, {
    method: 'GET',
    url: '/v1/authz/catalog',
    token: platform.tokenOf(owner),
  })
  t.same(
    (body['data'] as { key: string }[]).map(({ key }) => key),
    ['gatehouse', 'invoices'],
  )
})

t.test('403: only a platform administrator declares, and never Gatehouse itself', async (t) => {
  t.equal((await declare('invoices', invoices, owner)).status, 403)
  t.equal((await declare('gatehouse', invoices)).status, 403)
})

t.test('409: resource types, roles and attributes belong to one application', async (t) => {
  const other: ApplicationManifest = {
    name: 'Other',
    resource_types: [{ key: 'parcel', attributes: {}, actions: [{ name: 'send' }] }],
    roles: [],
    policies: [],
  }
  const type = (key: string) => [{ key, attributes: {}, actions: [{ name: 'read' }] }]
  t.match((await declare('other', { ...other, resource_types: type('invoice') })).body, {
    status: 409,
    errors: [{ path: '/resource_types/0/key' }],
  })
  t.equal((await declare('other', { ...other, resource_types: type('gatehouse') })).status, 409)
  t.equal((await declare('other', { ...other, roles: [{ key: 'member', name: 'm', permissions: [] }] })).status, 409)
  t.equal(
    (await declare('other', { ...other, membership_attributes: { limit: { type: 'string', provenance: ['stored'] } } }))
      .status,
    409,
  )
  const taken = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${org.id}/roles`,
    token: platform.tokenOf(owner),
    body: { key: 'taken', name: 't', permissions: [] },
  })
  t.equal(taken.status, 201)
  t.equal((await declare('other', { ...other, roles: [{ key: 'taken', name: 'm', permissions: [] }] })).status, 409)
  t.equal((await declare('other', other)).status, 200)
})

t.test('400: a declaration that contradicts itself', async (t) => {
  const broken = (change: Partial<ApplicationManifest>) =>
    declare('broken', {
      name: 'B',
      resource_types: [{ key: 'thing', attributes: {}, actions: [{ name: 'do' }] }],
      roles: [],
      policies: [],
      ...change,
    })
  t.match((await broken({ roles: [{ key: 'doer', name: 'd', permissions: ['thing:fly'] }] })).body, {
    status: 400,
    errors: [{ path: '/roles/0/permissions/0' }],
  })
  t.match((await broken({ roles: [{ key: 'doer', name: 'd', permissions: ['gatehouse:*'] }] })).body, { status: 400 })
  t.match(
    (
      await broken({
        roles: [
          { key: 'a', name: 'a', permissions: [], inherits: ['b'] },
          { key: 'b', name: 'b', permissions: [], inherits: ['a'] },
        ],
      })
    ).body,
    { status: 400 },
  )
  t.match(
    (
      await broken({
        resource_types: [
          { key: 'thing', attributes: { id: { type: 'string', provenance: ['caller'] } }, actions: [{ name: 'do' }] },
        ],
      })
    ).body,
    { status: 400, errors: [{ path: '/resource_types/0/attributes/id' }] },
  )
  t.match(
    (
      await broken({
        policies: [{ key: 'p', effect: 'allow', resource_type: 'thing', actions: ['do'], when: 'resource.x' }],
      })
    ).body,
    { status: 400, code: 'invalid_policy', errors: [{ path: '/policies/0/when' }] },
  )
  t.match(
    (await broken({ policies: [{ key: 'p', effect: 'allow', resource_type: 'invoice', actions: ['read'] }] })).body,
    { code: 'invalid_policy' },
  )
  t.match(
    (await broken({ resource_types: [1, 2].map(() => ({ key: 'thing', attributes: {}, actions: [{ name: 'do' }] })) }))
      .body,
    { status: 400 },
  )
})
