/** Accepting and declining over HTTP, by status code. */
import { InvitationAccepted, InvitationDeclined } from '@gatehouse/contracts/events/orgs/invitation'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const ada = rig.person('ada@example.com')
const { id: org } = await rig.organization(ada)
const eve = rig.person('eve@example.com')
const invitations = `/v1/organizations/${org}/invitations`
const accept = (body: object, by = undefined as typeof ada | undefined) =>
  send('POST', '/v1/invitations/accept', { by, body })
const invite = (email: string, roles?: string[]) => rig.invite({ org, by: ada, email, ...(roles ? { roles } : {}) })
/** Makes the invitation's time pass. */
const expire = (id: string) =>
  rig.asAdministrator(`update orgs.invitations set expires_at = now() where id = '${uuidOf(id)}'`)

t.test('POST /v1/invitations/accept with a bearer', async (t) => {
  t.test('200: membership with the invitation’s roles; every link of it is used up', async (t) => {
    const bob = rig.person('bob@example.com')
    const { id, token } = await invite('Bob@Example.com', ['viewer', 'billing'])
    const again = await rig.mint(id)
    const { status, body } = await accept({ token }, bob)
    t.equal(status, 200)
    t.match(body, {
      user: { id: bob.id },
      organization: { id: org, name: 'Acme' },
      membership: { id: /^mem_/, is_owner: false },
    })
    const accepted = (await rig.events.listOf(InvitationAccepted)).find((event) => event.subject === id)
    const joined = (await rig.events.listOf(MembershipCreated)).find((event) => event.userid === bob.id)
    t.match(accepted, { subject: id, version: 2, actor: `user:${bob.id}`, data: { user_id: bob.id } })
    t.match(joined, { orgid: org, version: 1, data: { roles: ['viewer', 'billing'], is_owner: false } })
    t.match(
      await accept({ token: again }, bob),
      { status: 400, body: { code: 'invalid_token' } },
      'the other mail’s link as well',
    )
    t.same(
      (await rig.events.list()).filter((event) => /example\.com|gthi_/i.test(JSON.stringify(event))),
      [],
      'no event carries an address or a secret',
    )
  })

  t.test('200: the same mailbox in another spelling of its domain', async (t) => {
    const rosa = rig.person('Rosa@BÜCHER.example')
    const { token } = await invite('rosa@xn--bcher-kva.example')
    t.equal((await accept({ token }, rosa)).status, 200)
  })

  t.test('401 with neither a bearer nor a password', async (t) => {
    const { token } = await invite('carol@example.com')
    t.match(await accept({ token }), { status: 401, body: { code: 'unauthenticated' } })
  })

  t.test('400: another address, an unverified one, a wrong link: one and the same answer', async (t) => {
    const { token } = await invite('dave@example.com')
    const dave = rig.person('dave@example.com')
    dave.email_verified = false
    const answers = [
      await accept({ token }, eve),
      await accept({ token }, dave),
      await accept({ token: mintSecret('gthi_').secret }, eve),
      await accept({ token: 'rubbish' }, eve),
    ]
    const told = answers.map(({ status, body: { code, detail, errors } }) => ({ status, code, detail, errors }))
    for (const one of told) t.same(one, { status: 400, code: 'invalid_token', detail: undefined, errors: undefined })
    dave.email_verified = true
    t.equal((await accept({ token }, dave)).status, 200, 'and the link was not used up by them')
  })

  t.test('409 for a member, with nothing changed; an older invitation brings nobody back', async (t) => {
    const frank = rig.person('frank@example.com')
    const { token } = await invite('frank@example.org')
    await rig.join({ org, owner: ada, person: frank })
    frank.email = 'frank@example.org'
    t.match(await accept({ token }, frank), { status: 409, body: { code: 'conflict' } })
    const listed = (await send('GET', invitations, { by: ada, org })).body.data
    t.equal(listed.find(({ email }) => email === 'frank@example.org')?.status, 'pending')
    await send('DELETE', `/v1/organizations/${org}/members/${frank.id}`, { by: ada, org })
    t.equal((await accept({ token }, frank)).status, 409, 'it was made before the removal')
    const again = await invite('frank@example.org')
    t.equal((await accept({ token }, frank)).status, 400, 'the new invitation replaced it')
    t.equal((await accept({ token: again.token }, frank)).status, 200)
  })

  t.test('409 when the roles can no longer be given, or the inviter has left', async (t) => {
    const grace = rig.person('grace@example.com')
    const { token } = await invite('grace@example.com', ['auditor'])
    world.refusedRoles.add('auditor')
    t.equal((await accept({ token }, grace)).status, 409)
    world.refusedRoles.clear()
    t.match(
      world.grantsAskedFor.at(-1),
      { granted_by: ada.id, roles: ['auditor'] },
      'the inviter is asked about, not who accepts',
    )

    const heidi = rig.person('heidi@example.com')
    await rig.join({ org, owner: ada, person: heidi })
    const left = await rig.invite({ org, by: heidi, email: 'ivan@example.com' })
    await send('DELETE', `/v1/organizations/${org}/members/${heidi.id}`, { by: ada, org })
    t.equal((await accept({ token: left.token }, rig.person('ivan@example.com'))).status, 409)
  })
})

t.test('POST /v1/invitations/accept as a new person', async (t) => {
  const person = { name: 'Judy', password: 'correct horse battery' }

  t.test('200: a user is made and belongs to the organization', async (t) => {
    const { id, token } = await invite('judy@example.com')
    const { status, body } = await accept({ token, ...person })
    t.equal(status, 200)
    t.equal(world.invited.get(id), body.user.id)
    const joined = (await rig.events.listOf(MembershipCreated)).find((event) => event.userid === body.user.id)
    t.match(joined, { actor: `user:${body.user.id}` })
  })

  t.test('200 after a crash between the user and the membership: asking again heals', async (t) => {
    const { id, token } = await invite('kim@example.com')
    const before = rig.person('kim@example.com')
    world.invited.set(id, before.id)
    t.match(await accept({ token, ...person }), { status: 200, body: { user: { id: before.id } } })
  })

  t.test('400 for a weak password, and the link stays good', async (t) => {
    const { token } = await invite('lena@example.com')
    t.match(await accept({ token, ...person, password: 'short' }), { status: 400, body: { code: 'weak_password' } })
    t.equal((await accept({ token, ...person })).status, 200)
  })

  t.test('409 for an address that has an account: sign in first', async (t) => {
    rig.person('mallory@example.com')
    const { token } = await invite('mallory@example.com')
    t.match(await accept({ token, ...person }), { status: 409, body: { code: 'conflict', detail: /sign in/i } })
  })

  t.test('409 when the roles can no longer be given, before any user is made', async (t) => {
    const { id, token } = await invite('nina@example.com', ['auditor'])
    world.refusedRoles.add('auditor')
    t.teardown(() => world.refusedRoles.clear())
    t.equal((await accept({ token, ...person })).status, 409)
    t.notOk(world.invited.has(id))
  })

  t.test('400 for an expired link and for half a person', async (t) => {
    const { id, token } = await invite('olga@example.com')
    t.equal((await accept({ token, name: 'Olga' })).status, 400)
    t.equal((await accept({ token, ...person, extra: 1 })).status, 400)
    await expire(id)
    t.match(await accept({ token, ...person }), { status: 400, body: { code: 'invalid_token' } })
  })
})

t.test('POST /v1/invitations/decline', async (t) => {
  const { id, token } = await invite('peggy@example.com')
  t.equal(
    (await send('POST', '/v1/invitations/decline', { body: { token } })).status,
    204,
    '204 for whoever holds the link',
  )
  t.match((await rig.events.listOf(InvitationDeclined)).at(-1), { subject: id, version: 2, actor: 'system' })
  t.match(
    await send('POST', '/v1/invitations/decline', { body: { token } }),
    { status: 400, body: { code: 'invalid_token' } },
    '400 the second time',
  )
  t.equal(
    (await accept({ token, name: 'Peggy', password: 'correct horse battery' })).status,
    400,
    'and it cannot be accepted',
  )
  t.equal(
    (await send('POST', invitations, { by: ada, org, body: { email: 'peggy@example.com', roles: ['viewer'] } })).status,
    201,
    'a new one can be sent',
  )
})

t.test('503 when identity is gone, and the link stays good', async (t) => {
  const quinn = rig.person('quinn@example.com')
  const { token } = await invite('quinn@example.com')
  await rig.stop('identity')
  t.match(await accept({ token }, quinn), { status: 503, body: { code: 'upstream_failed' } })
  t.equal((await send('POST', '/v1/invitations/decline', { body: { token } })).status, 204, 'declining needs nobody')
})
