/** Invitations by the dozen, with a life of their own, sent again, and found. */
import { InvitationCreated, InvitationResent } from '@gatehouse/contracts/events/orgs/invitation'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const ada = rig.person('ada@example.com')
const { id: org } = await rig.organization(ada)
const invitations = `/v1/organizations/${org}/invitations`
const batches = `/v1/organizations/${org}/invitation-batches`
const day = 86_400_000

type Made = { data: { email: string; code: string | null; invitation: { id: string; status: string } | null }[] }
const batch = async (invited: object[], more: object = {}, headers: Record<string, string> = {}) => {
  const answer = await send('POST', batches, { by: ada, org, headers, body: { invitations: invited, ...more } })
  return { status: answer.status, ...(answer.body as unknown as Made) }
}
const viewer = (email: string) => ({ email, roles: ['viewer'] })
const resend = (id: string, by = ada) => send('POST', `${invitations}/${id}/resend`, { by, org })
const accept = (token: string, by: typeof ada) => send('POST', '/v1/invitations/accept', { by, body: { token } })
const lifeOf = ({ created_at: from, expires_at: to }: { created_at: string; expires_at: string }) =>
  Date.parse(to) - Date.parse(from)

t.test('200: each of a batch is answered as its own request would be, in the order given', async (t) => {
  const member = rig.person('member@example.com')
  await rig.join({ org, owner: ada, person: member })
  await rig.invite({ org, by: ada, email: 'invited@example.com' })
  world.unknownRoles.add('nope')
  world.refusedRoles.add('boss')
  const before = world.grantsAskedFor.length
  const { status, data } = await batch([
    { email: 'New@Example.com', roles: ['viewer', 'editor'] },
    viewer('member@example.com'),
    viewer('invited@example.com'),
    { email: 'x@example.com', roles: ['nope', 'boss'] },
    { email: 'y@example.com', roles: ['boss'] },
    viewer('new@example.com'),
    viewer('second@example.com'),
  ])
  t.equal(status, 200)
  t.same(
    data.map(({ email, code, invitation }) => [email, code, invitation?.status]),
    [
      ['new@example.com', null, 'pending'],
      ['member@example.com', 'already_member', undefined],
      ['invited@example.com', 'conflict', undefined],
      ['x@example.com', 'validation_failed', undefined],
      ['y@example.com', 'forbidden', undefined],
      ['new@example.com', 'conflict', undefined],
      ['second@example.com', null, 'pending'],
    ],
  )
  t.equal(world.grantsAskedFor.length - before, 1, 'the decision point is asked once for all')
  const announced = (await rig.events.listOf(InvitationCreated)).map(({ subject }) => subject)
  for (const { invitation } of data) if (invitation) t.ok(announced.includes(invitation.id))
})

t.test('200: a repeat under one Idempotency-Key gets the same answer and invites nobody twice', async (t) => {
  const headers = { 'idempotency-key': newId('inv') }
  const invited = [viewer('once@example.com'), viewer('twice@example.com')]
  const first = await batch(invited, {}, headers)
  t.same(await batch(invited, {}, headers), first)
  t.same(
    first.data.map(({ code }) => code),
    [null, null],
  )
})

t.test(
  'batches and single invitations at once: an address is invited once, and nobody waits for the other',
  async (t) => {
    const emails = Array.from({ length: 6 }, (_, n) => `crowd-${n}@example.com`)
    const answers = await Promise.all([
      batch(emails.map(viewer)),
      batch([...emails].reverse().map(viewer)),
      ...emails.map((email) => send('POST', invitations, { by: ada, org, body: viewer(email) })),
    ])
    t.same(
      [...new Set(answers.map(({ status }) => status))].filter((status) => ![200, 201, 409].includes(status)),
      [],
    )
    const { body } = await send('GET', `${invitations}?search=crowd-`, { by: ada, org })
    t.same(body.data.map(({ email }) => email).sort(), emails)
  },
)

t.test('400: none, too many, no address, no role; 403 without the permission', async (t) => {
  const many = Array.from({ length: 51 }, (_, n) => viewer(`many-${n}@example.com`))
  for (const invited of [[], many, [{ email: 'x', roles: ['viewer'] }], [{ email: 'x@example.com', roles: [] }]])
    t.equal((await batch(invited)).status, 400)
  for (const days of [0, 31, 1.5, '7'])
    t.equal((await batch([viewer('days@example.com')], { expires_in_days: days })).status, 400)
  world.denied.add('gatehouse:members.invite')
  t.equal((await batch([viewer('denied@example.com')])).status, 403)
  t.equal((await resend(newId('inv'))).status, 403)
  world.denied.clear()
})

t.test('an invitation has a life of its own', async (t) => {
  const made = await send('POST', invitations, {
    by: ada,
    org,
    body: { ...viewer('a@life.example'), expires_in_days: 30 },
  })
  const [one] = (await batch([viewer('b@life.example')], { expires_in_days: 1 })).data
  const other = await send('POST', invitations, { by: ada, org, body: viewer('c@life.example') })
  const lives = [made.body, one?.invitation, other.body].map((life) => lifeOf(life as never))
  t.same(lives, [30 * day, day, 7 * day])
})

t.test('200: sent again, it lives as long as before; the old link is void and the new one opens it', async (t) => {
  const guest = rig.person()
  const { id, token } = await rig.invite({ org, by: ada, email: guest.email })
  await rig.asAdministrator(
    `update orgs.invitations
       set created_at = created_at - interval '8 days', expires_at = expires_at - interval '8 days'
      where id = '${uuidOf(id)}'`,
  )
  t.equal((await accept(token, guest)).status, 400, 'overdue')
  const sent = await resend(id)
  t.match(sent, { status: 200, body: { id, status: 'pending' } })
  t.match((await rig.events.listOf(InvitationResent)).slice(-1), [{ subject: id, data: { invitation_id: id } }])
  t.match(await accept(token, guest), { status: 400, body: { code: 'invalid_token' } }, 'the link of before')
  const newer = await rig.mint(id)
  const again = await resend(id)
  t.equal(again.status, 200)
  const left = Date.parse(String((again.body as unknown as { expires_at: string }).expires_at)) - Date.now()
  t.ok(left > 6 * day && left <= 7 * day, 'no longer for being sent twice')
  t.equal((await accept(newer, guest)).status, 400, 'the link of the first resending')
  const latest = await rig.mint(id)
  t.equal((await accept(latest, guest)).status, 200)
  t.match(await resend(id), { status: 409, body: { code: 'conflict' } }, 'answered')
})

t.test('who resends has invited: their rights count, and the invitation is theirs', async (t) => {
  const admin = rig.person()
  await rig.join({ org, owner: ada, person: admin })
  const { id } = await rig.invite({ org, by: ada, email: 'theirs@example.com', roles: ['editor'] })
  world.refusedRoles.add('editor')
  t.equal((await resend(id, admin)).status, 403)
  world.refusedRoles.clear()
  t.equal((await resend(id, admin)).status, 200)
  t.match(world.grantsAskedFor.at(-1), { granted_by: admin.id, roles: ['editor'] })
  const rows = await rig.asAdministrator(`select invited_by from orgs.invitations where id = '${uuidOf(id)}'`)
  t.same(rows, [{ invited_by: uuidOf(admin.id) }])
})

t.test('404 for what is not there or another organization’s; 409 once revoked', async (t) => {
  const { id: foreign } = await rig.organization(ada, 'Foreign')
  const { id: theirs } = await rig.invite({ org: foreign, by: ada, email: 'foreign@example.com' })
  for (const id of [newId('inv'), theirs]) t.equal((await resend(id)).status, 404)
  const { id } = await rig.invite({ org, by: ada, email: 'revoked@example.com' })
  t.equal((await send('DELETE', `${invitations}/${id}`, { by: ada, org })).status, 204)
  t.equal((await resend(id)).status, 409)
})

t.test('the list is filtered by what an invitation is now, and by a part of the address', async (t) => {
  const { id } = await rig.invite({ org, by: ada, email: 'overdue@filter.example' })
  await rig.invite({ org, by: ada, email: 'open@filter.example' })
  await rig.asAdministrator(`update orgs.invitations set expires_at = now() where id = '${uuidOf(id)}'`)
  const found = async (query: string) =>
    (await send('GET', `${invitations}?${query}`, { by: ada, org })).body.data.map(({ email, status }) => [
      email,
      status,
    ])
  t.same(await found('search=FILTER.ex'), [
    ['open@filter.example', 'pending'],
    ['overdue@filter.example', 'expired'],
  ])
  t.same(await found('search=filter.ex&status=expired'), [['overdue@filter.example', 'expired']])
  t.same(await found('search=filter.ex&status=pending'), [['open@filter.example', 'pending']])
  t.same(await found('search=%25'), [], 'no wildcard')
  t.equal((await send('GET', `${invitations}?status=lost`, { by: ada, org })).status, 400)
})
