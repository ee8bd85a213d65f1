/** Inviting over HTTP, by status code. */
import { InvitationCreated, InvitationRevoked } from '@gatehouse/contracts/events/orgs/invitation'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const ada = rig.person('ada@example.com')
const { id: org } = await rig.organization(ada)
const eve = rig.person('eve@example.com')
const { id: foreignOrg } = await rig.organization(eve, 'Foreign')
const invitations = `/v1/organizations/${org}/invitations`
const accept = (body: object, by = undefined as typeof ada | undefined) =>
  send('POST', '/v1/invitations/accept', { by, body })
const invite = (email: string, roles?: string[]) => rig.invite({ org, by: ada, email, ...(roles ? { roles } : {}) })
/** Makes the invitation's time pass. */
const expire = (id: string) =>
  rig.asAdministrator(`update orgs.invitations set expires_at = now() where id = '${uuidOf(id)}'`)

t.test('POST …/invitations', async (t) => {
  t.test('201: the address is kept as it is compared, the event carries ids only', async (t) => {
    const { status, body } = await send('POST', invitations, {
      by: ada,
      org,
      body: { email: 'New.Person@Example.com', roles: ['viewer'] },
    })
    t.equal(status, 201)
    t.match(body, { id: /^inv_/, email: 'new.person@example.com', roles: ['viewer'], status: 'pending' })
    const [event] = await rig.events.listOf(InvitationCreated)
    t.match(event, { subject: body.id, orgid: org, version: 1, data: { invitation_id: body.id, roles: ['viewer'] } })
    t.notMatch(JSON.stringify(event), /example\.com/i)
    t.match(world.grantsAskedFor.at(-1), { organization_id: org, granted_by: ada.id, roles: ['viewer'] })
  })

  t.test('400: an unknown role is named by its place', async (t) => {
    world.unknownRoles.add('nope')
    const { status, body } = await send('POST', invitations, {
      by: ada,
      org,
      body: { email: 'a@example.com', roles: ['viewer', 'nope'] },
    })
    t.match(
      { status, code: body.code, errors: body.errors },
      { status: 400, code: 'validation_failed', errors: [{ path: '/roles/1' }] },
    )
  })

  t.test('400 for no address, no role and roles twice', async (t) => {
    for (const body of [
      { email: 'x', roles: ['viewer'] },
      { email: 'x@xn--a.example', roles: ['viewer'] },
      { email: 'x@example.com', roles: [] },
      { email: 'x@example.com', roles: ['a', 'a'] },
      { email: 'x@example.com' },
    ]) {
      t.equal((await send('POST', invitations, { by: ada, org, body })).status, 400, JSON.stringify(body))
    }
  })

  t.test('403 for a role one may not give, and without members.invite', async (t) => {
    world.refusedRoles.add('admin')
    const body = { email: 'b@example.com', roles: ['admin'] }
    t.match(await send('POST', invitations, { by: ada, org, body }), {
      status: 403,
      body: { code: 'forbidden', detail: /admin/ },
    })
    world.refusedRoles.clear()
    world.denied.add('gatehouse:members.invite')
    t.teardown(() => world.denied.clear())
    t.equal((await send('POST', invitations, { by: ada, org, body })).status, 403)
    t.equal((await send('GET', invitations, { by: ada, org })).status, 403)
    t.equal((await send('DELETE', `${invitations}/${newId('inv')}`, { by: ada, org })).status, 403)
  })

  t.test('404 for another organization', async (t) => {
    t.equal(
      (
        await send('POST', invitations, {
          by: eve,
          org: foreignOrg,
          body: { email: 'c@example.com', roles: ['viewer'] },
        })
      ).status,
      404,
    )
  })

  t.test('409 while an open one exists; not after it expired; per organization', async (t) => {
    const body = { email: 'twice@example.com', roles: ['viewer'] }
    const first = await send('POST', invitations, { by: ada, org, body })
    t.match(await send('POST', invitations, { by: ada, org, body: { ...body, email: 'TWICE@example.com' } }), {
      status: 409,
      body: { code: 'conflict' },
    })
    t.equal(
      (await send('POST', `/v1/organizations/${foreignOrg}/invitations`, { by: eve, org: foreignOrg, body })).status,
      201,
    )
    await expire(first.body.id)
    t.equal((await send('POST', invitations, { by: ada, org, body })).status, 201)
  })

  t.test('409 for a member and for oneself, in words; an address known elsewhere is as good as any', async (t) => {
    const member = rig.person('member@example.com')
    await rig.join({ org, owner: ada, person: member })
    for (const email of ['Member@Example.com', ada.email])
      t.match(await send('POST', invitations, { by: ada, org, body: { email, roles: ['viewer'] } }), {
        status: 409,
        body: { code: 'already_member', title: /belongs to the organization already/ },
      })
    const elsewhere = { by: eve, org: foreignOrg, body: { email: member.email, roles: ['viewer'] } }
    t.equal((await send('POST', `/v1/organizations/${foreignOrg}/invitations`, elsewhere)).status, 201)
  })

  t.test('201 again for the same Idempotency-Key', async (t) => {
    const sent = {
      by: ada,
      org,
      body: { email: 'once@example.com', roles: ['viewer'] },
      headers: { 'idempotency-key': 'k-1' },
    }
    const [first, second] = [await send('POST', invitations, sent), await send('POST', invitations, sent)]
    t.same([second.status, second.body], [201, first.body])
    world.denied.add('gatehouse:members.invite')
    t.match(await send('POST', invitations, sent), { status: 403 }, 'not for who may invite no longer')
    world.denied.delete('gatehouse:members.invite')
    t.equal((await send('POST', invitations, sent)).body.id, first.body.id)
  })
})

t.test('GET and DELETE …/invitations', async (t) => {
  const [one, two, three] = [
    await invite('one@example.com'),
    await invite('two@example.com'),
    await invite('three@example.com'),
  ]

  t.test('200: newest first, page by page, an overdue one reads expired', async (t) => {
    await expire(two.id)
    const first = await send('GET', `${invitations}?limit=2`, { by: ada, org })
    t.match(first.body.data, [
      { id: three.id, status: 'pending' },
      { id: two.id, status: 'expired' },
    ])
    const second = await send('GET', `${invitations}?limit=2&cursor=${first.body.page.next_cursor}`, { by: ada, org })
    t.equal(second.body.data[0]?.id, one.id)
    const foreign = await send(
      'GET',
      `/v1/organizations/${foreignOrg}/invitations?cursor=${first.body.page.next_cursor}`,
      { by: eve, org: foreignOrg },
    )
    t.ok(
      foreign.body.data.every((row) => ['twice@example.com', 'member@example.com'].includes(row.email)),
      'another organization’s cursor shows nothing of it',
    )
  })

  t.test('204 revoked, and its link is worthless; 409 the second time', async (t) => {
    t.equal((await send('DELETE', `${invitations}/${one.id}`, { by: ada, org })).status, 204)
    t.match((await rig.events.listOf(InvitationRevoked)).at(-1), { subject: one.id, version: 2 })
    t.match(await accept({ token: one.token, name: 'One', password: 'correct horse battery' }), {
      status: 400,
      body: { code: 'invalid_token' },
    })
    t.match(await send('DELETE', `${invitations}/${one.id}`, { by: ada, org }), {
      status: 409,
      body: { code: 'conflict' },
    })
  })

  t.test('404 for another organization’s, an unknown one and what is no id', async (t) => {
    const foreign = `/v1/organizations/${foreignOrg}/invitations`
    t.equal((await send('DELETE', `${foreign}/${three.id}`, { by: eve, org: foreignOrg })).status, 404)
    for (const id of [newId('inv'), newId('user'), 'nonsense'])
      t.equal((await send('DELETE', `${invitations}/${id}`, { by: ada, org })).status, 404, id)
    t.equal(
      (await send('GET', `${invitations}?limit=1`, { by: ada, org })).body.data[0]?.status,
      'pending',
      'and it is still there',
    )
  })
})

t.test('POST /internal/invitations/{invitation}/link', async (t) => {
  const { id } = await invite('mail@example.com')
  const mint = (invitation: string, from: 'workers' | 'gateway' = 'workers') =>
    send('POST', `/internal/invitations/${invitation}/link`, { from })

  t.test('200: where to send it, and a secret of its own each time', async (t) => {
    const [first, second] = [await mint(id), await mint(id)]
    t.match(first.body, { mail: { to: 'mail@example.com', organization_name: 'Acme', token: /^gthi_/ } })
    t.not(first.body.mail?.token, second.body.mail?.token)
  })

  t.test('200 with nothing to send: revoked, expired, unknown', async (t) => {
    await send('DELETE', `${invitations}/${id}`, { by: ada, org })
    const overdue = await invite('overdue@example.com')
    await expire(overdue.id)
    for (const invitation of [id, overdue.id, newId('inv')]) t.same((await mint(invitation)).body, { mail: null })
  })

  t.test('refused for everybody but workers', async (t) => {
    t.equal((await mint(id, 'gateway')).status, 403)
  })
})
