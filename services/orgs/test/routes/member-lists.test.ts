/** Members: found by name and address, filtered, sorted; suspended and let in again. */
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const ada = rig.person('ada@example.com')
const { id: org } = await rig.organization(ada)
const members = `/v1/organizations/${org}/members`
const bob = rig.person('bob@example.com')
bob.name = 'Böb Straße'
const cid = rig.person('cid@other.example')
const dee = rig.person('dee@other.example')
for (const person of [bob, cid, dee]) await rig.join({ org, owner: ada, person })
await rig.promote({ org, owner: ada, person: cid })

const list = async (query: string) => {
  const { status, body } = await send('GET', `${members}?${query}`, { by: ada, org })
  if (status !== 200) throw new Error(`${query}: ${status} ${JSON.stringify(body)}`)
  return { emails: body.data.map(({ user }) => user.email.slice(0, 3)), page: body.page }
}
const suspend = (user: string, by = ada, body: object = { reason: 'On leave' }) =>
  send('POST', `${members}/${user}/suspend`, { by, org, body })
const reactivate = (user: string, by = ada) => send('POST', `${members}/${user}/reactivate`, { by, org })

t.test('a search finds a part of a name or an address, however it is written', async (t) => {
  for (const [search, found] of [
    ['example.com', ['ada', 'bob']],
    ['OTHER', ['cid', 'dee']],
    ['Bo\u0308b', ['bob']],
    ['%', []],
    ['person', ['ada', 'cid', 'dee']],
  ] as const)
    t.same((await list(`search=${encodeURIComponent(search)}`)).emails, found, search)
  for (const query of ['search=', 'sort=name', 'status=removed', 'is_owner=maybe'])
    t.equal((await send('GET', `${members}?${query}`, { by: ada, org })).status, 400, query)
})

t.test('filters and order; pages of a search and of a list hold everybody once, either way round', async (t) => {
  t.same((await list('is_owner=true')).emails, ['ada', 'cid'])
  t.same((await list('is_owner=false&sort=-joined_at')).emails, ['dee', 'bob'])
  for (const [query, all] of [
    ['sort=joined_at', ['ada', 'bob', 'cid', 'dee']],
    ['sort=-joined_at', ['dee', 'cid', 'bob', 'ada']],
    ['search=example&sort=-joined_at', ['dee', 'cid', 'bob', 'ada']],
  ] as const) {
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { emails, page } = await list(`${query}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`)
      t.ok(emails.length <= 1)
      t.equal(page.has_more, page.next_cursor !== null)
      seen.push(...emails)
      cursor = page.next_cursor
    }
    t.same(seen, all, query)
  }
})

t.test(
  'the filter by role holds who has it, with a search and by pages, and takes the right to read roles',
  async (t) => {
    const { body } = await send('GET', members, { by: ada, org })
    world.holders.set(
      'editor',
      new Set(body.data.filter(({ user }) => user.email !== bob.email && user.email !== dee.email).map(({ id }) => id)),
    )
    const askedBefore = world.askedOfIdentity.length
    t.same((await list('role=editor')).emails, ['ada', 'cid'])
    t.equal(world.askedOfIdentity.length, askedBefore + 1)
    t.same((await list('role=editor&search=other')).emails, ['cid'])
    t.same((await list('role=nobodys')).emails, [])
    t.equal(world.askedOfIdentity.length, askedBefore + 2, 'identity is not asked about nobody')
    const first = await list('role=editor&limit=1&sort=-joined_at')
    t.same(first.emails, ['cid'])
    t.same((await list(`role=editor&limit=1&sort=-joined_at&cursor=${first.page.next_cursor}`)).emails, ['ada'])
    t.equal((await send('GET', `${members}?role=No+Role`, { by: ada, org })).status, 400)
    world.denied.add('gatehouse:roles.read')
    t.equal((await send('GET', `${members}?role=editor`, { by: ada, org })).status, 403)
    t.equal((await send('GET', members, { by: ada, org })).status, 200)
    world.denied.clear()
  },
)

t.test('the filter by a second factor, with a role and by pages, takes the right to read the settings', async (t) => {
  const strong = { ...cid, has_second_factor: true }
  world.people.set(cid.id, strong)
  t.teardown(() => (world.people.set(cid.id, cid), world.denied.clear()))
  t.same((await list('second_factor=present')).emails, ['cid'])
  t.same((await list('second_factor=missing')).emails, ['ada', 'bob', 'dee'])
  t.same((await list('second_factor=missing&role=editor')).emails, ['ada'])
  const first = await list('second_factor=missing&limit=2')
  t.same(first.emails, ['ada', 'bob'])
  t.same((await list(`second_factor=missing&limit=2&cursor=${first.page.next_cursor}`)).emails, ['dee'])
  t.equal((await send('GET', `${members}?second_factor=maybe`, { by: ada, org })).status, 400)
  world.denied.add('gatehouse:settings.read')
  t.equal((await send('GET', `${members}?second_factor=missing`, { by: ada, org })).status, 403)
  t.equal((await send('GET', members, { by: ada, org })).status, 200)
})

t.test('GET …/members/count', async (t) => {
  const count = (query: string, of = org) =>
    send('GET', `/v1/organizations/${of}/members/count?${query}`, { by: ada, org: of })
  world.people.set(cid.id, { ...cid, has_second_factor: true })
  t.teardown(() => (world.people.set(cid.id, cid), world.denied.clear()))

  await t.test('200: as many as the list with the same filters shows', async (t) => {
    for (const query of ['', 'second_factor=missing', 'second_factor=present', 'second_factor=missing&role=editor'])
      t.same((await count(query)).body, { count: (await list(query)).emails.length, is_complete: true }, query)
    t.same((await count('second_factor=missing')).body, { count: 3, is_complete: true })
    t.same((await count('second_factor=missing&is_owner=true')).body, { count: 1, is_complete: true })
    t.same((await count('status=suspended')).body, { count: 0, is_complete: true })
  })

  await t.test('200: of a very large organization the first ones are counted, which is said', async (t) => {
    const { id: large } = await rig.organization(ada, 'Large')
    await rig.asAdministrator(`insert into orgs.memberships (id, org_id, user_id)
      select gen_random_uuid(), '${uuidOf(large)}', gen_random_uuid() from generate_series(1, 5000)`)
    const asked = world.askedOfIdentity.length
    t.same((await count('second_factor=missing', large)).body, { count: 5000, is_complete: false })
    t.equal(world.askedOfIdentity.length - asked, 25)
  })

  await t.test('400, 403, 404: filters, rights and organizations as in the list', async (t) => {
    for (const query of ['second_factor=maybe', 'status=removed', 'search=ada', 'limit=1'])
      t.equal((await count(query)).status, 400, query)
    t.equal((await send('GET', `${members}/count`, { by: ada, org: newId('org') })).status, 404)
    for (const [right, query] of [
      ['gatehouse:settings.read', 'second_factor=missing'],
      ['gatehouse:roles.read', 'role=editor'],
      ['gatehouse:members.read', ''],
    ] as const) {
      world.denied.add(right)
      t.match(await count(query), { status: 403, body: { code: 'forbidden' } }, right)
      world.denied.clear()
    }
  })
})

t.test('one request of a search asks identity for so many members; the next goes on where it ended', async (t) => {
  const { id: big } = await rig.organization(ada, 'Big')
  await rig.asAdministrator(`insert into orgs.memberships (id, org_id, user_id)
    select gen_random_uuid(), '${uuidOf(big)}', gen_random_uuid() from generate_series(1, 1100)`)
  await rig.join({ org: big, owner: ada, person: dee })
  const search = async (cursor?: string) => {
    const asked = world.askedOfIdentity.length
    const query = `search=dee&limit=10${cursor === undefined ? '' : `&cursor=${cursor}`}`
    const { body } = await send('GET', `/v1/organizations/${big}/members?${query}`, { by: ada, org: big })
    return { ...body, calls: world.askedOfIdentity.length - asked }
  }
  const pages = [await search()]
  for (let next = pages[0]?.page.next_cursor; typeof next === 'string'; next = pages.at(-1)?.page.next_cursor)
    pages.push(await search(next))
  t.same(
    pages.map(({ calls }) => calls <= 5),
    pages.map(() => true),
  )
  t.equal(pages.length, 2, 'of 1,102 members 1,000 are looked at in one request')
  t.same(
    pages.flatMap(({ data }) => data.map(({ user }) => user.id)),
    [dee.id],
  )
})

t.test(
  '204: a suspended member is listed, announced with the floor, and acts no more until they are back',
  async (t) => {
    t.equal((await suspend(bob.id)).status, 204)
    const [event] = (await rig.events.listOf(MembershipUpdated)).filter(({ userid }) => userid === bob.id).slice(-1)
    t.match(event, {
      data: { status: 'suspended', changed: ['status'], min_mv: event?.version, reason: 'On leave' },
      actor: `user:${ada.id}`,
    })
    t.same((await list('status=suspended')).emails, ['bob'])
    t.same((await list('status=active')).emails, ['ada', 'cid', 'dee'])
    t.match((await list('search=bob')).emails, ['bob'])
    const before = (await rig.events.listOf(MembershipUpdated)).length
    t.equal((await suspend(bob.id)).status, 204, 'again')
    t.equal((await rig.events.listOf(MembershipUpdated)).length, before, 'and nothing is announced')
    const patch = (body: object) => send('PATCH', `${members}/${bob.id}`, { by: ada, org, body })
    t.match(await patch({ is_owner: true }), { status: 409, body: { code: 'conflict' } })
    t.equal((await patch({ attributes: { desk: 1 } })).status, 409)
    t.equal(
      (await send('POST', `/v1/organizations/${org}/owner`, { by: ada, org, body: { user_id: bob.id } })).status,
      404,
    )
    t.same((await send('GET', '/v1/me/organizations', { by: bob })).body.data, [], 'nowhere to go')
    const invited = await send('POST', `/v1/organizations/${org}/invitations`, {
      by: ada,
      org,
      body: { email: bob.email, roles: ['viewer'] },
    })
    t.match(invited, { status: 409, body: { code: 'already_member' } })
    t.equal((await reactivate(bob.id)).status, 204)
    t.equal((await reactivate(bob.id)).status, 204, 'again')
    const [back] = (await rig.events.listOf(MembershipUpdated)).slice(-1)
    t.match(back, { userid: bob.id, data: { status: 'active', changed: ['status'] } })
    t.notOk('min_mv' in (back?.data ?? {}), 'no floor falls or rises')
    t.equal((await send('GET', '/v1/me/organizations', { by: bob })).body.data.length, 1)
  },
)

t.test('204: a suspended member can be removed', async (t) => {
  const leaving = rig.person()
  await rig.join({ org, owner: ada, person: leaving })
  t.equal((await suspend(leaving.id)).status, 204)
  t.equal((await send('DELETE', `${members}/${leaving.id}`, { by: ada, org })).status, 204)
  t.equal((await reactivate(leaving.id)).status, 404)
})

t.test('400, 403, 404, 409: no owner, not oneself, no stranger, not without the permission', async (t) => {
  t.match(await suspend(cid.id), { status: 409, body: { code: 'conflict' } }, 'an owner')
  t.match(await suspend(ada.id), { status: 409 }, 'the caller')
  t.equal((await suspend(bob.id, bob)).status, 409, 'oneself, as no owner')
  for (const user of [rig.person().id, newId('user')]) {
    t.equal((await suspend(user)).status, 404)
    t.equal((await reactivate(user)).status, 404)
  }
  for (const body of [{}, { reason: '' }, { reason: 'x', more: 1 }])
    t.equal((await suspend(bob.id, ada, body)).status, 400, JSON.stringify(body))
  world.denied.add('gatehouse:members.remove')
  t.equal((await suspend(bob.id)).status, 403)
  t.equal((await reactivate(bob.id)).status, 403)
  world.denied.clear()
})

t.test(
  'of many who suspend and remove one member at once each is answered, and the end is one of theirs',
  async (t) => {
    for (let round = 0; round < 3; round++) {
      const one = rig.person()
      await rig.join({ org, owner: ada, person: one })
      const answers = await Promise.all([
        suspend(one.id),
        suspend(one.id, cid),
        send('DELETE', `${members}/${one.id}`, { by: ada, org }),
        reactivate(one.id),
      ])
      for (const { status } of answers) t.ok([204, 404].includes(status), `${status}`)
      t.equal((await suspend(one.id)).status, 404, 'removed is removed')
    }
  },
)
