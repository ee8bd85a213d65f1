/** POST /v1/authz/explain, /v1/authz/plan and decisions as of a moment. */
import t from 'tap'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const clerk = platform.join(org, platform.person(), {
  roles: ['invoice-clerk'],
  attributes: { department: 'sales', limit: 100 },
})
const admin = platform.join(org, platform.person(), {
  roles: ['admin', 'invoice-clerk'],
  attributes: { department: 'sales', limit: 100 },
})
const post = (url: string, who: typeof clerk, body: object) =>
  platform.ask(replica, {
    method: 'POST',
    url,
    token: platform.tokenOf(who),
    body: { subject: { type: 'user', id: who.id }, ...body },
  })
const approve = { action: { name: 'approve' } }

t.test('explain: the decision, the value of every part, and what would turn it round', async (t) => {
  const { status, body } = await post('/v1/authz/explain', admin, {
    ...approve,
    resource: { type: 'invoice', id: '1', properties: { department: 'sales', amount: 500 } },
  })
  t.equal(status, 200)
  t.match(body, {
    decision: false,
    context: { reason: { code: 'not_granted' }, revision: String },
    roles: [{ role: 'owner', held: false }],
  })
  const policies = body['policies'] as {
    policy: string
    applies?: boolean
    condition?: { operator: string; operands: { result: unknown }[] }
  }[]
  t.match(
    policies.find(({ policy }) => policy === 'approve-own-department'),
    { effect: 'allow', applies: false, condition: { operator: '&&', operands: [{ result: true }, { result: false }] } },
  )
  const suggestions = body['suggestions'] as { kind: string; name?: string; value?: number }[]
  const lower = suggestions.find(({ kind, name }) => kind === 'attribute' && name === 'amount')
  t.ok(lower && (lower.value ?? Infinity) <= 100, 'a smaller amount')
  t.match(
    (
      await post('/access/v1/evaluation', admin, {
        ...approve,
        resource: { type: 'invoice', id: '1', properties: { department: 'sales', amount: lower?.value } },
      })
    ).body,
    { decision: true },
    'and it is so',
  )
})

t.test('explain: for whoever may read policies, of themself, without what the resource is on record as', async (t) => {
  const resource = { type: 'invoice', id: '1', properties: { department: 'sales', amount: 1 } }
  t.match(await post('/v1/authz/explain', clerk, { ...approve, resource }), { status: 403 })
  t.match(
    (await post('/v1/authz/explain', admin, { ...approve, resource, subject: { type: 'user', id: clerk.id } })).body,
    { decision: false, context: { reason: { code: 'subject_not_permitted' } }, policies: [] },
  )
  t.match(
    (await post('/v1/authz/explain', admin, { ...approve, resource: { ...resource, properties: { risk: 'low' } } }))
      .body,
    { status: 400, code: 'invalid_attribute' },
  )
  const risky = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${org.id}/policies`,
    token: platform.tokenOf(owner),
    body: {
      key: 'risk',
      effect: 'deny',
      resource_type: 'invoice',
      actions: ['approve'],
      when: 'has(resource.risk) && resource.risk == "high"',
    },
  })
  t.equal(risky.status, 201)
  const text = JSON.stringify((await post('/v1/authz/explain', admin, { ...approve, resource })).body['policies'])
  t.match(text, /"redacted":true/)
})

type Suggested = { kind: string; role?: string; source?: string; name?: string; value?: unknown }

t.test('explain: a suggestion can be carried out by whoever is told it, and then it is true', async (t) => {
  const here = await platform.withInvoices(replica)
  const asking = (member: typeof clerk, method: 'POST' | 'PUT', url: string, body: object) =>
    platform.ask(replica, { method, url, token: platform.tokenOf(member), body })
  const save = async (kind: 'roles' | 'policies', body: object) =>
    t.equal((await asking(here.owner, 'POST', `/v1/organizations/${here.org.id}/${kind}`, body)).status, 201)
  const approves = { permissions: ['invoice:approve'] }
  await save('roles', { key: 'approver', name: 'Approves', ...approves })
  await save('roles', { key: 'barred', name: 'Approves, and is barred', ...approves })
  await save('roles', {
    key: 'purging',
    name: 'Approves and purges',
    permissions: ['invoice:approve', 'invoice:purge'],
  })
  await save('roles', { key: 'policy-reader', name: 'Reads policies', permissions: ['gatehouse:policies.read'] })
  await save('policies', {
    key: 'no-barred',
    effect: 'deny',
    resource_type: 'invoice',
    actions: ['approve'],
    when: '"barred" in membership.roles',
  })
  const explained = async (member: typeof clerk, more: object = {}) => {
    const resource = { type: 'invoice', id: '1', properties: { department: 'sales', amount: 500, ...more } }
    const body = { subject: { type: 'user', id: member.id }, ...approve, resource }
    const answer = await asking(member, 'POST', '/v1/authz/explain', body)
    t.equal(answer.status, 200)
    return { body, decision: answer.body['decision'], suggestions: answer.body['suggestions'] as Suggested[] }
  }
  const rolesIn = (suggestions: Suggested[]) => suggestions.flatMap(({ role }) => role ?? []).sort()

  const reading = platform.join(here.org, platform.person(), {
    roles: ['policy-reader'],
    attributes: { department: 'sales' },
  })
  t.same(rolesIn((await explained(reading)).suggestions), [], 'no role for one who may give none')

  const admin = platform.join(here.org, platform.person(), { roles: ['admin', 'approver'], attributes: {} })
  const taken = await explained(admin)
  t.same(
    [taken.decision, rolesIn(taken.suggestions)],
    [true, ['approver']],
    'what a deny may take from them is not theirs to give',
  )

  const chief = platform.join(here.org, platform.person(), {
    roles: ['admin', 'invoice-clerk'],
    attributes: { department: 'sales', limit: 100 },
  })
  const { decision, suggestions, body } = await explained(chief)
  t.equal(decision, false)
  t.same(rolesIn(suggestions), [], 'neither owner nor barred, nor what holds a right that the admin lacks')
  const stated = suggestions.filter(({ kind }) => kind === 'attribute')
  t.same(stated.map(({ source, name }) => `${source}.${name}`).sort(), ['resource.amount'], 'no id and no stored value')
  for (const { name, value } of stated) {
    const resource = { ...body.resource, properties: { ...body.resource.properties, [name ?? '']: value } }
    const changed = await asking(chief, 'POST', '/access/v1/evaluation', { ...body, resource })
    t.match(changed.body, { decision: true }, name ?? '')
  }

  const ofOwner = await explained(here.owner)
  t.equal(ofOwner.decision, true)
  t.same(rolesIn(ofOwner.suggestions), ['barred'], 'ownership is not taken by anybody')
  const url = `/v1/organizations/${here.org.id}/members/${here.owner.id}/roles`
  t.equal((await asking(here.owner, 'PUT', url, { roles: ['barred'] })).status, 200)
  t.equal((await explained(here.owner)).decision, false, 'and it is so')
})

t.test('plan: all, none, or a filter with its SQL', async (t) => {
  const plan = (who: typeof clerk, action: string, more: object = {}) =>
    post('/v1/authz/plan', who, { action: { name: action }, resource: { type: 'invoice' }, ...more })
  t.match((await plan(clerk, 'read')).body, { plan: 'always_allow', context: { revision: String } })
  t.match((await plan(clerk, 'purge')).body, { plan: 'always_deny' })
  const columns = { department: 'i.department', amount: 'i.amount', locked: 'i.locked', risk: 'i.risk' }
  const { body } = await plan(clerk, 'approve', { columns })
  t.match(body, { plan: 'conditional', filter: Object, sql: { text: /i\.department/, params: Array } })
  t.match((body['sql'] as { params: unknown[] }).params.includes('sales'), true)
  t.match((await plan(clerk, 'approve', { columns: { amount: 'amount' } })).body, {
    status: 400,
    code: 'validation_failed',
  })
  t.match((await plan(clerk, 'approve', { subject: { type: 'user', id: owner.id } })).body, { plan: 'always_deny' })
  for (const column of [
    'amount; drop table x',
    '"amount',
    'a"b',
    'a..b',
    { column: 'a::text' },
    { column: 'd', path: ["x'y"] },
    { column: 'd', path: [] },
  ])
    t.equal((await plan(clerk, 'approve', { columns: { amount: column } })).status, 400, JSON.stringify(column))
  const converted = await plan(clerk, 'approve', {
    columns: {
      ...columns,
      amount: { column: '"my invoices".amount' },
      department: { column: 'i.data', path: ['department', 'short-name'] },
    },
  })
  t.match(converted.body, { plan: 'conditional' })
  const { text } = converted.body['sql'] as { text: string }
  t.match(text, /\(\("my invoices"\.amount\)::float8\)/)
  t.match(text, /\(i\.data\)::jsonb -> 'department' -> 'short-name'/)
})

t.test('as of: the rows that were in force then decide', async (t) => {
  const member = platform.join(org, platform.person(), {
    roles: ['invoice-clerk'],
    attributes: { department: 'sales', limit: 10 },
  })
  const ask = (context?: object) =>
    platform.evaluate(replica, member, {
      action: 'approve',
      properties: { department: 'sales', amount: 50 },
      ...(context === undefined ? {} : { context }),
    })
  t.match((await ask()).body, { decision: false })
  const before = new Date().toISOString()
  platform.changeAttributes(member, { department: 'sales', limit: 60 })
  await replica.deps.following.orgs.pollNow()
  t.match((await ask()).body, { decision: true })
  t.match((await ask({ at: before })).body, { decision: false })
  t.match(
    (await ask({ at: '2020-01-01T00:00:00Z' })).body,
    { decision: false, context: { reason: { code: 'user_disabled' } } },
    'before anything was known',
  )
  t.match((await ask({ at: '2999-01-01T00:00:00Z' })).body, { status: 400, errors: [{ path: '/context/at' }] })
  t.match((await ask({ at: 'yesterday' })).body, { status: 400 })
})

t.test('access diff: what a person may do now and could not before', async (t) => {
  const member = platform.join(org, platform.person(), {
    roles: ['invoice-reader'],
    attributes: { department: 'sales', limit: 10 },
  })
  t.match(
    (await platform.evaluate(replica, member, { action: 'read' })).body,
    { decision: true },
    'the person and the membership are known',
  )
  // Rows begin within a millisecond, moments are named in whole ones: the next one lies after everything so far.
  const fromMs = Date.now() + 1
  const from = new Date(fromMs).toISOString()
  await waitUntil('the moment is past', () => Date.now() > fromMs)
  await platform.ask(replica, {
    method: 'PUT',
    url: `/v1/organizations/${org.id}/members/${member.id}/roles`,
    token: platform.tokenOf(owner),
    body: { roles: ['invoice-clerk'] },
  })
  const diff = (more: object = {}) => post('/v1/authz/access-diff', member, { from, ...more })
  t.same((await diff()).body['data'], [
    { permission: 'invoice:approve', before: 'none', after: 'some', change: 'gained' },
    { permission: 'invoice:create', before: 'none', after: 'all', change: 'gained' },
  ])
  t.same((await diff({ to: from })).body['data'], [])
  t.same((await diff({ from: new Date().toISOString(), to: from })).body['data'], [
    { permission: 'invoice:approve', before: 'some', after: 'none', change: 'lost' },
    { permission: 'invoice:create', before: 'all', after: 'none', change: 'lost' },
  ])
  t.match((await diff({ from: '2999-01-01T00:00:00Z' })).body, { status: 400, errors: [{ path: '/from' }] })
})
