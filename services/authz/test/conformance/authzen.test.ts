/**
 * OpenID AuthZEN Authorization API 1.0 by its certification scenario: the levels Basic, Batch, Search (each Core and
 * Properties) and Discovery, asked by an application as a policy enforcement point would. docs/reference/authzen.md
 * maps each requirement to the test named here.
 */
import t from 'tap'
import type { ApplicationManifest } from '@gatehouse/contracts/http/authz/catalog'
import { openPlatform, type Answer } from '../fixtures/platform.ts'
import { accountToken, giveRoles, makeAccount } from '../fixtures/service-accounts.ts'

const records: ApplicationManifest = {
  name: 'Records',
  resource_types: [
    {
      key: 'record',
      attributes: { status: { type: 'string', provenance: ['caller', 'stored'] } },
      action_attributes: { soft: { type: 'boolean', provenance: ['caller'] } },
      actions: [{ name: 'read' }, { name: 'write' }, { name: 'delete' }],
    },
  ],
  membership_attributes: { role: { type: 'string', provenance: ['stored', 'caller'] } },
  roles: [
    { key: 'record-reader', name: 'Reads records', permissions: ['record:read'] },
    { key: 'record-writer', name: 'Writes records', permissions: ['record:write'], inherits: ['record-reader'] },
  ],
  policies: [
    {
      key: 'soft-delete',
      effect: 'allow',
      resource_type: 'record',
      actions: ['delete'],
      roles: ['record-writer'],
      when: 'action.soft',
    },
    {
      key: 'admins-write-archived',
      effect: 'allow',
      resource_type: 'record',
      actions: ['write'],
      when: 'membership.role == "admin" && resource.status == "archived"',
    },
    {
      key: 'archived-stays',
      effect: 'deny',
      resource_type: 'record',
      actions: ['write'],
      when:
        'has(resource.status) && resource.status == "archived" && ' +
        '!(has(membership.role) && membership.role == "admin")',
    },
  ],
}

const platform = await openPlatform(t)
const replica = await platform.replica()
const administrator = await platform.administrator(replica)
const org = platform.organization()
const owner = platform.join(org, platform.person(), { isOwner: true })
await platform.ask(replica, {
  method: 'PUT',
  url: '/v1/authz/catalog/records',
  token: platform.tokenOf(administrator),
  body: records,
})
const store = (type: string, id: string, body: object) =>
  platform.ask(replica, {
    method: 'PUT',
    url: `/v1/authz/entities/${type}/${id}`,
    token: platform.tokenOf(owner),
    body,
  })
const stored = [
  await store('user', 'alice', { attributes: {}, roles: ['record-writer'] }),
  await store('user', 'bob', { attributes: { role: 'admin' }, roles: ['record-reader'] }),
  await store('record', 'record-1', { attributes: { status: 'active' } }),
  await store('record', 'record-2', { attributes: { status: 'archived' } }),
]
const account = makeAccount(platform, org.id)
await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
const token = accountToken(platform, account)

type Headers = Record<string, string>
const post = (path: string, body: unknown, headers: Headers = {}): Promise<Answer> =>
  platform.ask(replica, { method: 'POST', url: `/access/v1/${path}`, token, body, headers })
const alice = { type: 'user', id: 'alice' }
const bob = { type: 'user', id: 'bob' }
const admin = { ...bob, properties: { role: 'admin' } }
const one = { type: 'record', id: 'record-1' }
const two = { type: 'record', id: 'record-2' }
const archived = { ...two, properties: { status: 'archived' } }
const [read, write] = [{ name: 'read' }, { name: 'write' }]
const soft = (isSoft: boolean) => ({ name: 'delete', properties: { soft: isSoft } })
const decisions = ({ body }: Answer) => (body['evaluations'] as { decision: unknown }[]).map(({ decision }) => decision)
const results = ({ body }: Answer) => body['results'] as Record<string, unknown>[]

t.test('the fixture is stored', async (t) =>
  t.same(
    stored.map(({ status }) => status),
    [200, 200, 200, 200],
  ),
)

t.test('Basic Core and Properties: the eight decisions, whatever else a request carries', async (t) => {
  const rows: [string, object, object, object, boolean, object?][] = [
    ['2.2.1 permit', alice, read, one, true],
    ['1.4.2 permit', alice, write, one, true],
    ['1.4.3 permit', bob, read, one, true],
    ['2.2.2 deny', bob, write, one, false],
    ['2.2.3 with context', alice, read, one, true, { context: { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' } }],
    ['2.2.4 deny by properties', alice, write, archived, false],
    ['2.2.5 permit by subject properties', admin, write, archived, true],
    ['2.2.6 permit by action properties', alice, soft(true), one, true],
    ['2.2.7 deny by action properties', alice, soft(false), one, false],
    [
      '2.2.8 more properties',
      { ...alice, properties: { department: 'Sales', role: 'manager' } },
      { ...read, properties: { method: 'GET' } },
      { ...one, properties: { status: 'active', owner: 'bob' } },
      true,
    ],
    ['2.2.9 unknown fields', alice, read, one, true, { foo: 'bar', futureField: { nested: true } }],
  ]
  for (const [name, subject, action, resource, decision, more = {}] of rows) {
    const answer = await post('evaluation', { subject, action, resource, ...more })
    t.match(
      [answer.status, answer.body['decision'], answer.headers['content-type']],
      [200, decision, /^application\/json/],
      name,
    )
    t.equal(typeof answer.body['context'], 'object', '2.3.2 the context is an object')
  }
  for (let times = 0; times < 3; times++)
    t.match(
      (await post('evaluation', { subject: alice, action: read, resource: one })).body,
      { decision: true },
      '2.6 the same each time',
    )
})

t.test('Basic: what cannot be read is 400, at every endpoint that takes an evaluation', async (t) => {
  const whole = { subject: alice, action: read, resource: one }
  const bad: [string, unknown][] = [
    ...['subject', 'action', 'resource'].map((name): [string, unknown] => [
      `2.4.1 without ${name}`,
      { ...whole, [name]: undefined },
    ]),
    ['2.4.2 subject.type', { ...whole, subject: { id: 'alice' } }],
    ['2.4.2 subject.id', { ...whole, subject: { type: 'user' } }],
    ['2.4.2 action.name', { ...whole, action: {} }],
    ['2.4.2 resource.type', { ...whole, resource: { id: 'record-1' } }],
    ['2.4.2 resource.id', { ...whole, resource: { type: 'record' } }],
    ['2.4.5 no body', undefined],
    ['2.4.6 a text for a subject', { ...whole, subject: 'alice' }],
    ['2.4.6 a number for a name', { ...whole, action: { name: 123 } }],
    ['properties that are no object', { ...whole, resource: { ...one, properties: [] } }],
  ]
  for (const path of ['evaluation', 'evaluations'])
    for (const [name, body] of bad) t.equal((await post(path, body)).status, 400, `${path}: ${name}`)
  t.equal((await post('evaluation', whole, { 'content-type': 'text/plain' })).status, 400, '2.4.3 another content type')
  const raw = await replica.app.inject({
    method: 'POST',
    url: '/access/v1/evaluation',
    headers: { 'content-type': 'application/json' },
    payload: '{"subject":',
  })
  t.ok([400, 401].includes(raw.statusCode), '2.4.4 malformed JSON (behind its authentication)')
})

t.test('Basic: the request id comes back', async (t) => {
  const whole = { subject: alice, action: read, resource: one }
  const ids = ['bfe9eb29-ab87-4ca3-be83-a1d5d8305716', 'any string at all; even this', 'a\ttab, "{}"', 'caf\u00e9', '0']
  for (const id of [...ids, 'x'.repeat(4096)]) {
    for (const path of ['evaluation', 'evaluations', 'search/action'])
      t.equal((await post(path, whole, { 'x-request-id': id })).headers['x-request-id'], id, `2.5.1 ${path}`)
    t.equal((await post('evaluation', {}, { 'x-request-id': id })).headers['x-request-id'], id, 'on errors too')
  }
  t.equal((await post('evaluation', whole)).status, 200, '2.5.2 without one')
})

t.test('Batch Core and Properties', async (t) => {
  t.same(
    decisions(
      await post('evaluations', { subject: alice, action: read, evaluations: [{ resource: one }, { resource: two }] }),
    ),
    [true, true],
    '3.2.1',
  )
  t.same(
    decisions(
      await post('evaluations', { subject: bob, resource: one, evaluations: [{ action: read }, { action: write }] }),
    ),
    [true, false],
    '3.2.2, in order',
  )
  t.same(
    decisions(
      await post('evaluations', {
        subject: alice,
        action: write,
        evaluations: [{ resource: { ...one, properties: { status: 'active' } } }, { resource: archived }],
      }),
    ),
    [true, false],
    '3.2.3',
  )
  t.same(
    decisions(
      await post('evaluations', {
        action: write,
        resource: archived,
        evaluations: [{ subject: alice }, { subject: admin }],
      }),
    ),
    [false, true],
    '3.2.4',
  )
  t.same(
    decisions(
      await post('evaluations', {
        evaluations: [
          { subject: alice, action: read, resource: one },
          { subject: bob, action: write, resource: one },
        ],
      }),
    ),
    [true, false],
    '3.2.5',
  )
  const context = { time: '2025-06-27T18:03-07:00' }
  t.same(
    decisions(
      await post('evaluations', {
        subject: alice,
        action: read,
        context,
        evaluations: [{ resource: one }, { resource: two, context: { ...context, source: 'batch-override' } }],
      }),
    ),
    [true, true],
    '3.2.6',
  )
  const merged = await post('evaluations', {
    subject: alice,
    action: write,
    resource: { type: 'record' },
    evaluations: [{ resource: { id: 'record-1', properties: { status: 'active' } } }, { resource: archived }],
  })
  t.same(decisions(merged), [true, false], '3.2.7')
  t.notOk('decision' in merged.body, '3.3.4')
  const failing = await post('evaluations', { subject: alice, action: read, evaluations: [{ resource: one }, {}] })
  t.same([failing.status, decisions(failing)], [200, [true, false]], '3.4.1')
  const whole = { subject: alice, action: read, resource: one }
  for (const evaluations of [undefined, []])
    t.match((await post('evaluations', { ...whole, evaluations })).body, { decision: true }, '3.4.2, 3.4.3')
})

t.test('Search Core and Properties', async (t) => {
  const subjects = await post('search/subject', { subject: { type: 'user' }, action: read, resource: one })
  t.match([subjects.status, subjects.headers['content-type']], [200, /^application\/json/])
  t.ok(
    ['alice', 'bob'].every((id) => results(subjects).some((found) => found['id'] === id && found['type'] === 'user')),
    '4.2.1',
  )
  t.ok(results(subjects).every(({ type }) => type === 'user'))
  t.equal(
    (
      await post('search/subject', {
        subject: { type: 'user', id: 'ignored' },
        action: read,
        resource: one,
        context: { time: 'now', ip: '::1' },
      })
    ).status,
    200,
    '4.2.2',
  )
  t.same(
    results(await post('search/subject', { subject: { type: 'user' }, action: write, resource: archived })),
    [bob],
    '4.2.4, and nobody else',
  )
  t.same(
    results(
      await post('search/resource', { subject: alice, action: read, resource: { type: 'record', id: 'ignored' } }),
    ),
    [one, two],
    '4.3.1',
  )
  t.same(
    results(await post('search/resource', { subject: alice, action: write, resource: { type: 'record' } })),
    [one],
    'what is on record decides',
  )
  t.same(
    results(await post('search/resource', { subject: admin, action: write, resource: { type: 'record' } })),
    [two],
    '4.3.3',
  )
  t.same(results(await post('search/action', { subject: alice, resource: one })), [read, write], '4.4.1')
  t.same(
    results(
      await post('search/action', {
        subject: alice,
        resource: one,
        context: { time: 'now' },
        action: { name: 'ignored' },
      }),
    ),
    [read, write],
    '4.4.2',
  )
  t.same(results(await post('search/action', { subject: admin, resource: archived })), [read, write], '4.4.3')
})

t.test('Search: every result is allowed, and everything allowed is a result', async (t) => {
  for (const action of [read, write]) {
    for (const resource of [one, two]) {
      const found = results(await post('search/subject', { subject: { type: 'user' }, action, resource })).map(
        ({ id }) => id,
      )
      for (const subject of [alice, bob])
        t.equal(
          (await post('evaluation', { subject, action, resource })).body['decision'],
          found.includes(subject.id),
          `${subject.id} ${action.name} ${resource.id}`,
        )
    }
  }
})

t.test('Search pages, empty results and errors', async (t) => {
  const asked = { subject: { type: 'user' }, action: read, resource: one }
  const all: unknown[] = []
  let next: string | undefined
  do {
    const answer: Answer = await post('search/subject', {
      ...asked,
      page: { limit: 1, ...(next === undefined ? {} : { token: next }) },
    })
    const page = answer.body['page'] as { next_token: string; count: number }
    t.equal(answer.status, 200)
    t.equal(page.count, results(answer).length)
    all.push(...results(answer))
    next = page.next_token
  } while (next !== '')
  t.same(all, results(await post('search/subject', asked)), '4.5: the pages are the whole, in one order')
  t.same(
    results(await post('search/action', { subject: { type: 'user', id: 'nonexistent-user' }, resource: one })),
    [],
    '4.6.1',
  )
  t.same(results(await post('search/subject', { ...asked, subject: { type: 'spaceship' } })), [], '4.6.2')
  t.same(results(await post('search/resource', { subject: alice, action: read, resource: { type: 'spaceship' } })), [])
  t.equal((await post('search/subject', { ...asked, action: undefined })).status, 400, '4.7.1')
  t.equal((await post('search/resource', { action: read, resource: { type: 'record' } })).status, 400, '4.7.1')
  t.equal((await post('search/action', { subject: alice })).status, 400, '4.7.1')
  t.equal((await post('search/subject', { ...asked, resource: { type: 'record' } })).status, 400, '4.7.2')
  t.equal(
    (await post('search/resource', { subject: { type: 'user' }, action: read, resource: { type: 'record' } })).status,
    400,
    '4.7.2',
  )
})

t.test('Discovery', async (t) => {
  const answer = await platform.ask(replica, { method: 'GET', url: '/.well-known/authzen-configuration' })
  t.match([answer.status, answer.headers['content-type']], [200, /^application\/json/])
  const { policy_decision_point: base, ...endpoints } = answer.body as Record<string, string>
  t.equal(base, 'https://gatehouse.test')
  t.ok(
    Object.values(answer.body).every((value) => typeof value === 'string' && value !== ''),
    'nothing empty in it',
  )
  for (const [name, url] of Object.entries(endpoints)) {
    const { protocol, pathname, search, hash } = new URL(url)
    t.same([protocol, search, hash, url.startsWith(`${base}/`)], ['https:', '', '', true], name)
    t.match(pathname, '/v1/')
    t.notSame(
      (await platform.ask(replica, { method: 'POST', url: pathname, token, body: {} })).status,
      404,
      `${name} is served`,
    )
  }
})

t.test('another organization’s application knows none of it', async (t) => {
  const other = platform.organization()
  const boss = platform.join(other, platform.person(), { isOwner: true })
  const stranger = makeAccount(platform, other.id)
  await giveRoles(platform, replica, { account: stranger, roles: ['evaluator'], by: boss })
  const ask = (path: string, body: object) =>
    platform.ask(replica, { method: 'POST', url: `/access/v1/${path}`, token: accountToken(platform, stranger), body })
  t.match((await ask('evaluation', { subject: alice, action: read, resource: one })).body, {
    decision: false,
    context: { reason: { code: 'subject_not_permitted' } },
  })
  t.match((await ask('evaluation', { subject: { type: 'user', id: owner.id }, action: read, resource: one })).body, {
    decision: false,
    context: { reason: { code: 'subject_not_permitted' } },
  })
  t.same(results(await ask('search/subject', { subject: { type: 'user' }, action: read, resource: one })), [
    { type: 'user', id: boss.id },
  ])
  t.same(
    results(
      await ask('search/resource', {
        subject: { type: 'user', id: boss.id },
        action: read,
        resource: { type: 'record' },
      }),
    ),
    [],
  )
})
