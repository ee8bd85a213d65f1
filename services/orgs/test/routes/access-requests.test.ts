/** Access requests, by status code: who may ask, what is told, who decides, what is given, and how often. */
import {
  AccessRequestApproved,
  AccessRequestCancelled,
  AccessRequestCreated,
  AccessRequestDenied,
} from '@gatehouse/contracts/events/orgs/access-request'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { deleteOldInvitations } from '../../src/use-cases/delete-old-invitations.ts'
import { openRig, type Rig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
type Person = ReturnType<Rig['person']>
const reason = 'I keep the books'

/** An organization with an owner, another owner and a member; it takes requests to join. */
async function open(name: string) {
  const [owner, second, member] = [rig.person(), rig.person(), rig.person()]
  const { id: org, slug } = await rig.organization(owner, name)
  for (const person of [second, member]) await rig.join({ org, owner, person })
  await rig.promote({ org, owner, person: second })
  const set = (body: object) => send('PATCH', `/v1/organizations/${org}/settings`, { by: owner, org, body })
  await set({ join_requests: true })
  const path = `/v1/organizations/${org}/access-requests`
  return {
    owner,
    second,
    member,
    org,
    slug,
    set,
    join: (by: Person, body: object = { slug, reason }) => send('POST', '/v1/me/access-requests', { by, body }),
    ask: (by: Person, body: object) => send('POST', path, { by, org, body }),
    list: (by: Person, query = '') => send('GET', `${path}${query}`, { by, org }),
    approve: (by: Person, id: string, body?: object) => send('POST', `${path}/${id}/approve`, { by, org, body }),
    deny: (by: Person, id: string, body: object = { reason: 'Not now' }) =>
      send('POST', `${path}/${id}/deny`, { by, org, body }),
    members: async () =>
      (await send('GET', `/v1/organizations/${org}/members`, { by: owner, org })).body.data.map(({ user }) => user.id),
  }
}

const mine = (by: Person) => send('GET', '/v1/me/access-requests', { by })
const cancel = (by: Person, id: string) => send('DELETE', `/v1/me/access-requests/${id}`, { by })
const isOver = (id: string) =>
  rig.asAdministrator(`update access_requests set expires_at = now() - interval '31 days' where id = '${uuidOf(id)}'`)

t.test('201, 204: who asks to join is a member once somebody who may has approved', async (t) => {
  const { owner, second, org, join, list, approve, members } = await open('Joined Ltd')
  const stranger = rig.person()
  const asked = await join(stranger)
  t.match(asked, {
    status: 201,
    body: { id: /^arq_/, organization_id: org, kind: 'join', roles: [], reason, status: 'pending' },
  })
  const { id } = asked.body
  t.match((await rig.events.listOf(AccessRequestCreated)).at(-1), {
    subject: id,
    orgid: org,
    userid: stranger.id,
    data: { kind: 'join', owners: [owner.id, second.id] },
  })
  t.notMatch(JSON.stringify(await rig.events.list()), /keep the books/, 'words of people are in no event')
  t.match((await list(owner)).body.data, [{ id, user: { id: stranger.id, email: stranger.email }, reason }])
  t.match((await mine(stranger)).body.data, [{ id, status: 'pending' }])
  t.equal((await approve(owner, id)).status, 204)
  t.ok((await members()).includes(stranger.id))
  t.match(world.grantsAskedFor.at(-1), { granted_by: owner.id, roles: ['member'] })
  const joined = (await rig.events.listOf(MembershipCreated)).at(-1)
  t.match(joined, { userid: stranger.id, actor: `user:${owner.id}`, data: { roles: ['member'], is_owner: false } })
  t.match((await rig.events.listOf(AccessRequestApproved)).at(-1)?.data, {
    kind: 'join',
    membership_id: joined?.subject,
    expires_at: null,
  })
  t.match((await mine(stranger)).body.data, [{ status: 'approved', roles: ['member'] }])
  t.match(await join(stranger), { status: 409, body: { code: 'already_member' } })
})

t.test('roles: for a time that begins with the approval, or as whoever decides sees fit', async (t) => {
  const { owner, member, ask, approve } = await open('Roles Ltd')
  const { id } = (await ask(member, { roles: ['admin'], reason, duration_seconds: 7200 })).body
  t.equal((await approve(owner, id, { reason: 'On call' })).status, 204)
  const event = (await rig.events.listOf(AccessRequestApproved)).at(-1)
  t.match(event?.data, { kind: 'role', roles: ['admin'], approved_by: owner.id, user_id: member.id })
  const left = new Date(event?.data.expires_at ?? 0).getTime() - new Date(event?.time ?? 0).getTime()
  t.ok(Math.abs(left - 7_200_000) < 60_000, `${left} ms`)
  t.match((await mine(member)).body.data, [{ status: 'approved', decision_reason: 'On call' }])
  const again = (await ask(member, { roles: ['admin'], reason })).body.id
  t.equal((await approve(owner, again, { roles: ['viewer'], duration_seconds: 3600 })).status, 204)
  t.match(world.grantsAskedFor.at(-1), { roles: ['viewer'], duration_seconds: 3600 }, 'asked for as long as it lasts')
  t.match((await rig.events.listOf(AccessRequestApproved)).at(-1)?.data, { roles: ['viewer'], expires_at: /Z$/ })
  const joining = await open('Endless Ltd')
  const wanted = (await joining.join(rig.person())).body.id
  t.match(await joining.approve(joining.owner, wanted, { duration_seconds: 3600 }), {
    status: 400,
    body: { errors: [{ path: '/duration_seconds' }] },
  })
})

t.test('403: nobody approves what they could not give, nor what they asked for', async (t) => {
  const { owner, second, member, ask, approve, deny, list } = await open('Guarded Ltd')
  t.teardown(() => (world.denied.clear(), world.refusedRoles.clear(), world.unknownRoles.clear()))
  const { id } = (await ask(second, { roles: ['admin'], reason })).body
  t.match(await approve(second, id), { status: 403, body: { detail: /Somebody else/ } })
  t.equal((await deny(second, id)).status, 403)
  world.refusedRoles.add('admin')
  t.match(await approve(owner, id), { status: 403, body: { detail: /admin/ } })
  world.refusedRoles.clear()
  world.unknownRoles.add('gone')
  t.match(await approve(owner, id, { roles: ['gone'] }), { status: 400, body: { code: 'validation_failed' } })
  world.denied.add('gatehouse:access_requests.decide')
  for (const answer of [approve(member, id), deny(member, id), list(member), approve(member, newId('arq'))])
    t.equal((await answer).status, 403)
  world.denied.clear()
  t.match((await list(owner, '?status=pending')).body.data, [{ id }], 'nothing was decided')
  t.same((await list(owner, '?status=approved')).body.data, [])
})

t.test('of two who decide at once, and one who takes it back, one wins', async (t) => {
  for (let round = 0; round < 5; round += 1) {
    const { owner, second, members, join, approve, deny } = await open(`Race ${round}`)
    const stranger = rig.person()
    const { id } = (await join(stranger)).body
    const before = await rig.events.list()
    const answers = await Promise.all([
      approve(owner, id),
      approve(second, id),
      deny(owner, id),
      deny(second, id),
      cancel(stranger, id),
    ])
    t.same(answers.map(({ status }) => status).sort(), [204, 409, 409, 409, 409])
    const told = (await rig.events.list()).slice(before.length)
    const settled = [AccessRequestApproved, AccessRequestDenied, AccessRequestCancelled].map(({ type }) => type)
    t.equal(told.filter(({ type }) => (settled as string[]).includes(type)).length, 1)
    const hasWon = answers.slice(0, 2).some(({ status }) => status === 204)
    t.equal((await members()).includes(stranger.id), hasWon)
  }
})

t.test('204 denied, with a reason the person reads; 204 taken back; both can ask again', async (t) => {
  const { owner, join, approve, deny } = await open('Denied Ltd')
  const stranger = rig.person()
  const { id } = (await join(stranger)).body
  t.equal((await deny(owner, id)).status, 204)
  t.match((await mine(stranger)).body.data, [{ status: 'denied', decision_reason: 'Not now' }])
  t.notMatch(JSON.stringify((await rig.events.listOf(AccessRequestDenied)).at(-1)), /Not now/)
  const again = (await join(stranger)).body.id
  t.match(await join(stranger), { status: 409, body: { code: 'conflict' } }, 'one at a time')
  t.equal((await cancel(rig.person(), again)).status, 404)
  t.equal((await cancel(stranger, again)).status, 204)
  t.equal((await cancel(stranger, again)).status, 409)
  t.equal((await approve(owner, again)).status, 409)
  t.equal((await join(stranger)).status, 201)
})

t.test('a request expires by itself: it gives nothing, and goes a month later with what was written', async (t) => {
  const { owner, org, join, approve, list } = await open('Expired Ltd')
  const stranger = rig.person()
  const { id } = (await join(stranger)).body
  await isOver(id)
  t.match((await mine(stranger)).body.data, [{ id, status: 'expired' }])
  t.match((await list(owner, '?status=expired')).body.data, [{ id }])
  t.equal((await approve(owner, id)).status, 409)
  t.equal((await cancel(stranger, id)).status, 409)
  t.equal((await join(stranger)).status, 201, 'and stands in nobody’s way')
  t.equal(await deleteOldInvitations(rig.deps), 1)
  t.equal((await rig.asAdministrator(`select 1 from access_requests where org_id = '${uuidOf(org)}'`)).length, 1)
})

t.test('what is from before a removal does not undo it; who left is given no roles', async (t) => {
  const { owner, member, org, ask, approve, join, members } = await open('Removed Ltd')
  const { id } = (await ask(member, { roles: ['admin'], reason })).body
  const leave = () => send('DELETE', `/v1/organizations/${org}/members/${member.id}`, { by: owner, org })
  await leave()
  t.equal((await approve(owner, id)).status, 409)
  await cancel(member, id)
  const anew = (await join(member)).body.id
  t.equal((await approve(owner, anew)).status, 204)
  t.ok((await members()).includes(member.id))
})

t.test('404: an organization that takes no requests is as one that does not exist', async (t) => {
  const { owner, member, org, slug, join, ask, set, approve, deny } = await open('Closed Ltd')
  await set({ join_requests: false })
  const refused = await join(rig.person())
  const missing = await join(rig.person(), { slug: 'nobody-at-all', reason })
  t.equal(refused.status, 404)
  t.same([refused.body.code, refused.body.detail], [missing.body.code, missing.body.detail])
  t.match(await join(member), { status: 409 }, 'a member knows that it exists')
  t.equal((await ask(member, { roles: ['admin'], reason })).status, 201, 'members may ask for roles')
  for (const id of [newId('arq'), newId('inv'), 'x'])
    for (const answer of [approve(owner, id), deny(owner, id)]) t.equal((await answer).status, 404, id)
  t.equal((await ask(rig.person(), { roles: ['admin'], reason })).status, 404, 'who is no member')
  const other = await open('Other Ltd')
  const foreign = (await other.join(rig.person())).body.id
  t.equal((await approve(owner, foreign)).status, 404)
  t.equal((await send('POST', '/v1/me/access-requests', { body: { slug, reason } })).status, 401)
  t.equal((await send('GET', `/v1/organizations/${org}/access-requests?cursor=x`, { by: owner, org })).status, 400)
})

t.test('400: what is no request', async (t) => {
  const { owner, member, slug, join, ask, deny } = await open('Strict Ltd')
  for (const body of [{}, { slug }, { slug, reason: '' }, { slug: 'Not A Slug', reason }, { slug, reason, roles: [] }])
    t.equal((await join(rig.person(), body)).status, 400, JSON.stringify(body))
  for (const more of [{ roles: [] }, { roles: ['a', 'a'] }, { duration_seconds: 60 }, { duration_seconds: 1.5 }])
    t.equal((await ask(member, { roles: ['admin'], reason, ...more })).status, 400, JSON.stringify(more))
  t.equal((await deny(owner, newId('arq'), {})).status, 400)
})

t.test('an erased person’s requests go, and an organization’s with it', async (t) => {
  const { erasePerson } = await import('../../src/use-cases/erase-person.ts')
  const { UserErased } = await import('@gatehouse/contracts/events/identity/user')
  const { createNeighbour } = await import('@gatehouse/test-kit/neighbour')
  const { org, join } = await open('Forgetful Ltd')
  const stranger = rig.person()
  await join(stranger)
  const data = { user_id: stranger.id, min_uv: 9, via: 'operator' as const, reason: 'Request 1' }
  const event = createNeighbour('identity').announce(UserErased, { subject: stranger.id, version: 9, data })
  await rig.deps.spine.write({}, (tx) => erasePerson(tx, event), { db: 'system' })
  t.same(await rig.asAdministrator(`select 1 from access_requests where org_id = '${uuidOf(org)}'`), [])
})
