/** Members over HTTP, by status code. */
import { MembershipCreated, MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const [ada, bob, eve] = [rig.person('ada@example.com'), rig.person('bob@example.com'), rig.person('eve@example.com')]
const { id: org } = await rig.organization(ada)
const { id: foreignOrg } = await rig.organization(eve, 'Foreign')
await rig.join({ org, owner: ada, person: bob, roles: ['viewer', 'billing'] })
const members = `/v1/organizations/${org}/members`
const deny = (t: { teardown(undo: () => unknown): void }, permission: string) => {
  world.denied.add(permission)
  t.teardown(() => world.denied.clear())
}

t.test('GET …/members', async (t) => {
  t.test('200: in the order they joined, with the names identity keeps', async (t) => {
    const { status, body } = await send('GET', members, { by: bob, org })
    t.equal(status, 200)
    t.match(body.data, [
      { id: /^mem_/, user: { id: ada.id, name: ada.name, email: 'ada@example.com' }, is_owner: true, attributes: {} },
      { user: { id: bob.id, email: 'bob@example.com' }, is_owner: false },
    ])
  })

  t.test('200: page by page, each member once', async (t) => {
    for (let n = 0; n < 3; n += 1) await rig.join({ org, owner: ada, person: rig.person() })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { body } = await send('GET', `${members}?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`, {
        by: ada,
        org,
      })
      seen.push(...body.data.map((one) => one.user.id))
      cursor = body.page.next_cursor
    } while (cursor !== null)
    t.equal(seen.length, 5)
    t.equal(new Set(seen).size, 5)
  })

  t.test('200: a cursor of another organization shows nobody of it', async (t) => {
    const { body } = await send('GET', `${members}?limit=1`, { by: ada, org })
    const answer = await send('GET', `/v1/organizations/${foreignOrg}/members?cursor=${body.page.next_cursor}`, {
      by: eve,
      org: foreignOrg,
    })
    t.ok(answer.body.data.every((one) => one.user.id === eve.id))
  })

  t.test('200: a person identity does not know any more is listed without a name', async (t) => {
    const ghost = rig.person()
    await rig.join({ org, owner: ada, person: ghost })
    world.people.delete(ghost.id)
    const { body } = await send('GET', members, { by: ada, org })
    t.match(body.data.at(-1), { user: { id: ghost.id, name: '', email: '' } })
    t.equal((await send('DELETE', `${members}/${ghost.id}`, { by: ada, org })).status, 204, 'and can be removed')
  })

  t.test('400 for cursors nobody gave', async (t) => {
    for (const values of [[9e15, newId('mem')], [-1, newId('mem')], [1, newId('user')], ['1', newId('mem')], [1]]) {
      const cursor = Buffer.from(JSON.stringify(values)).toString('base64url')
      t.match(
        await send('GET', `${members}?cursor=${cursor}`, { by: ada, org }),
        { status: 400, body: { code: 'invalid_cursor' } },
        JSON.stringify(values),
      )
    }
    t.equal((await send('GET', `${members}?limit=0`, { by: ada, org })).status, 400)
    t.equal((await send('GET', `${members}?limit=201`, { by: ada, org })).status, 400)
  })

  t.test('403 without members.read', async (t) => {
    deny(t, 'gatehouse:members.read')
    t.match(await send('GET', members, { by: bob, org }), { status: 403, body: { code: 'forbidden' } })
  })

  t.test('404 for another organization', async (t) => {
    t.equal((await send('GET', members, { by: eve, org: foreignOrg })).status, 404)
  })
})

t.test('PATCH …/members/{user}', async (t) => {
  const path = `${members}/${bob.id}`

  t.test('200: attributes are replaced and announced', async (t) => {
    t.match(await send('PATCH', path, { by: ada, org, body: { attributes: { department: 'sales', level: 3 } } }), {
      status: 200,
      body: { attributes: { department: 'sales', level: 3 } },
    })
    const { status, body } = await send('PATCH', path, {
      by: ada,
      org,
      body: { attributes: { regions: ['eu', 'us'], remote: true } },
    })
    t.equal(status, 200)
    t.same(body.attributes, { regions: ['eu', 'us'], remote: true })
    const events = await rig.events.listOf(MembershipUpdated)
    t.match(events, [
      { version: 2, userid: bob.id, data: { changed: ['attributes'], is_owner: false } },
      { version: 3, userid: bob.id, data: { attributes: { regions: ['eu', 'us'], remote: true } } },
    ])
  })

  t.test('200: the same again announces nothing', async (t) => {
    const before = (await rig.events.listOf(MembershipUpdated)).length
    t.equal(
      (await send('PATCH', path, { by: ada, org, body: { attributes: { remote: true, regions: ['eu', 'us'] } } }))
        .status,
      200,
    )
    t.equal((await rig.events.listOf(MembershipUpdated)).length, before)
  })

  t.test('200: an owner gives ownership and takes it back', async (t) => {
    t.match(await send('PATCH', path, { by: ada, org, body: { is_owner: true } }), {
      status: 200,
      body: { is_owner: true },
    })
    t.match(await send('PATCH', path, { by: ada, org, body: { is_owner: false } }), {
      status: 200,
      body: { is_owner: false },
    })
    t.match((await rig.events.listOf(MembershipUpdated)).slice(-2), [
      { data: { changed: ['is_owner'], is_owner: true } },
      { data: { is_owner: false } },
    ])
  })

  t.test('403: who is no owner gives no ownership, whatever the policies say', async (t) => {
    t.match(await send('PATCH', path, { by: bob, org, body: { is_owner: true } }), {
      status: 403,
      body: { code: 'forbidden' },
    })
    t.equal((await send('PATCH', `${members}/${ada.id}`, { by: bob, org, body: { is_owner: false } })).status, 403)
  })

  t.test('403 without members.update; ownership needs no permission', async (t) => {
    deny(t, 'gatehouse:members.update')
    t.equal((await send('PATCH', path, { by: ada, org, body: { attributes: {} } })).status, 403)
    t.equal((await send('PATCH', path, { by: ada, org, body: { is_owner: false } })).status, 200)
  })

  t.test('404 for strangers, people of another organization and what is no id', async (t) => {
    for (const user of [rig.person().id, eve.id, newId('mem'), 'nonsense']) {
      const { status, body } = await send('PATCH', `${members}/${user}`, { by: ada, org, body: { attributes: {} } })
      t.match({ status, code: body.code }, { status: 404, code: 'not_found' }, user)
    }
  })

  t.test('409: the last owner stays one', async (t) => {
    t.match(await send('PATCH', `${members}/${ada.id}`, { by: ada, org, body: { is_owner: false } }), {
      status: 409,
      body: { code: 'last_owner' },
    })
  })

  t.test('400 for attributes of no allowed shape', async (t) => {
    for (const body of [
      {},
      { attributes: { 'no name': 1 } },
      { attributes: { nested: { a: 1 } } },
      { attributes: { none: null } },
      { is_owner: 'yes' },
      { roles: ['owner'] },
    ]) {
      t.equal((await send('PATCH', path, { by: ada, org, body })).status, 400, JSON.stringify(body))
    }
  })

  t.test('403: an attribute that policies read, set, changed or taken without the permission for it', async (t) => {
    const patch = (attributes: object) => send('PATCH', path, { by: ada, org, body: { attributes } })
    t.equal((await patch({ limit: 1, desk: 'a' })).status, 200)
    world.protectedAttributes.add('limit')
    t.teardown(() => world.protectedAttributes.clear())
    for (const attributes of [{ limit: 2, desk: 'a' }, { desk: 'a' }, {}])
      t.match(await patch(attributes), { status: 403, body: { detail: /limit.*gatehouse:attributes\.write/ } })
    t.equal((await patch({ limit: 1, desk: 'b' })).status, 200, 'what stays as it is takes nothing')
    world.protectedAttributes.clear()
    t.equal((await patch({ regions: ['eu', 'us'], remote: true })).status, 200)
  })
})

t.test('DELETE …/members/{user}', async (t) => {
  t.test('403 without members.remove, whether the member exists or not', async (t) => {
    deny(t, 'gatehouse:members.remove')
    t.equal((await send('DELETE', `${members}/${ada.id}`, { by: bob, org })).status, 403)
    t.equal((await send('DELETE', `${members}/${newId('user')}`, { by: bob, org })).status, 403)
  })

  t.test('403: a permission removes no owner', async (t) => {
    t.match(await send('DELETE', `${members}/${ada.id}`, { by: bob, org }), {
      status: 403,
      body: { code: 'forbidden' },
    })
  })

  t.test('404 for strangers and people of another organization', async (t) => {
    for (const user of [newId('user'), eve.id, 'nonsense'])
      t.equal((await send('DELETE', `${members}/${user}`, { by: ada, org })).status, 404, user)
  })

  t.test('204: the floor rises above every token there is, and the second time is 404', async (t) => {
    const carol = rig.person()
    await rig.join({ org, owner: ada, person: carol })
    t.equal((await send('DELETE', `${members}/${carol.id}`, { by: ada, org })).status, 204)
    t.equal((await send('DELETE', `${members}/${carol.id}`, { by: ada, org })).status, 404)
    const [removed] = (await rig.events.listOf(MembershipRemoved)).filter((event) => event.userid === carol.id)
    t.match(removed, { version: 2, actor: `user:${ada.id}`, data: { min_mv: 2, status: 'removed', is_owner: false } })
    const floors = await send('GET', '/internal/snapshot?view=floors', { from: 'gateway' })
    t.match(floors.body.text, new RegExp(`{"kind":"membership","id":"${removed?.subject}","min_version":2}`))
  })

  t.test('204: leaving by oneself needs no permission', async (t) => {
    deny(t, 'gatehouse:members.remove')
    const dave = rig.person()
    await rig.join({ org, owner: ada, person: dave })
    t.equal((await send('DELETE', `${members}/${dave.id}`, { by: dave, org })).status, 204)
  })

  t.test('409: the last owner cannot leave; a second one lets them', async (t) => {
    const [frank, grace] = [rig.person(), rig.person()]
    const { id: small } = await rig.organization(frank, 'Small')
    const own = `/v1/organizations/${small}/members/${frank.id}`
    t.match(await send('DELETE', own, { by: frank, org: small }), { status: 409, body: { code: 'last_owner' } })
    await rig.join({ org: small, owner: frank, person: grace })
    await rig.promote({ org: small, owner: frank, person: grace })
    t.equal((await send('DELETE', own, { by: frank, org: small })).status, 204)
  })

  t.test('201 on returning: the same membership goes on with the next version, as nothing but a member', async (t) => {
    const heidi = rig.person()
    await rig.join({ org, owner: ada, person: heidi })
    await rig.promote({ org, owner: ada, person: heidi })
    await send('DELETE', `${members}/${heidi.id}`, { by: ada, org })
    await rig.join({ org, owner: ada, person: heidi, roles: ['viewer'] })
    const created = (await rig.events.listOf(MembershipCreated)).filter((event) => event.userid === heidi.id)
    t.match(created, [{ version: 1 }, { version: 4, data: { is_owner: false, roles: ['viewer'], attributes: {} } }])
    t.equal(created[0]?.subject, created[1]?.subject)
  })
})

t.test('the snapshot tells the whole state, removed members included', async (t) => {
  const { status, body } = await send('GET', '/internal/snapshot?view=state', { from: 'authz' })
  t.equal(status, 200)
  const records = body.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.match(records[0], { epoch: String, position: Number })
  t.same(records.at(-1), { end: true })
  t.match(
    records.filter((one) => one['kind'] === 'organization'),
    [
      { id: org, slug: String },
      { id: foreignOrg, slug: String },
    ],
  )
  t.match(
    records.find((one) => one['user_id'] === bob.id),
    {
      kind: 'membership',
      organization_id: org,
      status: 'active',
      roles: ['viewer', 'billing'],
      attributes: { remote: true },
    },
  )
  t.ok(records.some((one) => one['kind'] === 'membership' && one['status'] === 'removed'))
  t.equal((await send('GET', '/internal/snapshot?view=state', { by: ada, from: 'gateway' })).status, 200)
  t.equal((await send('GET', '/internal/snapshot?view=nothing', { from: 'authz' })).status, 404)
})

t.test('503 when identity is gone, and nothing changed', async (t) => {
  await rig.stop('identity')
  t.match(await send('GET', members, { by: ada, org }), { status: 503, body: { code: 'upstream_failed' } })
  const before = (await rig.events.listOf(MembershipUpdated)).length
  t.equal(
    (await send('PATCH', `${members}/${bob.id}`, { by: ada, org, body: { attributes: { moved: true } } })).status,
    503,
  )
  t.equal((await rig.events.listOf(MembershipUpdated)).length, before)
  t.equal((await send('DELETE', `${members}/${bob.id}`, { by: ada, org })).status, 204, 'removing needs no name')
})
