/**
 * A policy over its life: replaced, drafted, tested, published, compared, rolled back; by status code, and what each
 * does to decisions.
 */
import t from 'tap'
import { PolicyDraftDeleted, PolicyDraftSaved, PolicyUpdated } from '@gatehouse/contracts/events/authz/policy'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
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

type Call = { method?: 'GET' | 'POST' | 'PUT' | 'DELETE'; path?: string; body?: unknown; by?: Member; match?: string }
const call = ({ method = 'GET', path = '', body, by = owner, match }: Call = {}): Promise<Answer> =>
  platform.ask(replica, {
    method,
    url: `/v1/organizations/${by.orgId}/policies${path}`,
    token: platform.tokenOf(by),
    body,
    ...(match === undefined ? {} : { headers: { 'if-match': match } }),
  })
const content = (more: object = {}) => ({ effect: 'allow', resource_type: 'invoice', actions: ['read'], ...more })
const save = async (key: string, more: object = {}, by = owner): Promise<string> =>
  `/${(await call({ method: 'POST', body: { key, ...content(more) }, by })).body['id'] as string}`
const mayRead = async (member: Member, amount: number) =>
  (await platform.evaluate(replica, member, { action: 'read', properties: { amount } })).body['decision']
const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()

t.test('200: a policy is read and replaced, each version with its ETag; the next decision follows it', async (t) => {
  const member = platform.join(org, platform.person())
  const made = await call({
    method: 'POST',
    body: {
      key: 'small',
      ...content({ when: 'resource.amount < 10', obligation: { type: 'step_up', acr_values: ['2'], max_age: 300 } }),
    },
  })
  t.match(made, { status: 201, headers: { etag: '"1"' } })
  const path = `/${made.body['id'] as string}`
  t.match(await call({ path }), {
    status: 200,
    headers: { etag: '"1"' },
    body: { key: 'small', obligation: { type: 'step_up', acr_values: ['2'], max_age: 300 } },
  })
  t.same([await mayRead(member, 5), await mayRead(member, 50)], [true, false])
  const changed = await call({ method: 'PUT', path, body: content({ when: 'resource.amount < 100' }), match: '"1"' })
  t.match(changed, {
    status: 200,
    headers: { etag: '"2"' },
    body: { key: 'small', version: 2, when: 'resource.amount < 100' },
  })
  t.notOk('obligation' in changed.body)
  t.equal(await mayRead(member, 50), true)
  t.ok(await probe.waitFor(PolicyUpdated, ({ subject, version }) => `/${subject}` === path && version === 2))
  t.equal((await call({ method: 'DELETE', path, match: '"1"' })).status, 412)
  t.equal((await call({ method: 'DELETE', path, match: '"2"' })).status, 204)
  t.equal((await call({ path })).status, 404)
  t.equal((await call({ method: 'PUT', path, body: content() })).status, 404)
})

t.test('400 invalid_policy: what is refused leaves the version in force untouched', async (t) => {
  const member = platform.join(org, platform.person())
  const path = await save('stays', { when: 'resource.amount == 7' })
  const refusals = [
    { when: 'resource.amount ==' },
    { when: 'resource.amount == "x"' },
    { actions: ['fly'] },
    { tests: [{ name: 'says no', given: { resource: { amount: 7 } }, expect: 'deny' }], when: 'resource.amount == 7' },
  ]
  for (const more of refusals)
    t.match(
      (await call({ method: 'PUT', path, body: content(more) })).body,
      { status: 400, code: 'invalid_policy' },
      JSON.stringify(more),
    )
  t.match((await call({ path })).body, { version: 1, when: 'resource.amount == 7' })
  t.equal(await mayRead(member, 7), true)
  t.equal(
    (await call({ method: 'PUT', path, body: content({ when: `resource.department == "${'x'.repeat(3000)}"` }) })).body[
      'code'
    ],
    'validation_failed',
    'too big',
  )
  t.equal(
    (await call({ method: 'PUT', path, body: { ...content(), key: 'other' } })).body['code'],
    'validation_failed',
    'the key is the policy’s for good',
  )
})

t.test('a policy keeps what its own tests promise, or is refused with the failing test named', async (t) => {
  const when = 'resource.department == membership.department && resource.amount <= membership.limit'
  const given = { resource: { department: 'sales', amount: 5 }, membership: { department: 'sales', limit: 10 } }
  const tested = (tests: object[], more: object = {}) =>
    call({
      method: 'POST',
      body: {
        key: `t-${newId('x').slice(-8)}`,
        ...content({ when, actions: ['approve', 'read'], roles: ['invoice-reader'], tests, ...more }),
      },
    })
  const sound = [
    { name: 'a clerk is a reader', given: { ...given, roles: ['invoice-clerk'] }, expect: 'allow' },
    { name: 'nobody else', given, expect: 'deny' },
    { name: 'another action', given: { ...given, roles: ['invoice-reader'], action: 'create' }, expect: 'deny' },
    {
      name: 'an unknown limit',
      given: { resource: given.resource, membership: { department: 'sales' }, roles: ['invoice-reader'] },
      expect: 'deny',
    },
  ]
  const saved = await tested(sound)
  t.match(saved, {
    status: 201,
    body: { tests: [{ name: 'a clerk is a reader' }, {}, {}, { given: { membership: { department: 'sales' } } }] },
  })
  t.match(
    (
      await tested([
        ...sound,
        {
          name: 'too generous',
          given: { ...given, roles: ['invoice-reader'], membership: { department: 'sales', limit: 1 } },
          expect: 'allow',
        },
      ])
    ).body,
    {
      code: 'invalid_policy',
      errors: [{ path: '/tests/4', message: /“too generous” expects allow, the policy says deny/ }],
    },
  )
  t.match(
    (
      await tested([
        {
          name: 'x',
          given: { resource: { colour: 'red', amount: 'many' }, roles: ['ghost'], action: 'fly' },
          expect: 'deny',
        },
      ])
    ).body,
    {
      errors: [
        { path: '/tests/0/given/action' },
        { path: '/tests/0/given/roles/0' },
        { path: '/tests/0/given/resource/colour' },
        { path: '/tests/0/given/resource/amount', message: /number/ },
      ],
    },
  )
  const deny = { effect: 'deny', roles: undefined, when: 'resource.amount > 10', actions: ['read'] }
  t.equal(
    (
      await tested(
        [
          { name: 'small', given: { resource: { amount: 1 } }, expect: 'allow' },
          { name: 'big', given: { resource: { amount: 11 } }, expect: 'deny' },
          { name: 'unknown', given: {}, expect: 'deny' },
        ],
        deny,
      )
    ).status,
    201,
  )
  t.match((await tested([{ name: 'unknown', given: {}, expect: 'allow' }], deny)).body, {
    errors: [{ message: /denied_for_missing_attribute: resource.amount/ }],
  })
  t.equal((await tested(Array.from({ length: 51 }, () => sound[0] as object))).body['code'], 'validation_failed')
})

t.test('drafts: written, read, not in force, published once, thrown away', async (t) => {
  const member = platform.join(org, platform.person())
  const path = await save('drafted', { when: 'resource.amount == 1' })
  const id = path.slice(1)
  t.equal((await call({ path: `${path}/draft` })).status, 404)
  t.equal((await call({ method: 'POST', path: `${path}/publish` })).status, 404)
  const first = await call({ method: 'PUT', path: `${path}/draft`, body: content({ when: 'resource.amount == 2' }) })
  t.match(first, { status: 200, body: { id, key: 'drafted', when: 'resource.amount == 2' } })
  const etag = first.headers['etag'] as string
  t.equal(await mayRead(member, 2), false, 'a draft decides nothing')
  t.match(await call({ path: `${path}/draft` }), { status: 200, headers: { etag } })
  t.match((await call({ method: 'PUT', path: `${path}/draft`, body: content({ when: 'resource.amount ==' }) })).body, {
    code: 'invalid_policy',
  })
  t.equal((await call({ method: 'PUT', path: `${path}/draft`, body: content(), match: '"999999"' })).status, 412)
  t.equal((await call({ method: 'POST', path: `${path}/publish`, match: '"999999"' })).status, 412)
  const racing = await Promise.all(
    Array.from({ length: 16 }, () => call({ method: 'POST', path: `${path}/publish`, match: etag })),
  )
  t.same(statuses(racing), [200, ...Array.from({ length: 15 }, () => 404)], '16 publishers, one wins')
  t.match(
    racing.find(({ status }) => status === 200),
    { headers: { etag: '"2"' }, body: { version: 2, when: 'resource.amount == 2' } },
  )
  t.same([await mayRead(member, 1), await mayRead(member, 2)], [false, true])
  const second = await call({ method: 'PUT', path: `${path}/draft`, body: content({ when: 'resource.amount == 3' }) })
  t.not(second.headers['etag'], etag, 'a tag never comes back')
  t.equal((await call({ method: 'DELETE', path: `${path}/draft`, match: etag })).status, 412)
  t.equal((await call({ method: 'DELETE', path: `${path}/draft` })).status, 204)
  t.equal((await call({ method: 'DELETE', path: `${path}/draft` })).status, 404)
  t.match(
    [
      await probe.waitFor(PolicyDraftSaved, ({ data }) => data.policy_id === id),
      await probe.waitFor(PolicyDraftDeleted, ({ data }) => data.policy_id === id),
    ],
    [{}, {}],
  )
  await call({ method: 'PUT', path: `${path}/draft`, body: content() })
  await call({ method: 'DELETE', path })
  t.equal((await call({ path: `${path}/draft` })).status, 404, 'it goes with its policy')
})

t.test('a save says what is odd about the policy, and saves it', async (t) => {
  const made = await call({ method: 'POST', body: { key: 'odd', ...content({ when: 'resource.amount > 1 || true' }) } })
  t.match(made, { status: 201, body: { warnings: [{ code: 'always_true', at: Number }] } })
  const path = `/${made.body['id'] as string}`
  t.match(
    (await call({ method: 'PUT', path: `${path}/draft`, body: content({ when: 'resource.amount > 1 && false' }) }))
      .body,
    { warnings: [{ code: 'always_false' }, { code: 'unreachable' }] },
  )
  t.match((await call({ method: 'POST', body: { key: 'narrow', ...content({ when: 'resource.amount > 5' }) } })).body, {
    warnings: [{ code: 'shadowed', by: 'odd' }],
  })
  t.match((await call({ method: 'PUT', path, body: content({ when: 'resource.amount == 77' }) })).body, {
    warnings: [],
  })
  t.notOk('warnings' in (await call({ path })).body)
  await call({ method: 'DELETE', path })
})

t.test('a draft may say what its writer does not hold; who publishes it holds it', async (t) => {
  const path = await save('four-eyes', { effect: 'deny', when: 'false' })
  t.equal((await call({ method: 'PUT', path: `${path}/draft`, body: content(), by: admin })).status, 200)
  t.match((await call({ method: 'POST', path: `${path}/publish`, by: admin })).body, {
    code: 'forbidden',
    detail: /invoice:read/,
  })
  t.equal((await call({ path: `${path}/draft` })).status, 200, 'still there')
  t.equal((await call({ method: 'POST', path: `${path}/publish` })).status, 200)
})

t.test('versions are listed newest first, compared by path, and an earlier one comes back as the next', async (t) => {
  const path = await save('versioned', { when: 'resource.amount == 1' })
  await call({ method: 'PUT', path, body: content({ when: 'resource.amount == 2', actions: ['read', 'create'] }) })
  await call({ method: 'PUT', path, body: content({ obligation: { type: 'access_request' } }) })
  const first = await call({ path: `${path}/versions?limit=2` })
  t.match(first, {
    status: 200,
    body: {
      data: [
        { version: 3, valid_to: null },
        { version: 2, when: 'resource.amount == 2' },
      ],
      page: { has_more: true },
    },
  })
  const { next_cursor: cursor } = first.body['page'] as { next_cursor: string }
  t.match((await call({ path: `${path}/versions?limit=2&cursor=${cursor}` })).body, {
    data: [{ version: 1 }],
    page: { has_more: false },
  })
  const one = await call({ path: `${path}/versions/1` })
  t.match(one, { status: 200, body: { version: 1, when: 'resource.amount == 1' } })
  t.equal(one.body['valid_to'], (await call({ path: `${path}/versions/2` })).body['valid_from'])
  t.match(await call({ path: `${path}/diff?from=1&to=3` }), {
    status: 200,
    body: {
      from: 1,
      to: 3,
      changes: [
        { path: '/obligation', after: { type: 'access_request' } },
        { path: '/when', before: 'resource.amount == 1' },
      ],
    },
  })
  t.match((await call({ path: `${path}/diff?from=2&to=1` })).body, {
    changes: [{ path: '/actions', before: ['read', 'create'], after: ['read'] }, { path: '/when' }],
  })
  t.same((await call({ path: `${path}/diff?from=2&to=2` })).body['changes'], [])
  t.match(await call({ method: 'POST', path: `${path}/rollback`, body: { version: 1 }, match: '"3"' }), {
    status: 200,
    headers: { etag: '"4"' },
    body: { version: 4, when: 'resource.amount == 1' },
  })
  t.equal((await call({ method: 'POST', path: `${path}/rollback`, body: { version: 1 }, match: '"3"' })).status, 412)
  for (const missing of [`${path}/versions/9`, `${path}/versions/nought`, `${path}/diff?from=1&to=9`])
    t.equal((await call({ path: missing })).status, 404, missing)
  t.equal((await call({ method: 'POST', path: `${path}/rollback`, body: { version: 9 } })).status, 404)
  t.match((await call({ path: `${path}/diff` })).body, { from: 3, to: 4 }, 'the last change')
  t.equal((await call({ path: `${path}/diff?from=one` })).status, 400)
  await call({ method: 'DELETE', path })
  t.equal((await call({ path: `${path}/versions` })).status, 200, 'what was deleted stays on record')
})

t.test('a version that today’s catalog refuses does not come back', async (t) => {
  const declare = (attributes: object) =>
    platform.ask(replica, {
      method: 'PUT',
      url: '/v1/authz/catalog/ledgers',
      token: platform.tokenOf(administrator),
      body: {
        ...invoices,
        name: 'Ledgers',
        resource_types: [{ key: 'ledger', attributes, actions: [{ name: 'read' }] }],
        roles: [],
        policies: [],
        membership_attributes: {},
      },
    })
  t.equal((await declare({ open: { type: 'boolean', provenance: ['caller'] } })).status, 200)
  const path = await save('ledgers', { resource_type: 'ledger', when: 'resource.open' })
  t.equal((await call({ method: 'PUT', path, body: content({ resource_type: 'ledger', when: 'false' }) })).status, 200)
  await declare({})
  t.match((await call({ method: 'POST', path: `${path}/rollback`, body: { version: 1 } })).body, {
    code: 'invalid_policy',
    errors: [{ path: '/when', message: /resource.open/ }],
  })
  t.match((await call({ path })).body, { version: 2, when: 'false' })
})

t.test('16 updates of one version: one wins', async (t) => {
  const path = await save('contended')
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      call({ method: 'PUT', path, body: content({ when: `resource.amount == ${n}` }), match: '"1"' }),
    ),
  )
  t.same(statuses(answers), [200, ...Array.from({ length: 15 }, () => 412)])
})

t.test('403 and 404: without the right, and another organization’s policy', async (t) => {
  const path = await save('theirs', {}, stranger)
  await call({ method: 'PUT', path: `${path}/draft`, body: content(), by: stranger })
  const routes: Call[] = [
    {},
    { method: 'PUT', body: content() },
    { method: 'DELETE' },
    { path: '/draft' },
    { method: 'PUT', path: '/draft', body: content() },
    { method: 'DELETE', path: '/draft' },
    { method: 'POST', path: '/publish' },
    { path: '/versions' },
    { path: '/versions/1' },
    { path: '/diff?from=1&to=1' },
    { method: 'POST', path: '/rollback', body: { version: 1 } },
  ]
  for (const { method = 'GET', path: rest = '', body } of routes) {
    t.equal((await call({ method, path: `${path}${rest}`, body })).status, 404, `${method} ${rest}`)
    t.equal(
      (await call({ method, path: `${path}${rest}`, body, by: viewer })).status,
      403,
      `${method} ${rest} by a viewer`,
    )
  }
  t.match((await call({ path, by: stranger })).body, { version: 1 }, 'untouched')
  t.equal((await call({ path: `${path}/draft`, by: stranger })).status, 200)
})
