/**
 * Groups and assignments, by status code; roles held through a group, for one resource, until a time; what ends with
 * leaving.
 */
import t from 'tap'
import { AssignmentCreated, AssignmentEnded } from '@gatehouse/contracts/events/authz/assignment'
import { GroupDeleted, GroupMemberAdded } from '@gatehouse/contracts/events/authz/group'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { createEventProbe } from '@gatehouse/test-kit/event-probe'
import { openPlatform, type Answer, type Member } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
let aheadMs = 0
const replica = await platform.replica({ clock: { ...systemClock, now: () => new Date(Date.now() + aheadMs) } })
const other = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const admin = platform.join(org, platform.person(), { roles: ['admin'] })
const viewer = platform.join(org, platform.person(), { roles: ['viewer'] })
const stranger = platform.join(platform.organization(), platform.person(), { isOwner: true })
const probe = await createEventProbe(replica.deps.spine)

type Call = { method?: 'GET' | 'POST' | 'PUT' | 'DELETE'; body?: unknown; by?: Member; match?: string }
const call = (path: string, { method = 'GET', body, by = owner, match }: Call = {}): Promise<Answer> =>
  platform.ask(replica, {
    method,
    url: `/v1/organizations/${by.orgId}${path}`,
    token: platform.tokenOf(by),
    body,
    ...(match === undefined ? {} : { headers: { 'if-match': match } }),
  })
const idOf = (answer: Answer) => answer.body['id'] as string
const makeGroup = async (by = owner) =>
  idOf(await call('/groups', { method: 'POST', body: { key: `g-${newId('x').slice(-12)}`, name: 'Group' }, by }))
const add = (group: string, member: Member, by = owner) =>
  call(`/groups/${group}/members/${member.id}`, { method: 'PUT', by })
const give = (principal: object, more: object = {}, by = owner) =>
  call('/assignments', { method: 'POST', body: { principal, role: 'invoice-reader', ...more }, by })
const toUser = (member: Member) => ({ type: 'user', id: member.id })
const toGroup = (id: string) => ({ type: 'group', id })
const member = () => platform.join(org, platform.person())
const ask = async (who: Member, action: string, o: { id?: string; at?: typeof replica; atLeast?: unknown } = {}) => {
  const body = {
    subject: toUser(who),
    action: { name: action },
    resource: { type: 'invoice', id: o.id ?? '1' },
    ...(o.atLeast === undefined ? {} : { context: { at_least: o.atLeast } }),
  }
  return (
    await platform.ask(o.at ?? replica, {
      method: 'POST',
      url: '/access/v1/evaluation',
      token: platform.tokenOf(who),
      body,
    })
  ).body['decision']
}

t.test('201, 200, 204: a group is made, read, renamed, listed and deleted', async (t) => {
  const made = await call('/groups', { method: 'POST', body: { key: 'auditors', name: 'Auditors' } })
  t.match(made, { status: 201, headers: { etag: '"1"' }, body: { key: 'auditors', name: 'Auditors' } })
  const path = `/groups/${idOf(made)}`
  t.match(await call(path, { method: 'PUT', body: { name: 'Revisors' }, match: '"1"' }), {
    status: 200,
    headers: { etag: '"2"' },
    body: { name: 'Revisors' },
  })
  t.equal((await call(path, { method: 'PUT', body: { name: 'x' }, match: '"1"' })).status, 412)
  t.match(await call(path), { status: 200, headers: { etag: '"2"' } })
  t.equal((await call('/groups', { method: 'POST', body: { key: 'auditors', name: 'x' } })).status, 409)
  await makeGroup()
  const { body } = await call('/groups?limit=1')
  t.match(body, { data: [{ key: 'auditors' }], page: { has_more: true } })
  t.match((await call(`/groups?limit=1&cursor=${(body['page'] as { next_cursor: string }).next_cursor}`)).body, {
    data: [{ key: /^g-/ }],
    page: { has_more: false },
  })
  t.equal((await call(path, { method: 'DELETE', match: '"1"' })).status, 412)
  t.equal((await call(path, { method: 'DELETE' })).status, 204)
  t.equal((await call(path)).status, 404)
  t.ok(await probe.waitFor(GroupDeleted, ({ subject }) => subject === idOf(made)))
})

t.test(
  'who belongs to a group holds what it holds, until they leave it, it loses the role, or it is deleted',
  async (t) => {
    const [one, two] = [member(), member()]
    const group = await makeGroup()
    t.same(
      [(await add(group, one)).status, (await add(group, one)).status, (await add(group, two)).status],
      [204, 204, 204],
    )
    t.equal((await probe.waitFor(GroupMemberAdded, ({ data }) => data.user_id === one.id)).orgid, org.id)
    t.same(
      (await call(`/groups/${group}/members`)).body['data'],
      [one.id, two.id].sort().map((id) => ({ user: { id } })),
    )
    t.equal(await ask(one, 'read'), false)
    t.equal(await ask(one, 'read', { at: other }), false)
    const given = await give(toGroup(group))
    t.match(given, {
      status: 201,
      body: { principal: { type: 'group', id: group }, role: 'invoice-reader', given_by: `user:${owner.id}` },
    })
    t.same([await ask(one, 'read'), await ask(two, 'read')], [true, true])
    t.equal(
      await ask(one, 'read', { at: other, atLeast: given.headers['gatehouse-revision'] }),
      true,
      'on the other replica, whose cache the event emptied',
    )
    t.same((await call(`/members/${one.id}/roles`)).body['roles'], [], 'a group’s roles are not one’s own')
    t.equal((await call(`/groups/${group}/members/${one.id}`, { method: 'DELETE' })).status, 204)
    t.equal((await call(`/groups/${group}/members/${one.id}`, { method: 'DELETE' })).status, 404)
    t.same([await ask(one, 'read'), await ask(two, 'read')], [false, true])
    t.equal((await call(`/assignments/${idOf(given)}`, { method: 'DELETE' })).status, 204)
    t.equal(await ask(two, 'read'), false)
    await give(toGroup(group))
    t.equal(await ask(two, 'read'), true)
    await call(`/groups/${group}`, { method: 'DELETE' })
    t.equal(await ask(two, 'read'), false)
  },
)

t.test('a role for one resource counts for that one alone, and hands nothing on', async (t) => {
  const [one, two] = [member(), member()]
  const given = await give(toUser(one), { resource: { type: 'invoice', id: '42' } })
  t.match(given, { status: 201, body: { resource: { type: 'invoice', id: '42' } } })
  t.same([await ask(one, 'read', { id: '42' }), await ask(one, 'read', { id: '43' })], [true, false])
  const batch = ['42', '43'].map((id) => ask(one, 'read', { id }))
  t.same(await Promise.all(batch), [true, false])
  t.same((await call(`/members/${one.id}/roles`)).body['roles'], [])
  await call(`/members/${one.id}/roles`, { method: 'PUT', body: { roles: ['viewer'] } })
  t.equal(await ask(one, 'read', { id: '42' }), true, 'replacing their own roles leaves it')
  const group = await makeGroup()
  await add(group, two)
  await give(toGroup(group), { resource: { type: 'invoice', id: '7' } })
  t.same([await ask(two, 'read', { id: '7' }), await ask(two, 'read', { id: '8' })], [true, false])
  const limitedAdmin = member()
  await give(toUser(limitedAdmin), { role: 'admin', resource: { type: 'gatehouse', id: org.id } })
  t.equal(
    (await give(toUser(two), { role: 'viewer' }, limitedAdmin)).status,
    403,
    'a right over one thing is not a right to hand on',
  )
})

t.test('a role ends at its time, and can then be given anew', async (t) => {
  const one = member()
  const soon = new Date(Date.now() + 30_000).toISOString()
  const given = await give(toUser(one), { expires_at: soon })
  t.match(given, { status: 201, body: { expires_at: soon } })
  t.equal(await ask(one, 'read'), true)
  t.equal((await give(toUser(one))).status, 409, 'held already')
  aheadMs = 60_000
  t.equal(await ask(one, 'read'), false)
  t.match((await give(toUser(one), { expires_at: soon })).body, { status: 400, errors: [{ path: '/expires_at' }] })
  t.equal((await give(toUser(one))).status, 201)
  t.equal(await ask(one, 'read'), true)
  aheadMs = 0
})

t.test('leaving ends all of it; who joins again begins without', async (t) => {
  const one = member()
  const group = await makeGroup()
  await add(group, one)
  await give(toGroup(group))
  await give(toUser(one), { role: 'invoice-clerk', resource: { type: 'invoice', id: '42' } })
  t.same([await ask(one, 'read'), await ask(one, 'create', { id: '42' })], [true, true])
  const gone = platform.leave(one)
  await replica.deps.following.orgs.pollNow()
  t.match((await call(`/groups/${group}/members`)).body, { data: [] })
  t.same((await call(`/assignments?principal=${one.id}`)).body['data'], [])
  const back = platform.join(org, one, { membershipId: gone.membershipId, version: gone.mv + 1 })
  t.same([await ask(back, 'read'), await ask(back, 'create', { id: '42' })], [false, false])
})

t.test('200: assignments page by page, of everybody or of one', async (t) => {
  const one = member()
  const [first, second] = [await give(toUser(one)), await give(toUser(one), { resource: { type: 'invoice', id: '9' } })]
  const page = await call(`/assignments?limit=1&principal=${one.id}`)
  t.match(page.body, { data: [{ id: idOf(first) }], page: { has_more: true } })
  const { next_cursor: cursor } = page.body['page'] as { next_cursor: string }
  t.match((await call(`/assignments?limit=1&principal=${one.id}&cursor=${cursor}`)).body, {
    data: [{ id: idOf(second) }],
    page: { has_more: false },
  })
  t.match((await call('/assignments?cursor=rubbish')).body, { code: 'invalid_cursor' })
  t.ok(
    await probe.waitFor(
      AssignmentCreated,
      ({ data }) => data.assignment_id === idOf(second) && data.resource?.id === '9',
    ),
  )
  await call(`/assignments/${idOf(first)}`, { method: 'DELETE' })
  t.ok(await probe.waitFor(AssignmentEnded, ({ data }) => data.assignment_id === idOf(first)))
  t.equal((await call(`/assignments/${idOf(first)}`, { method: 'DELETE' })).status, 404)
})

t.test('400: what cannot be given, or not to them', async (t) => {
  const one = member()
  for (const role of ['owner', 'platform-admin', 'nobody'])
    t.match((await give(toUser(one), { role })).body, { status: 400, errors: [{ path: '/role' }] }, role)
  t.match((await give(toUser(one), { resource: { type: 'planet', id: '1' } })).body, {
    errors: [{ path: '/resource/type' }],
  })
  const theirGroup = await makeGroup(stranger)
  for (const principal of [
    toUser(stranger),
    { type: 'user', id: newId('user') },
    toGroup(theirGroup),
    toGroup(newId('grp')),
  ])
    t.match((await give(principal)).body, { status: 400, errors: [{ path: '/principal/id' }] })
  t.equal((await give({ type: 'group', id: one.id })).status, 400)
})

t.test(
  '403 and 404: nobody gives or takes what they do not hold; another organization’s things are not there',
  async (t) => {
    const refused = (answer: Answer, name: string) => t.match(answer.body, { status: 403, code: 'forbidden' }, name)
    const one = member()
    const group = await makeGroup()
    const held = idOf(await give(toGroup(group)))
    refused(await give(toUser(one), {}, admin), 'giving')
    refused(await call(`/assignments/${held}`, { method: 'DELETE', by: admin }), 'taking')
    refused(await add(group, one, admin), 'giving through a group')
    refused(await add(group, admin, admin), 'or to oneself')
    await add(group, one)
    refused(await call(`/groups/${group}/members/${one.id}`, { method: 'DELETE', by: admin }), 'taking through a group')
    refused(await call(`/groups/${group}`, { method: 'DELETE', by: admin }), 'or by deleting it')
    refused(await give(toUser(one), { role: 'viewer' }, viewer), 'without the right to assign')
    for (const path of ['/groups', `/groups/${group}`, `/groups/${group}/members`, '/assignments'])
      refused(await call(path, { by: viewer }), path)
    const theirs = await makeGroup(stranger)
    const theirAssignment = idOf(await give(toGroup(theirs), { role: 'viewer' }, stranger))
    const missing: [string, Call][] = [
      [`/groups/${theirs}`, {}],
      [`/groups/${theirs}`, { method: 'PUT', body: { name: 'x' } }],
      [`/groups/${theirs}`, { method: 'DELETE' }],
      [`/groups/${theirs}/members`, {}],
      [`/groups/${theirs}/members/${one.id}`, { method: 'PUT' }],
      [`/groups/${theirs}/members/${one.id}`, { method: 'DELETE' }],
      [`/groups/${group}/members/${stranger.id}`, { method: 'PUT' }],
      [`/assignments/${theirAssignment}`, { method: 'DELETE' }],
    ]
    for (const [path, o] of missing) t.equal((await call(path, o)).status, 404, `${o.method ?? 'GET'} ${path}`)
  },
)

t.test('16 givers of one role: one wins', async (t) => {
  const one = member()
  const answers = await Promise.all(Array.from({ length: 16 }, () => give(toUser(one))))
  t.same(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 15 }, () => 409)])
})

t.test('what a role has been, newest first, a deleted one too', async (t) => {
  const historic = { key: 'historic', name: 'One', permissions: ['invoice:read'] }
  const path = `/roles/${idOf(await call('/roles', { method: 'POST', body: historic }))}`
  await call(path, { method: 'PUT', body: { name: 'Two', permissions: [] } })
  await call(path, { method: 'DELETE' })
  const first = await call(`${path}/versions?limit=1`)
  t.match(first.body, { data: [{ version: 2, name: 'Two' }], page: { has_more: true } })
  const { next_cursor: cursor } = first.body['page'] as { next_cursor: string }
  t.match((await call(`${path}/versions?limit=1&cursor=${cursor}`)).body, {
    data: [{ version: 1, permissions: ['invoice:read'] }],
    page: { has_more: false },
  })
  t.equal((await call(`${path}/versions`, { by: stranger })).status, 404)
  t.equal((await call(`${path}/versions`, { by: viewer })).status, 403)
})
