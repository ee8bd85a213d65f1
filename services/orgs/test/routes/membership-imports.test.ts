/** `POST /v1/platform/imports/memberships`: who may, an outcome a line, and nothing twice over two requests at once. */
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const operator = rig.person()
const reason = 'Move from the old shop'
type Line = { user_id: string; organization_id: string; roles: string[] }
const bring = (memberships: Line[]) =>
  send('POST', '/v1/platform/imports/memberships', { by: operator, body: { reason, memberships } })
const outcomes = async (memberships: Line[]) =>
  (await bring(memberships)).body.data as unknown as { status: string; reason?: string; membership_id?: string }[]

t.test('200: everybody once, however often and by how many requests at once, with the reason', async (t) => {
  const [one, two] = [await rig.organization(operator, 'One'), await rig.organization(operator, 'Two')]
  const people = Array.from({ length: 30 }, () => rig.person())
  const lines = people.flatMap(({ id }) =>
    [one.id, two.id].map((organization_id) => ({ user_id: id, organization_id, roles: ['member'] })),
  )
  const answers = await Promise.all([outcomes(lines), outcomes([...lines].reverse()), outcomes(lines)])
  const made = answers.flat().filter(({ status }) => status === 'created')
  t.equal(made.length, lines.length)
  t.equal(new Set(made.map(({ membership_id: id }) => id)).size, lines.length)
  t.equal(answers.flat().filter(({ status }) => status === 'unchanged').length, 2 * lines.length)
  const announced = (await rig.events.listOf(MembershipCreated)).filter(({ data }) => data.reason === reason)
  t.equal(announced.length, lines.length)
  t.match(announced[0], { actor: `user:${operator.id}`, data: { roles: ['member'], is_owner: false } })
  const questions = world.grantsAskedFor.filter(({ organization_id: org }) => org === one.id)
  t.equal(questions.length, 3, 'what the importer may give is asked once a request and organization')
})

t.test('200: what is wrong with a line is told of that line, in order, and the others are imported', async (t) => {
  const [org, closed] = [await rig.organization(operator, 'Open'), await rig.organization(operator, 'Closed')]
  await send('POST', `/v1/platform/organizations/${closed.id}/suspend`, { by: operator, body: { reason } })
  const [ann, gone] = [rig.person(), rig.person()]
  await rig.join({ org: org.id, owner: operator, person: gone })
  await send('DELETE', `/v1/organizations/${org.id}/members/${gone.id}`, { by: operator, org: org.id })
  world.unknownRoles.add('no-such-role')
  world.refusedRoles.add('admin')
  const line = (user_id: string, organization_id: string, ...roles: string[]) => ({ user_id, organization_id, roles })
  const data = await outcomes([
    line(newId('user'), org.id, 'member'),
    line(ann.id, newId('org'), 'member'),
    line(ann.id, closed.id, 'member'),
    line(ann.id, org.id, 'member', 'no-such-role'),
    line(ann.id, org.id, 'admin'),
    line(gone.id, org.id, 'member'),
    line(ann.id, org.id, 'member'),
    line(operator.id, org.id, 'member'),
  ])
  world.unknownRoles.clear()
  world.refusedRoles.clear()
  t.same(
    data.map(({ status, reason: why }) => why ?? status),
    [
      'person_unknown',
      'organization_unknown',
      'organization_inactive',
      'roles_unknown',
      'roles_refused',
      'removed_before',
      'created',
      'unchanged',
    ],
  )
})

t.test('403: without the permission to import; 400: nothing, too much, no roles', async (t) => {
  const org = await rig.organization(operator, 'Refused')
  const line = { user_id: rig.person().id, organization_id: org.id, roles: ['member'] }
  world.denied.add('gatehouse:users.import')
  t.equal((await bring([line])).status, 403)
  world.denied.clear()
  for (const bad of [[], Array.from({ length: 201 }, () => line), [{ ...line, roles: [] }], [{ ...line, owner: true }]])
    t.equal((await bring(bad)).status, 400)
})
