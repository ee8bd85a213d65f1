/**
 * Nobody gets what nobody gave: by roles that policies name, attributes that policies read, grants that end, and what
 * the catalog does not know.
 */
import t, { type Test } from 'tap'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'
import { invoices } from '../fixtures/catalog.ts'
import { giveRoles, makeAccount } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica({ clock: systemClock })
const { org, owner } = await platform.withInvoices(replica)
const operator = await platform.administrator(replica)
const soon = () => new Date(Date.now() + 3_600_000).toISOString()

type Call = { method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'; body?: unknown; by?: Member }
const at = (url: string, { method = 'GET', body, by = owner }: Call = {}): Promise<Answer> =>
  platform.ask(replica, { method: method as 'GET', url, token: platform.tokenOf(by), body })
const call = (path: string, o: Call = {}) => at(`/v1/organizations/${org.id}${path}`, o)
const idOf = (answer: Answer) => answer.body['id'] as string
const key = (prefix: string) => `${prefix}-${newId('x').slice(-10)}`
const member = (...roles: string[]) => platform.join(org, platform.person(), { roles })
const toUser = ({ id }: Member) => ({ type: 'user', id })
const toGroup = (id: string) => ({ type: 'group', id })
const give = (principal: object, role: string, o: { by?: Member; expires_at?: string } = {}) =>
  call('/assignments', {
    method: 'POST',
    body: { principal, role, ...(o.expires_at && { expires_at: o.expires_at }) },
    by: o.by ?? owner,
  })
const makeRole = async (permissions: string[] = [], inherits: string[] = []): Promise<{ key: string; id: string }> => {
  const name = key('role')
  const made = await call('/roles', { method: 'POST', body: { key: name, name, permissions, inherits } })
  return { key: name, id: idOf(made) }
}
const makePolicy = async (o: object) =>
  idOf(
    await call('/policies', {
      method: 'POST',
      body: { key: key('policy'), effect: 'allow', resource_type: 'invoice', actions: ['approve'], ...o },
    }),
  )
const makeGroup = async () =>
  idOf(await call('/groups', { method: 'POST', body: { key: key('group'), name: 'Group' } }))
const refused = (t: Test, answer: Answer, name: string, detail?: RegExp) =>
  t.match(answer, { status: 403, body: { code: 'forbidden', ...(detail && { detail }) } }, name)

t.test('a role without permissions that a policy names: every way of giving it', async (t) => {
  const admin = member('admin')
  const approver = await makeRole()
  const heir = await makeRole([], [approver.key])
  await makePolicy({ roles: [approver.key] })
  const one = member()
  const account = makeAccount(platform, org.id)
  const [group, holding] = [await makeGroup(), await makeGroup()]
  await give(toGroup(holding), approver.key)
  for (const role of [approver.key, heir.key]) {
    refused(t, await give(toUser(one), role, { by: admin }), 'to a member', /invoice:approve/)
    refused(t, await give(toUser(admin), role, { by: admin }), 'to oneself')
    refused(t, await give(toGroup(group), role, { by: admin }), 'to a group')
    refused(
      t,
      await call(`/members/${one.id}/roles`, { method: 'PUT', body: { roles: [role] }, by: admin }),
      'as a set',
    )
    refused(t, await giveRoles(platform, replica, { account, roles: [role], by: admin }), 'to a service account')
    const manifest = await call('/authorization-manifest', { by: admin })
    const assignments = [...(manifest.body['assignments'] as object[]), { principal: { user: one.id }, role }]
    refused(
      t,
      await call('/authorization-manifest', { method: 'PUT', body: { ...manifest.body, assignments }, by: admin }),
      'by manifest',
    )
  }
  refused(t, await call(`/groups/${holding}/members/${admin.id}`, { method: 'PUT', by: admin }), 'by joining')
  const inheriting = { key: key('role'), name: 'x', permissions: [], inherits: [approver.key] }
  refused(t, await call('/roles', { method: 'POST', body: inheriting, by: admin }), 'by inheriting')
  const invited = await platform.ask(replica, {
    method: 'POST',
    url: '/internal/roles/check-grantable',
    as: 'orgs',
    body: { organization_id: org.id, granted_by: admin.id, roles: [approver.key, heir.key, 'viewer'] },
  })
  t.same(invited.body, { unknown: [], refused: [approver.key, heir.key] }, 'by invitation')
  t.equal((await give(toUser(one), approver.key)).status, 201, 'the owner may')
})

t.test('a time-limited administrator gives nothing for longer than they hold it', async (t) => {
  const limited = member()
  const end = soon()
  await give(toUser(limited), 'admin', { expires_at: end })
  const [one, group] = [member(), await makeGroup()]
  await give(toGroup(group), 'admin')
  refused(
    t,
    await call(`/groups/${group}/members/${limited.id}`, { method: 'PUT', by: limited }),
    'joining a group that lasts',
  )
  refused(t, await give(toUser(one), 'viewer', { by: limited }), 'for good')
  refused(
    t,
    await call(`/members/${one.id}/roles`, { method: 'PUT', body: { roles: ['viewer'] }, by: limited }),
    'as a set',
  )
  const longer = new Date(Date.parse(end) + 1000).toISOString()
  refused(t, await give(toUser(one), 'viewer', { by: limited, expires_at: longer }), 'a second longer')
  const approved = (duration_seconds?: number) =>
    platform.ask(replica, {
      method: 'POST',
      url: '/internal/roles/check-grantable',
      as: 'orgs',
      body: {
        organization_id: org.id,
        granted_by: limited.id,
        roles: ['viewer'],
        ...(duration_seconds !== undefined && { duration_seconds }),
      },
    })
  const leftSeconds = (Date.parse(end) - Date.now()) / 1000
  t.same((await approved()).body, { unknown: [], refused: ['viewer'] }, 'by approving for good')
  t.same((await approved(Math.ceil(leftSeconds))).body, { unknown: [], refused: ['viewer'] }, 'for a little too long')
  t.same((await approved(Math.floor(leftSeconds / 2))).body, { unknown: [], refused: [] }, 'by approving for less')
  const given = await give(toUser(one), 'viewer', { by: limited, expires_at: end })
  t.equal(given.status, 201, 'until then')
  const change = (expires_at: string | null, by: Member) =>
    call(`/assignments/${idOf(given)}`, { method: 'PATCH', body: { expires_at }, by })
  refused(t, await change(longer, limited), 'extending it')
  refused(t, await change(null, limited), 'making it one for good')
  const makes = {
    method: 'POST',
    body: { key: key('role'), name: 'x', permissions: ['gatehouse:roles.read'] },
    by: limited,
  } as const
  refused(t, await call('/roles', makes), 'defining a role, which lasts')
  const account = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account, roles: ['viewer'], by: owner })
  const missing = async (expires_at: string) =>
    (
      await platform.ask(replica, {
        method: 'POST',
        url: '/internal/service-accounts/check-grantable',
        as: 'tokens',
        token: platform.tokenOf(limited),
        body: { service_account_id: account.id, expires_at },
      })
    ).body['missing'] as string[]
  t.same(await missing(end), [])
  t.ok((await missing(longer)).includes('gatehouse:organization.read'), 'a key that outlives them')
  const extended = await change(longer, owner)
  t.match(extended, { status: 200, body: { expires_at: longer, role: 'viewer' } })
  t.equal((await change(longer, owner)).status, 404, 'the old one has ended')
  const forGood = await call(`/assignments/${idOf(extended)}`, { method: 'PATCH', body: { expires_at: null } })
  t.equal(forGood.status, 200)
  t.notOk('expires_at' in forGood.body)
  const past = await call(`/assignments/${idOf(forGood)}`, {
    method: 'PATCH',
    body: { expires_at: '2020-01-01T00:00:00Z' },
  })
  t.match(past, { status: 400, body: { errors: [{ path: '/expires_at' }] } })
})

t.test('an action that is missing from the catalog for a moment is not grantable meanwhile', async (t) => {
  const admin = member('admin')
  const declare = async (manifest: object) => {
    const answer = await platform.ask(replica, {
      method: 'PUT',
      url: '/v1/authz/catalog/reports',
      token: platform.tokenOf(operator),
      body: manifest,
    })
    t.equal(answer.status, 200)
  }
  const reports = (actions: string[]) => ({
    name: 'Reports',
    resource_types: [{ key: 'report', attributes: {}, actions: actions.map((name) => ({ name })) }],
    roles: [],
    policies: [],
  })
  await declare(reports(['read', 'seal']))
  const sealer = await makeRole(['report:seal'])
  await declare(reports(['read']))
  for (const by of [admin, owner])
    refused(t, await give(toUser(admin), sealer.key, { by }), 'while it is missing', /report:seal/)
  await declare(reports(['read', 'seal']))
  refused(t, await give(toUser(admin), sealer.key, { by: admin }), 'and when it is back')
  t.equal((await give(toUser(admin), sealer.key)).status, 201)
})

t.test(
  'an attribute that a policy reads: of a member, of a person in the directory, of a stored subject',
  async (t) => {
    const writer = await makeRole(['gatehouse:entities.write', 'gatehouse:entities.read', 'gatehouse:roles.read'])
    const clerk = member('admin')
    t.equal((await give(toUser(clerk), writer.key)).status, 201)
    await makePolicy({ when: 'resource.amount <= membership.limit' })
    const names = async (by: Member) =>
      (
        await platform.ask(replica, {
          method: 'POST',
          url: '/internal/attributes/protected',
          as: 'orgs',
          token: platform.tokenOf(by),
          body: {},
        })
      ).body['names']
    t.same(await names(clerk), ['department', 'limit'], 'of a member')
    t.same(await names(owner), [])
    const put = (url: string, attributes: object, by: Member) =>
      at(`/v1/authz/entities/${url}`, { method: 'PUT', body: { attributes }, by })
    refused(t, await put('agent/7', { limit: 9 }, clerk), 'of a stored subject', /attributes\.write/)
    t.equal((await put('agent/7', { colour: 'red' }, clerk)).status, 200, 'what no policy reads')
    t.equal((await put('agent/7', { limit: 9 }, owner)).status, 200)
    refused(t, await put('agent/7', { colour: 'red' }, clerk), 'taking it away')
    refused(t, await at('/v1/authz/entities/agent/7', { method: 'DELETE', by: clerk }), 'or removing what has it')
    t.equal((await put('invoice/7', { risk: 'high' }, clerk)).status, 200, 'a resource’s own')
  },
)

t.test('a deny is not theirs to lift whom it binds, nor by losing the role it names', async (t) => {
  const invoicing = await makeRole(['invoice:approve'])
  const junior = await makeRole()
  const admin = member('admin', 'invoice-reader')
  await give(toUser(admin), invoicing.key)
  await give(toUser(admin), junior.key)
  const deny = await makePolicy({ effect: 'deny', roles: [junior.key] })
  refused(t, await call(`/policies/${deny}`, { method: 'DELETE', by: admin }), 'deleting it')
  const weaker = {
    effect: 'deny',
    resource_type: 'invoice',
    actions: ['approve'],
    roles: [junior.key],
    when: 'resource.amount > 5.0',
  }
  refused(t, await call(`/policies/${deny}`, { method: 'PUT', body: weaker, by: admin }), 'weakening it')
  refused(
    t,
    await call(`/members/${admin.id}/roles`, { method: 'PUT', body: { roles: ['admin'] }, by: admin }),
    'dropping the role',
  )
  refused(t, await call(`/roles/${junior.id}`, { method: 'DELETE', by: admin }), 'deleting the role')
  refused(t, await give(toUser(member()), invoicing.key, { by: admin }), 'and what it takes is not theirs to give')
  t.equal((await call(`/policies/${deny}`, { method: 'DELETE' })).status, 204)
})

t.test('409: a declaration that takes from the catalog what policies of organizations name', async (t) => {
  const read = await makePolicy({ when: 'resource.amount < 100.0 && membership.limit > 1.0' })
  const type = invoices.resource_types[0] as (typeof invoices.resource_types)[number]
  const { locked, ...fewer } = type.attributes
  const { amount: _amount, ...without } = type.attributes
  const declare = (manifest: object) =>
    platform.ask(replica, {
      method: 'PUT',
      url: '/v1/authz/catalog/invoices',
      token: platform.tokenOf(operator),
      body: { ...invoices, policies: [], ...manifest },
    })
  const typed = (attributes: object, more: object = {}) => ({ resource_types: [{ ...type, attributes, ...more }] })
  const takings: [string, object][] = [
    ['an attribute that is gone', typed(without)],
    ['an attribute of another type', typed({ ...type.attributes, amount: { type: 'string', provenance: ['caller'] } })],
    [
      'a member’s attribute that is gone',
      { membership_attributes: { department: { type: 'string', provenance: ['stored'] } } },
    ],
    [
      'an action that is gone',
      typed(type.attributes, { actions: [{ name: 'read' }, { name: 'create' }, { name: 'purge', sensitive: true }] }),
    ],
    ['a type that is gone', { resource_types: [{ ...type, key: 'bill' }], roles: [] }],
  ]
  for (const [name, manifest] of takings) {
    const answer = await declare(manifest)
    t.match(answer, { status: 409, body: { code: 'conflict' } }, name)
    t.match(JSON.stringify(answer.body['errors']), new RegExp(org.id), `${name}: it is said whose`)
  }
  t.equal(
    (await declare(typed({ ...fewer, colour: { type: 'string', provenance: ['caller'] } }))).status,
    200,
    String(locked?.type),
  )
  await call(`/policies/${read}`, { method: 'DELETE' })
  t.equal((await declare({})).status, 200)
})
