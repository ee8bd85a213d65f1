/**
 * An organization's authorization as one document, by status code: exported, compared, applied as a whole or not at
 * all.
 */
import t from 'tap'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { RoleCreated } from '@gatehouse/contracts/events/authz/role'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const bystander = platform.join(org, platform.person(), { roles: ['viewer'] })
const ann = platform.join(org, platform.person())
const bob = platform.join(org, platform.person())
const probe = await createEventProbe(replica.deps.spine)

const send = (
  method: 'GET' | 'PUT',
  o: { body?: unknown; by?: Member; dry?: boolean; match?: string } = {},
): Promise<Answer> => {
  const by = o.by ?? owner
  const url = `/v1/organizations/${by.orgId}/authorization-manifest${o.dry ? '?dry_run=true' : ''}`
  return platform.ask(replica, {
    method,
    url,
    token: platform.tokenOf(by),
    body: o.body,
    ...(o.match === undefined ? {} : { headers: { 'if-match': o.match } }),
  })
}
const may = async (who: Member, action: string, id = '1') => {
  const body = {
    subject: { type: 'user', id: who.id },
    action: { name: action },
    resource: { type: 'invoice', id, properties: { amount: 5 } },
  }
  return (
    await platform.ask(replica, { method: 'POST', url: '/access/v1/evaluation', token: platform.tokenOf(who), body })
  ).body['decision']
}
const all = {
  roles: [
    { key: 'base', name: 'Base', permissions: ['invoice:read'], inherits: [] },
    { key: 'team', name: 'Team', permissions: ['invoice:create'], inherits: ['base'] },
  ],
  policies: [
    {
      key: 'small',
      effect: 'allow',
      resource_type: 'invoice',
      actions: ['approve'],
      roles: ['team'],
      when: 'resource.amount < 10',
      tests: [{ name: 'five', given: { roles: ['team'], resource: { amount: 5 } }, expect: 'allow' }],
    },
  ],
  groups: [{ key: 'staff', name: 'Staff', members: [ann.id] }],
  assignments: [
    { principal: { group: 'staff' }, role: 'team' },
    { principal: { user: bob.id }, role: 'base', resource: { type: 'invoice', id: '42' } },
  ],
}

t.test(
  '200: a dry run says what would change and changes nothing; applying does it, and says so again with nothing left',
  async (t) => {
    const before = await send('GET')
    t.match(before, { status: 200, body: { roles: [], policies: [], groups: [] } })
    const dry = await send('PUT', { body: all, dry: true })
    t.match(dry, { status: 200, headers: { etag: before.headers['etag'] }, body: { applied: false } })
    const kinds = (answer: Answer) =>
      (answer.body['changes'] as { part: string; key: string; kind: string }[])
        .filter(({ key }) => !key.includes(bystander.id))
        .map(({ part, kind }) => `${kind} ${part}`)
    t.same(kinds(dry), [
      'create roles',
      'create roles',
      'create policies',
      'create groups',
      'create assignments',
      'create assignments',
    ])
    t.equal((await send('GET')).headers['etag'], before.headers['etag'])
    t.equal(await may(ann, 'create'), false)
    const applied = await send('PUT', { body: all, match: before.headers['etag'] as string })
    t.match(applied, { status: 200, body: { applied: true } })
    t.same(
      [
        await may(ann, 'read'),
        await may(ann, 'create'),
        await may(ann, 'approve'),
        await may(bob, 'read', '42'),
        await may(bob, 'read'),
      ],
      [true, true, true, true, false],
    )
    t.ok(await probe.waitFor(RoleCreated, ({ data }) => data.key === 'team'))
    const exported = await send('GET')
    t.equal(exported.headers['etag'], applied.headers['etag'])
    t.match(exported.body, { ...all, assignments: Array })
    t.same((await send('PUT', { body: exported.body })).body['changes'], [], 'what was exported changes nothing')
    t.equal((await send('PUT', { body: all, match: before.headers['etag'] as string })).status, 412)
  },
)

t.test('200: only what differs is touched, what is gone ends, and a part that is left out stays', async (t) => {
  await send('PUT', { body: all })
  const changed = await send('PUT', {
    body: {
      roles: [all.roles[0], { ...all.roles[1], permissions: [] }],
      groups: [{ key: 'staff', name: 'Crew', members: [bob.id] }],
    },
  })
  t.match(changed.body['changes'], [
    {
      part: 'roles',
      key: 'team',
      kind: 'update',
      changes: [{ path: '/permissions', before: ['invoice:create'], after: [] }],
    },
    {
      part: 'groups',
      key: 'staff',
      kind: 'update',
      changes: [{ path: '/members' }, { path: '/name', before: 'Staff', after: 'Crew' }],
    },
  ])
  t.same([await may(ann, 'read'), await may(bob, 'read'), await may(bob, 'create')], [false, true, false])
  const ended = await send('PUT', { body: { policies: [], assignments: [], groups: [], roles: [] } })
  t.equal(ended.status, 200)
  t.same([await may(bob, 'read'), await may(bob, 'read', '42')], [false, false])
  t.same((await send('GET')).body, { roles: [], policies: [], groups: [], assignments: [] })
})

t.test('400: everything that is wrong with its place, and nothing is changed', async (t) => {
  const before = (await send('GET')).headers['etag']
  const refused = async (body: object, errors: object[], code = 'validation_failed') => {
    t.match((await send('PUT', { body })).body, { status: 400, code, errors })
    t.equal((await send('GET')).headers['etag'], before)
  }
  const role = (more: object) => ({ key: 'x', name: 'X', permissions: [], ...more })
  await refused({ roles: [role({}), role({})] }, [{ path: '/roles/1' }])
  await refused({ roles: [role({ key: 'admin' }), role({ permissions: ['invoice:fly'], inherits: ['ghost'] })] }, [
    { path: '/roles/0/key' },
    { path: '/roles/1/permissions/0' },
    { path: '/roles/1/inherits/0' },
  ])
  await refused({ roles: [role({ key: 'a', inherits: ['b'] }), role({ key: 'b', inherits: ['a'] })] }, [
    { message: /circle/ },
    { message: /circle/ },
  ])
  await refused({ groups: [{ key: 'g', name: 'G', members: [newId('user')] }] }, [{ path: '/groups/0/members/0' }])
  await refused(
    {
      assignments: [
        {
          principal: { group: 'ghosts' },
          role: 'owner',
          resource: { type: 'planet', id: '1' },
          expires_at: '2020-01-01T00:00:00Z',
        },
      ],
    },
    [
      { path: '/assignments/0/principal' },
      { path: '/assignments/0/role' },
      { path: '/assignments/0/resource/type' },
      { path: '/assignments/0/expires_at' },
    ],
  )
  await refused(
    { roles: [role({})], policies: [{ ...all.policies[0], roles: ['x'] }] },
    [{ path: '/policies/0/tests/0/given/roles/0' }],
    'invalid_policy',
  )
  await refused(
    {
      policies: [
        {
          ...all.policies[0],
          roles: undefined,
          when: 'resource.amount > 10',
          tests: [{ name: 'five', given: { resource: { amount: 5 } }, expect: 'allow' }],
        },
      ],
    },
    [{ path: '/policies/0/tests/0', message: /“five”/ }],
    'invalid_policy',
  )
})

t.test('403 and 404: nobody applies what they do not hold; another organization’s document is not there', async (t) => {
  const admin = platform.join(org, platform.person(), { roles: ['admin'] })
  t.match(
    (await send('PUT', { by: admin, body: { roles: [{ key: 'sneaky', name: 'S', permissions: ['invoice:read'] }] } }))
      .body,
    { code: 'forbidden', detail: /invoice:read/ },
  )
  t.match(
    (
      await send('PUT', {
        by: admin,
        body: { policies: [{ key: 'p', effect: 'allow', resource_type: 'invoice', actions: ['read'] }] },
      })
    ).body,
    { code: 'forbidden' },
  )
  t.match(
    (
      await send('PUT', {
        by: admin,
        body: { assignments: [{ principal: { user: admin.id }, role: 'invoice-reader' }] },
      })
    ).body,
    { code: 'forbidden' },
  )
  t.equal(
    (
      await send('PUT', {
        body: {
          roles: [all.roles[0]],
          groups: all.groups,
          assignments: [
            { principal: { group: 'staff' }, role: 'base' },
            { principal: { user: admin.id }, role: 'admin' },
          ],
        },
      })
    ).status,
    200,
  )
  t.match(
    (await send('PUT', { by: admin, body: { groups: [{ ...all.groups[0], members: [ann.id, admin.id] }] } })).body,
    { code: 'forbidden' },
    'through a group',
  )
  t.match(
    (await send('PUT', { by: admin, body: { groups: [] } })).body,
    { code: 'forbidden' },
    'nor takes it by leaving the group out',
  )
  for (const method of ['GET', 'PUT'] as const)
    t.equal((await send(method, { by: ann, ...(method === 'PUT' ? { body: {} } : {}) })).status, 403, method)
  const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
  const foreign = await platform.ask(replica, {
    method: 'GET',
    url: `/v1/organizations/${org.id}/authorization-manifest`,
    token: platform.tokenOf(stranger),
  })
  t.equal(foreign.status, 404)
})

t.test('16 documents against one tag: one wins', async (t) => {
  const { etag } = (await send('GET')).headers
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      send('PUT', {
        match: etag as string,
        body: {
          policies: [{ key: `n${n}`, effect: 'deny', resource_type: 'invoice', actions: ['read'], when: 'false' }],
        },
      }),
    ),
  )
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 15 }, () => 412)])
})
