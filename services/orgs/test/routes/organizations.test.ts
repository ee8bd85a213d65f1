/** Organizations over HTTP, by status code. */
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationCreated, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig

t.test('POST /v1/organizations', async (t) => {
  const ada = rig.person()

  t.test('201: whoever creates it owns it, and nobody was asked for permission', async (t) => {
    world.asked.length = 0
    const { status, body, headers } = await send('POST', '/v1/organizations', { by: ada, body: { name: 'Ada’s Mill' } })
    t.equal(status, 201)
    t.match(body, { id: /^org_/, name: 'Ada’s Mill', slug: 'ada-s-mill' })
    t.ok(headers['gatehouse-revision'], 'the answer names the position it wrote')
    t.same(world.asked, [])
    const [created] = await rig.events.listOf(OrganizationCreated)
    const [joined] = await rig.events.listOf(MembershipCreated)
    t.match(created, {
      subject: body.id,
      orgid: body.id,
      version: 1,
      actor: `user:${ada.id}`,
      data: { created_by: ada.id, status: 'active', slug: 'ada-s-mill' },
    })
    t.match(joined, {
      version: 1,
      userid: ada.id,
      data: { organization_id: body.id, user_id: ada.id, is_owner: true, roles: [], status: 'active' },
    })
    t.equal(joined?.position, (created?.position ?? 0) + 1, 'both in one transaction')
  })

  t.test('201: a derived slug that is taken gets a suffix', async (t) => {
    const { status, body } = await send('POST', '/v1/organizations', { by: ada, body: { name: 'Ada’s Mill' } })
    t.equal(status, 201)
    t.match(body.slug, /^ada-s-mill-[0-9a-f]{6}$/)
  })

  t.test('201 again for the same Idempotency-Key, and one organization', async (t) => {
    const sent = { by: rig.person(), body: { name: 'Once' }, headers: { 'idempotency-key': 'once-1' } }
    const [first, second] = [
      await send('POST', '/v1/organizations', sent),
      await send('POST', '/v1/organizations', sent),
    ]
    t.equal(second.status, 201)
    t.same(second.body, first.body)
    t.equal((await send('GET', '/v1/me/organizations', { by: sent.by })).body.data.length, 1)
    t.equal((await send('POST', '/v1/organizations', { ...sent, body: { name: 'Twice' } })).status, 422)
  })

  t.test('409 for a slug that was asked for and is taken', async (t) => {
    t.match(await send('POST', '/v1/organizations', { by: ada, body: { name: 'Mine', slug: 'the-slug' } }), {
      status: 201,
      body: { slug: 'the-slug' },
    })
    t.match(
      await send('POST', '/v1/organizations', { by: rig.person(), body: { name: 'Mine too', slug: 'the-slug' } }),
      { status: 409, body: { code: 'conflict' } },
    )
  })

  t.test('400 for what is no name, no slug or not known', async (t) => {
    for (const body of [
      {},
      { name: '' },
      { name: ' ' },
      { name: 7 },
      { name: 'x', slug: 'No Slug' },
      { name: 'x', owner: 'me' },
      { name: 'a\u0000b' },
    ]) {
      t.equal((await send('POST', '/v1/organizations', { by: ada, body })).status, 400, JSON.stringify(body))
    }
  })

  t.test('401 without a token, and for a service that is not the gateway', async (t) => {
    t.match(await send('POST', '/v1/organizations', { body: { name: 'x' } }), {
      status: 401,
      body: { code: 'unauthenticated' },
    })
    t.equal((await send('POST', '/v1/organizations', { by: ada, from: 'workers', body: { name: 'x' } })).status, 401)
  })
})

t.test('GET /v1/me/organizations', async (t) => {
  const [ada, bob] = [rig.person(), rig.person()]
  const mine: string[] = []
  for (const name of ['One', 'Two', 'Three']) mine.push((await rig.organization(ada, name)).id)
  const foreign = await rig.organization(bob, 'Bob’s')

  t.test('200: one’s own, page by page, with a token of any organization or none', async (t) => {
    const first = await send('GET', '/v1/me/organizations?limit=2', { by: ada })
    t.same(
      first.body.data.map((one) => one.id),
      mine.slice(0, 2),
    )
    t.equal(first.body.page.has_more, true)
    const second = await send('GET', `/v1/me/organizations?limit=2&cursor=${first.body.page.next_cursor}`, {
      by: ada,
      org: mine[0],
    })
    t.same(
      second.body.data.map((one) => one.id),
      mine.slice(2),
    )
    t.same(second.body.page, { next_cursor: null, has_more: false })
  })

  t.test('200: somebody else’s cursor shows nothing of theirs', async (t) => {
    const { body } = await send('GET', '/v1/me/organizations?limit=1', { by: ada })
    const { body: bobs } = await send('GET', `/v1/me/organizations?cursor=${body.page.next_cursor}`, { by: bob })
    t.same(
      bobs.data.map((one) => one.id),
      [foreign.id],
    )
  })

  t.test('400 for a cursor this list never gave', async (t) => {
    for (const cursor of ['x', 'W10', Buffer.from('["user_x"]').toString('base64url')]) {
      t.match(await send('GET', `/v1/me/organizations?cursor=${cursor}`, { by: ada }), {
        status: 400,
        body: { code: 'invalid_cursor' },
      })
    }
  })

  t.test('200: an organization one left is not in it', async (t) => {
    await rig.join({ org: foreign.id, owner: bob, person: ada })
    t.equal((await send('GET', '/v1/me/organizations', { by: ada })).body.data.length, 4)
    t.equal(
      (await send('DELETE', `/v1/organizations/${foreign.id}/members/${ada.id}`, { by: ada, org: foreign.id })).status,
      204,
    )
    t.equal((await send('GET', '/v1/me/organizations', { by: ada })).body.data.length, 3)
  })
})

t.test('GET and PATCH /v1/organizations/{org}', async (t) => {
  const ada = rig.person()
  const org = await rig.organization(ada, 'Before')
  const foreign = await rig.organization(rig.person(), 'Foreign')
  const path = `/v1/organizations/${org.id}`

  t.test('200 with the organization', async (t) => {
    t.match(await send('GET', path, { by: ada, org: org.id }), {
      status: 200,
      body: { id: org.id, name: 'Before', slug: org.slug },
    })
  })

  t.test('404 for another organization, an unknown one and what is no id: one answer', async (t) => {
    for (const id of [foreign.id, newId('org'), newId('user'), 'nonsense', '%00']) {
      const { status, body } = await send('GET', `/v1/organizations/${id}`, { by: ada, org: org.id })
      t.match({ status, code: body.code }, { status: 404, code: 'not_found' }, id)
    }
    t.equal((await send('GET', path, { by: ada })).status, 404, 'a token without organization')
  })

  t.test('200 renamed: a new version, announced; the same name again announces nothing', async (t) => {
    world.asked.length = 0
    t.match(await send('PATCH', path, { by: ada, org: org.id, body: { name: 'After' } }), {
      status: 200,
      body: { name: 'After', slug: org.slug },
    })
    t.equal((await send('PATCH', path, { by: ada, org: org.id, body: { name: 'After' } })).status, 200)
    t.same(
      world.asked[0],
      { userId: ada.id, permission: 'gatehouse:organization.update' },
      'the caller’s own token was asked about',
    )
    const events = (await rig.events.listOf(OrganizationUpdated)).filter((event) => event.subject === org.id)
    t.match(events, [{ version: 2, data: { changed: ['name'], status: 'active' } }])
    t.notOk('min_ov' in (events[0]?.data ?? {}), 'a name voids no token')
  })

  t.test('403 without the permission, and nothing changed', async (t) => {
    world.denied.add('gatehouse:organization.update')
    t.teardown(() => world.denied.clear())
    t.match(await send('PATCH', path, { by: ada, org: org.id, body: { name: 'Refused' } }), {
      status: 403,
      body: { code: 'forbidden' },
    })
    t.equal((await send('GET', path, { by: ada, org: org.id })).body.name, 'After')
    world.obligation = { type: 'step_up', max_age: 60 }
    t.teardown(() => delete world.obligation)
    const again = await send('PATCH', path, { by: ada, org: org.id, body: { name: 'Refused' } })
    t.match(
      again,
      { status: 401, body: { code: 'insufficient_user_authentication' } },
      'a sign-in would lift it (RFC 9470)',
    )
    t.match(again.headers['www-authenticate'], /^Bearer error="insufficient_user_authentication".* max_age="60"$/)
  })

  t.test('200 with slug, logo and colours; 409 for a slug that is taken, 412 for an old version', async (t) => {
    const { headers } = await send('GET', path, { by: ada, org: org.id })
    const colors = { background: '#FFFFFF', text: '#1f2933' }
    const body = { slug: 'after-all', logo_url: 'https://cdn.example/logo.svg', colors }
    const change = (changes: object, more: object = {}) =>
      send('PATCH', path, { by: ada, org: org.id, body: changes, ...more })
    const changed = await change(body, { headers: { 'if-match': String(headers['etag']) } })
    t.match(changed, { status: 200, body: { ...body, name: 'After' }, headers: { etag: '"3"' } })
    t.match(await send('GET', path, { by: ada, org: org.id }), { body, headers: { etag: '"3"' } })
    t.match(await change({ name: 'Late' }, { headers: { 'if-match': '"2"' } }), {
      status: 412,
      body: { code: 'precondition_failed' },
    })
    t.match(await change({ slug: foreign.slug }), { status: 409, body: { code: 'conflict' } })
    const [event] = (await rig.events.listOf(OrganizationUpdated)).filter(({ version }) => version === 3)
    t.match(event, { subject: org.id, data: { changed: ['slug', 'logo_url', 'colors'], slug: 'after-all' } })
    t.notMatch(JSON.stringify(event), /cdn\.example/, 'facts, no addresses')
    t.match(await change({ logo_url: null, colors: null }), { status: 200, body: { logo_url: null, colors: null } })
  })

  t.test('400 for colours that nobody can read, and for what is no logo', async (t) => {
    const change = (changes: object) => send('PATCH', path, { by: ada, org: org.id, body: changes })
    const colors = (background: string, text: string) => ({ colors: { background, text } })
    // WebAIM and the techniques of WCAG call #767676 on white the lightest grey that is enough.
    t.equal((await change(colors('#ffffff', '#767676'))).status, 200)
    t.match(await change(colors('#ffffff', '#777777')), {
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: '/colors/text', message: /4\.48/ }] },
    })
    for (const wrong of [
      colors('white', 'black'),
      { colors: { background: '#000000' } },
      { logo_url: 'http://cdn.example/x' },
      { slug: 'Not A Slug' },
      { slug: null },
      { status: 'deleted' },
    ])
      t.equal((await change(wrong)).status, 400, JSON.stringify(wrong))
  })

  t.test('400 for a body with nothing in it', async (t) => {
    t.equal((await send('PATCH', path, { by: ada, org: org.id, body: {} })).status, 400)
  })
})

t.test('503 when authz is gone; creating goes on', async (t) => {
  const ada = rig.person()
  const org = await rig.organization(ada)
  await rig.stop('authz')
  t.match(await send('PATCH', `/v1/organizations/${org.id}`, { by: ada, org: org.id, body: { name: 'x' } }), {
    status: 503,
    body: { code: 'upstream_failed' },
  })
  t.equal((await send('POST', '/v1/organizations', { by: ada, body: { name: 'Still possible' } })).status, 201)
})
