/** Roles and who holds them, by status code; what nobody may hand on; the same token after a change. */
import t from 'tap'
import { MemberRolesChanged } from '@gatehouse/contracts/events/authz/assignment'
import { RoleDeleted, RoleUpdated } from '@gatehouse/contracts/events/authz/role'
import { sql } from 'drizzle-orm'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { rowsOf } from '@gatehouse/service-kit/postgres/transaction'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { insertMemberRoles, lockRoleHolder } from '../../src/store/assignments.ts'
import { findRoleHolders } from '../../src/use-cases/assignments/find-role-holders.ts'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const admin = platform.join(org, platform.person(), { roles: ['admin'] })
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const probe = await createEventProbe(replica.deps.spine)

type Call = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path?: string
  body?: unknown
  headers?: Record<string, string>
}
const call = (member: Member, { method = 'GET', path = '', body, headers = {} }: Call = {}): Promise<Answer> =>
  platform.ask(replica, {
    method,
    url: `/v1/organizations/${member.orgId}/roles${path}`,
    token: platform.tokenOf(member),
    body,
    headers,
  })
const setRoles = (by: Member, userId: string, roles: string[]) =>
  platform.ask(replica, {
    method: 'PUT',
    url: `/v1/organizations/${by.orgId}/members/${userId}/roles`,
    token: platform.tokenOf(by),
    body: { roles },
  })
const getRoles = (by: Member, userId: string) =>
  platform.ask(replica, {
    method: 'GET',
    url: `/v1/organizations/${by.orgId}/members/${userId}/roles`,
    token: platform.tokenOf(by),
  })
const create = async (o: { key: string; permissions?: string[]; inherits?: string[] }, by = owner) =>
  call(by, { method: 'POST', body: { name: o.key, permissions: [], ...o } })
const idOf = (answer: Answer) => answer.body['id'] as string

t.test('201, 200, 204: a role is made, read, changed and deleted, each version with its ETag', async (t) => {
  const made = await create({ key: 'helper', permissions: ['invoice:read'], inherits: ['viewer'] })
  t.match(made, {
    status: 201,
    headers: { etag: '"1"' },
    body: { key: 'helper', scope: 'organization', permissions: ['invoice:read'], inherits: ['viewer'] },
  })
  const path = `/${idOf(made)}`
  t.match(await call(owner, { path }), { status: 200, headers: { etag: '"1"' }, body: { id: idOf(made) } })
  const changed = await call(owner, {
    method: 'PUT',
    path,
    body: { name: 'Helper', permissions: ['invoice:create'] },
    headers: { 'if-match': '"1"' },
  })
  t.match(changed, {
    status: 200,
    headers: { etag: '"2"' },
    body: { name: 'Helper', permissions: ['invoice:create'], inherits: [] },
  })
  t.equal((await call(owner, { method: 'DELETE', path, headers: { 'if-match': '"1"' } })).status, 412)
  t.equal((await call(owner, { method: 'DELETE', path, headers: { 'if-match': '"2"' } })).status, 204)
  t.equal((await call(owner, { path })).status, 404)
  t.equal((await call(owner, { method: 'DELETE', path })).status, 404)
})

t.test('200: the list has the platform’s roles first, page by page, and none that cannot be given', async (t) => {
  await create({ key: 'aaa' })
  const keys: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await call(admin, { path: `?limit=2${cursor}` })
    keys.push(...(body['data'] as { key: string }[]).map(({ key }) => key))
    const { next_cursor: next } = body['page'] as { next_cursor: string | null }
    if (next === null) break
    cursor = `&cursor=${next}`
  }
  t.same(keys, ['admin', 'evaluator', 'invoice-clerk', 'invoice-purger', 'invoice-reader', 'member', 'viewer', 'aaa'])
  t.match((await call(owner, { path: '?cursor=rubbish' })).body, { code: 'invalid_cursor' })
})

t.test('400: permissions and parents that do not exist, circles, roles that cannot be given', async (t) => {
  t.match((await create({ key: 'bad', permissions: ['invoice:fly', 'planet:*'] })).body, {
    status: 400,
    errors: [{ path: '/permissions/0' }, { path: '/permissions/1' }],
  })
  t.match((await create({ key: 'bad', inherits: ['nobody'] })).body, { status: 400, errors: [{ path: '/inherits/0' }] })
  t.match((await create({ key: 'bad', inherits: ['owner'] })).body, { status: 400 }, 'ownership is not inherited')
  t.match((await create({ key: 'bad', inherits: ['bad'] })).body, { status: 400, errors: [{ path: '/inherits' }] })
  const first = await create({ key: 'first' })
  await create({ key: 'second', inherits: ['first'] })
  t.match(
    (
      await call(owner, {
        method: 'PUT',
        path: `/${idOf(first)}`,
        body: { name: 'x', permissions: [], inherits: ['second'] },
      })
    ).body,
    { status: 400, errors: [{ path: '/inherits', message: /circle/ }] },
  )
  for (const roles of [['owner'], ['platform-admin'], ['nobody'], ['member', 'member']])
    t.equal((await setRoles(owner, viewer.id, roles)).status, 400, roles.join())
  t.equal((await create({ key: 'Not A Key' })).status, 400)
})

t.test('409: a key is unique in its organization and never one of the platform’s', async (t) => {
  t.equal((await create({ key: 'once' })).status, 201)
  t.match((await create({ key: 'once' })).body, { status: 409, code: 'conflict' })
  t.equal((await create({ key: 'admin' })).status, 409)
  t.equal((await create({ key: 'owner' })).status, 409)
  const elsewhere = platform.join(platform.organization(), platform.person(), { isOwner: true })
  t.equal((await create({ key: 'once' }, elsewhere)).status, 201)
})

t.test('403: nobody makes, changes, gives or takes what they do not hold', async (t) => {
  const refused = (answer: Answer, name: string) => t.match(answer.body, { status: 403, code: 'forbidden' }, name)
  refused(await create({ key: 'sneaky', permissions: ['invoice:read'] }, admin), 'a permission the admin lacks')
  refused(await create({ key: 'sneaky', inherits: ['invoice-clerk'] }, admin), 'the same through inheritance')
  refused(await create({ key: 'sneaky', permissions: ['gatehouse:*'] }, admin), 'a wildcard needs that wildcard')
  refused(
    await create({ key: 'sneaky', permissions: ['gatehouse:catalog.write'] }),
    'an owner does not hold the platform’s rights',
  )
  refused(await setRoles(admin, viewer.id, ['viewer', 'invoice-clerk']), 'giving')
  const clerk = platform.join(org, platform.person(), { roles: ['invoice-clerk'] })
  refused(await setRoles(admin, clerk.id, ['member']), 'taking')
  const mighty = await create({ key: 'mighty', permissions: ['invoice:*'] })
  t.equal(mighty.status, 201)
  refused(
    await call(admin, { method: 'PUT', path: `/${idOf(mighty)}`, body: { name: 'x', permissions: [] } }),
    'taking through an update',
  )
  refused(await call(admin, { method: 'DELETE', path: `/${idOf(mighty)}` }), 'taking through a deletion')
  refused(await create({ key: 'x' }, viewer), 'without the right to write roles')
  refused(await setRoles(viewer, viewer.id, ['admin']), 'without the right to assign')
  refused(await call(viewer), 'without the right to read them')
  t.equal((await create({ key: 'organizer', permissions: ['gatehouse:members.read'] }, admin)).status, 201)
  t.equal(
    (await create({ key: 'purging', permissions: ['invoice:purge'] })).status,
    201,
    'an owner may hand on an application’s sensitive permission, by name',
  )
  const platformRole = (await call(owner)).body['data'] as { id: string; key: string }[]
  refused(
    await call(owner, { method: 'DELETE', path: `/${platformRole.find(({ key }) => key === 'admin')?.id}` }),
    'the platform’s roles',
  )
})

t.test('404: another organization’s role, another’s member, a malformed id', async (t) => {
  const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
  const theirs = idOf(await create({ key: 'theirs' }, stranger))
  for (const method of ['GET', 'DELETE', 'PUT'] as const) {
    t.equal(
      (
        await call(owner, {
          method,
          path: `/${theirs}`,
          ...(method === 'PUT' ? { body: { name: 'x', permissions: [] } } : {}),
        })
      ).status,
      404,
      method,
    )
  }
  t.equal((await setRoles(owner, stranger.id, ['member'])).status, 404)
  t.equal((await getRoles(owner, stranger.id)).status, 404)
  t.equal((await setRoles(owner, newId('user'), ['member'])).status, 404)
  t.equal((await call(owner, { path: '/nonsense' })).status, 404)
  const foreign = await platform.ask(replica, {
    method: 'GET',
    url: `/v1/organizations/${stranger.orgId}/roles`,
    token: platform.tokenOf(owner),
  })
  t.equal(foreign.status, 404)
})

t.test(
  'the same access token gets the other answer right after its roles change, and the event says what changed',
  async (t) => {
    const member = platform.join(org, platform.person(), { roles: ['viewer'] })
    const token = platform.tokenOf(member)
    const mayRead = async () => (await platform.evaluate(replica, member, { action: 'read', token })).body['decision']
    t.equal(await mayRead(), false)
    t.match(await setRoles(owner, member.id, ['invoice-reader', 'viewer']), {
      status: 200,
      body: { user: { id: member.id }, roles: ['invoice-reader', 'viewer'] },
    })
    t.equal(await mayRead(), true)
    t.same(
      (await getRoles(member, member.id)).body['roles'],
      ['invoice-reader', 'viewer'],
      'everybody may see their own',
    )
    await setRoles(owner, member.id, ['viewer'])
    t.equal(await mayRead(), false)
    const events = (await probe.listOf(MemberRolesChanged)).filter(({ subject }) => subject === member.membershipId)
    t.match(
      events.map(({ data, version }) => [data.before, data.after, version]),
      [
        [['viewer'], ['invoice-reader', 'viewer'], 1],
        [['invoice-reader', 'viewer'], ['viewer'], 2],
      ],
    )
    await setRoles(owner, member.id, ['viewer'])
    t.equal(
      (await probe.listOf(MemberRolesChanged)).filter(({ subject }) => subject === member.membershipId).length,
      2,
      'no change, no event',
    )
  },
)

t.test(
  'a changed role changes its holders’ rights; a deleted one is held by nobody, even when its key comes back',
  async (t) => {
    const made = await create({ key: 'shifting', permissions: ['invoice:read'] })
    const heir = await create({ key: 'heir', inherits: ['shifting'] })
    const holder = platform.join(org, platform.person())
    await setRoles(owner, holder.id, ['shifting'])
    const may = async (action: string) => (await platform.evaluate(replica, holder, { action })).body['decision']
    t.same([await may('read'), await may('create')], [true, false])
    await call(owner, { method: 'PUT', path: `/${idOf(made)}`, body: { name: 's', permissions: ['invoice:create'] } })
    t.same([await may('read'), await may('create')], [false, true])
    await call(owner, { method: 'DELETE', path: `/${idOf(made)}` })
    t.equal(await may('create'), false)
    t.same((await getRoles(owner, holder.id)).body['roles'], [])
    t.same((await call(owner, { path: `/${idOf(heir)}` })).body['inherits'], [])
    await create({ key: 'shifting', permissions: ['invoice:create'] })
    t.equal(await may('create'), false)
    t.ok(await probe.waitFor(RoleDeleted, ({ data }) => data.role_id === idOf(made)))
    t.ok(await probe.waitFor(RoleUpdated, ({ data }) => data.role_id === idOf(heir)))
  },
)

t.test(
  'another replica sees a change of roles by its event, and at once when asked with the revision of the change',
  async (t) => {
    const other = await platform.replica()
    const member = platform.join(org, platform.person())
    t.match((await platform.evaluate(other, member, { action: 'read' })).body, { decision: false })
    const changed = await setRoles(owner, member.id, ['invoice-reader'])
    const revision = changed.headers['gatehouse-revision'] as string
    t.match((await platform.evaluate(other, member, { action: 'read', context: { at_least: revision } })).body, {
      decision: true,
    })
  },
)

t.test('16 updates of one version: one wins, the others are told that it changed', async (t) => {
  const made = await create({ key: 'contended' })
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, n) =>
      call(owner, {
        method: 'PUT',
        path: `/${idOf(made)}`,
        body: { name: `n${n}`, permissions: [] },
        headers: { 'if-match': '"1"' },
      }),
    ),
  )
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 15 }, () => 412)])
})

t.test('16 makers of one key: one wins', async (t) => {
  const answers = await Promise.all(Array.from({ length: 16 }, () => create({ key: 'contested' })))
  t.same(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 15 }, () => 409)])
})

t.test('the same idempotency key makes one role', async (t) => {
  const post = () =>
    call(owner, {
      method: 'POST',
      body: { key: 'repeated', name: 'r', permissions: [] },
      headers: { 'idempotency-key': 'k1' },
    })
  const [first, second] = [await post(), await post()]
  t.same([first.status, second.status, idOf(second)], [201, 201, idOf(first)])
})

t.test('403: who lost the permission gets no replay either', async (t) => {
  const demoted = platform.join(org, platform.person(), { roles: ['admin'] })
  const post = () =>
    call(demoted, {
      method: 'POST',
      body: { key: 'of-a-demoted', name: 'r', permissions: [] },
      headers: { 'idempotency-key': 'demoted' },
    })
  const first = await post()
  t.match([first, await post()], [{ status: 201 }, { status: 201, body: { id: idOf(first) } }])
  t.equal((await setRoles(owner, demoted.id, [])).status, 200)
  t.match(await post(), { status: 403, body: { code: 'forbidden' } })
})

t.test('roles that are given while others are replaced are among what is compared', async (t) => {
  const one = platform.join(org, platform.person())
  await getRoles(owner, one.id)
  const reader = ((await call(owner)).body['data'] as { id: string; key: string }[]).find(
    ({ key }) => key === 'invoice-reader',
  )
  let replaced: Promise<Answer> | undefined
  await replica.deps.system.transaction(async (tx) => {
    await lockRoleHolder(tx, one.membershipId)
    replaced = setRoles(admin, one.id, [])
    await waitUntil('the replacement waits for the set', async () => {
      // What another role's session waits for is hidden in pg_stat_activity, but not here.
      const waiting = await tx.execute(
        sql`select 1 from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))`,
      )
      return rowsOf(waiting).length > 0
    })
    await insertMemberRoles(tx, {
      membershipId: one.membershipId,
      orgId: org.id,
      userId: one.id,
      roleIds: [reader?.id ?? ''],
      givenBy: 'service:orgs',
    })
  })
  t.match(await replaced, { status: 403, body: { code: 'forbidden' } }, 'what came meanwhile is not theirs to take')
  t.same((await getRoles(owner, one.id)).body['roles'], ['invoice-reader'])
})

t.test(
  'internal: who holds a role: given, by a group, by inheritance, as an owner; not expired, not elsewhere',
  async (t) => {
    const ask = (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object) =>
      platform.ask(replica, {
        method,
        url: `/v1/organizations/${org.id}/${path}`,
        token: platform.tokenOf(owner),
        ...(body && { body }),
      })
    const [given, grouped, senior, lapsed, limited, none] = Array.from({ length: 6 }, () =>
      platform.join(org, platform.person(), { roles: [] }),
    ) as [Member, Member, Member, Member, Member, Member]
    await replica.deps.following.orgs.pollNow()
    const made = [await create({ key: 'junior' }), await create({ key: 'senior', inherits: ['junior'] })]
    const group = await ask('POST', 'groups', { key: 'juniors', name: 'Juniors' })
    const assign = (type: 'user' | 'group', id: string, more: object = {}) =>
      ask('POST', 'assignments', { principal: { type, id }, role: 'junior', ...more })
    const answers = [
      ...made,
      group,
      await ask('PUT', `groups/${idOf(group)}/members/${grouped.id}`),
      await assign('user', given.id),
      await assign('group', idOf(group)),
      await setRoles(owner, senior.id, ['senior']),
      await assign('user', lapsed.id, { expires_at: '2100-01-01T00:00:00Z' }),
      await assign('user', limited.id, { resource: { type: 'invoice', id: 'i1' } }),
    ]
    for (const { status, body } of answers) t.ok(status < 300, JSON.stringify(body))
    const all = [given, grouped, senior, lapsed, limited, none, owner]
    const holders = async (role: string | string[], { orgId = org.id, as = 'orgs', ...more } = {}) => {
      const { status, body } = await platform.ask(replica, {
        method: 'POST',
        url: '/internal/roles/holders',
        as: as as 'orgs',
        body: {
          organization_id: orgId,
          roles: [role].flat(),
          membership_ids: all.map(({ membershipId }) => membershipId),
          ...more,
        },
      })
      if (status !== 200) return status
      const found = body['membership_ids'] as string[]
      return all.filter(({ membershipId }) => found.includes(membershipId)).map(({ id }) => id)
    }
    t.same(await holders('junior'), [given.id, grouped.id, senior.id, lapsed.id])
    t.same(await holders('senior'), [senior.id])
    t.same(await holders('owner'), [owner.id])
    t.same(await holders('no-such-role'), [])
    t.same(await holders('junior', { orgId: newId('org') }), [], 'nobody elsewhere')
    t.same(await holders(['senior', 'owner', 'no-such-role']), [senior.id, owner.id], 'one of several')
    const some = { as: 'tokens', for_some_resources: true }
    t.same(await holders('junior', some), [given.id, grouped.id, senior.id, lapsed.id, limited.id])
    t.equal(await holders('junior', { as: 'identity' }), 403)
    const { body: unknown } = await platform.ask(replica, {
      method: 'POST',
      url: '/internal/roles/holders',
      as: 'orgs',
      body: { organization_id: org.id, roles: ['owner', 'senior', 'no-such-role'], membership_ids: [] },
    })
    t.same(unknown, { membership_ids: [], unknown_roles: ['no-such-role'] })
    await ask('PUT', `roles/${idOf(made[1] as Answer)}`, { name: 'Senior', permissions: [] })
    t.same(await holders('junior'), [given.id, grouped.id, lapsed.id], 'a role that inherits no more')
    await ask('DELETE', `groups/${idOf(group)}/members/${grouped.id}`)
    t.same(await holders('junior'), [given.id, lapsed.id], 'whoever left the group')
    const later = { ...replica.deps, clock: { ...replica.deps.clock, now: () => new Date('2101-01-01T00:00:00Z') } }
    const asked = {
      orgId: org.id,
      roles: ['junior'],
      forSomeResources: true,
      membershipIds: [lapsed.membershipId],
    }
    t.same((await findRoleHolders(later, asked)).membership_ids, [], 'what has expired is held no more')
  },
)
