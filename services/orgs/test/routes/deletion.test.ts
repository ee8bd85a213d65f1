/**
 * `DELETE /v1/organizations/:org` and its restoration, by status code: who may, what ends at once, what the grace
 * keeps, what is gone after it.
 */
import { OrganizationDeleted, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { deleteDueOrganizations } from '../../src/use-cases/delete-organization.ts'
import { openRig, type Rig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
type Person = ReturnType<Rig['person']>
type Organization = Awaited<ReturnType<Rig['organization']>>

const remove = (by: Person, { id, slug }: { id: string; slug: string }, more: object = {}) =>
  send('DELETE', `/v1/organizations/${id}?slug=${slug}`, { by, org: id, ...more })
const restore = (by: Person, id: string) => send('POST', `/v1/organizations/${id}/restore`, { by })
const operate = (by: Person, id: string, what: 'suspend' | 'restore') =>
  send('POST', `/v1/platform/organizations/${id}/${what}`, { by, body: { reason: 'Ticket 1' } })
const listed = async (by: Person, query = '') =>
  (await send('GET', `/v1/me/organizations${query}`, { by })).body.data.map(({ id }) => id)
const announced = async (id: string) =>
  (await rig.events.listOf(OrganizationUpdated)).filter(({ subject }) => subject === id)
const statusOf = async (id: string) =>
  (await rig.asAdministrator(`select status from organizations where id = '${uuidOf(id)}'`))[0]?.['status']
/** The grace is over. */
const pass = (id: string) =>
  rig.asAdministrator(
    `update organizations set deletion_due_at = now() - interval '1 second' where id = '${uuidOf(id)}'`,
  )

async function shared(name: string): Promise<{ owner: Person; second: Person; member: Person; org: Organization }> {
  const [owner, second, member] = [rig.person(), rig.person(), rig.person()]
  const org = await rig.organization(owner, name)
  for (const person of [second, member]) await rig.join({ org: org.id, owner, person })
  await rig.promote({ org: org.id, owner, person: second })
  return { owner, second, member, org }
}

t.test('202: nobody acts for it any more, every owner is told, and each of them can take it back', async (t) => {
  const { owner, second, member, org } = await shared('Graceful')
  const { token } = await rig.invite({ org: org.id, by: owner, email: 'late@example.com' })
  const answer = await remove(owner, org)
  t.match(answer, { status: 202, body: { deletion_due_at: /Z$/ } })
  t.same(await listed(owner), [])
  t.same(await listed(owner, '?status=deleting'), [org.id])
  t.same(await listed(second, '?status=deleting'), [org.id])
  t.same(await listed(member, '?status=deleting'), [], 'who does not own it cannot restore it')
  const floors = await send('GET', '/internal/snapshot?view=floors', { from: 'gateway' })
  t.match(floors.body.text, new RegExp(`"id":"${org.id}","min_version":2`))
  const invited = { token, name: 'Late', password: 'a long enough password' }
  t.match(await send('POST', '/v1/invitations/accept', { body: invited }), {
    status: 400,
    body: { code: 'invalid_token' },
  })
  const [asked] = await announced(org.id)
  t.match(asked, {
    version: 2,
    actor: `user:${owner.id}`,
    data: {
      status: 'suspended',
      min_ov: 2,
      changed: ['status', 'deletion'],
      deletion_due_at: answer.body.deletion_due_at,
      owners: [owner.id, second.id],
    },
  })
  t.match(await send('GET', `/internal/organizations/${org.id}/brand`, { from: 'workers' }), {
    body: { brand: { name: 'Graceful' } },
  })
  t.match(await restore(second, org.id), { status: 200, body: { id: org.id, deletion_due_at: null } })
  t.same(await listed(member), [org.id])
  t.match((await announced(org.id)).at(-1)?.data, { status: 'active', deletion_due_at: null })
  t.equal((await restore(second, org.id)).status, 404, 'once')
})

t.test('after the grace it is gone, with all that was in it; nothing tells that it was', async (t) => {
  const { owner, second, member, org } = await shared('Forgotten Ltd')
  await rig.invite({ org: org.id, by: owner, email: 'forgotten@example.com' })
  await remove(owner, org)
  t.equal(await deleteDueOrganizations(rig.deps), 0, 'not before its time')
  await pass(org.id)
  t.equal((await restore(second, org.id)).status, 404, 'the grace is over')
  const counts = await Promise.all([1, 2, 3].map(() => deleteDueOrganizations(rig.deps)))
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    1,
    'by one replica, once',
  )
  t.match(await rig.events.listOf(OrganizationDeleted), [
    { subject: org.id, version: 3, actor: 'system', data: { organization_id: org.id, min_ov: 3 } },
  ])
  for (const table of ['memberships', 'invitations', 'invitation_secrets'])
    t.same(await rig.asAdministrator(`select 1 from ${table} where org_id = '${uuidOf(org.id)}'`), [], table)
  for (const text of ['Forgotten Ltd', 'forgotten-ltd', 'forgotten@example.com'])
    for (const table of ['organizations', 'invitations'])
      t.same(await rig.asAdministrator(`select 1 from ${table} r where strpos(r::text, '${text}') > 0`), [], text)
  t.same(await listed(member), [])
  t.equal((await send('GET', `/v1/organizations/${org.id}`, { by: owner, org: org.id })).status, 404)
  t.equal((await send('GET', `/v1/platform/organizations/${org.id}`, { by: owner })).status, 404)
  t.equal((await operate(owner, org.id, 'restore')).status, 404)
  t.match(await send('GET', `/internal/organizations/${org.id}/brand`, { from: 'workers' }), { body: { brand: null } })
  const state = await send('GET', '/internal/snapshot?view=state', { from: 'authz' })
  t.match(state.body.text, new RegExp(`"id":"${org.id}","version":3,"status":"removed"`), 'a tombstone stays')
  t.match(await send('POST', '/v1/organizations', { by: owner, body: { name: 'Anew', slug: org.slug } }), {
    status: 201,
  })
})

t.test('an operator’s suspension and an owner’s deletion do not undo each other', async (t) => {
  const { owner, org } = await shared('Twice Over')
  await remove(owner, org)
  t.equal((await operate(owner, org.id, 'suspend')).status, 204)
  t.equal(await statusOf(org.id), 'suspended')
  t.same(await listed(owner, '?status=deleting'), [])
  t.equal((await operate(owner, org.id, 'restore')).status, 204)
  t.equal(await statusOf(org.id), 'deleting', 'it goes on waiting')
  t.match((await announced(org.id)).at(-1)?.data, { status: 'suspended' })
  await operate(owner, org.id, 'suspend')
  t.equal((await restore(owner, org.id)).status, 200)
  t.equal(await statusOf(org.id), 'suspended', 'the owner does not lift what the operator did')
  t.equal((await operate(owner, org.id, 'restore')).status, 204)
  t.equal(await statusOf(org.id), 'active')
})

t.test('of many owners at once one asks, and of many one restores', async (t) => {
  const { owner, second, org } = await shared('Raced')
  const asked = await Promise.all(Array.from({ length: 8 }, (_, n) => remove(n % 2 ? owner : second, org)))
  t.same(asked.map(({ status }) => status).sort(), [202, ...Array.from({ length: 7 }, () => 409)])
  const restored = await Promise.all(Array.from({ length: 8 }, (_, n) => restore(n % 2 ? owner : second, org.id)))
  t.same(restored.map(({ status }) => status).sort(), [200, ...Array.from({ length: 7 }, () => 404)])
  t.equal((await announced(org.id)).length, 2)
})

t.test('401 for a sign-in of long ago: the challenge of RFC 9470', async (t) => {
  const { owner, org } = await shared('Careful')
  const authTime = Math.floor(Date.now() / 1000) - 1000
  const refused = await remove(owner, org, { authTime })
  t.match(refused, { status: 401, body: { code: 'insufficient_user_authentication' } })
  t.match(refused.headers['www-authenticate'], /max_age="300"/)
  t.equal(await statusOf(org.id), 'active')
})

t.test('403 for whoever does not own it, whatever the policies say; 400, 404, 409', async (t) => {
  const { owner, member, org } = await shared('Guarded')
  t.match(await remove(member, org), { status: 403, body: { code: 'forbidden' } })
  world.denied.add('gatehouse:organization.delete')
  t.equal((await remove(owner, org)).status, 403)
  world.denied.clear()
  t.match(await remove(owner, { id: org.id, slug: 'another' }), { status: 409, body: { code: 'conflict' } })
  t.equal((await send('DELETE', `/v1/organizations/${org.id}`, { by: owner, org: org.id })).status, 400)
  t.equal((await remove(owner, { id: newId('org'), slug: org.slug })).status, 404)
  for (const id of [org.id, newId('org'), 'acme'])
    t.match(await restore(owner, id), { status: 404, body: { code: 'not_found' } }, 'nothing waits for its deletion')
  await remove(owner, org)
  t.equal((await restore(member, org.id)).status, 404)
  t.equal((await restore(rig.person(), org.id)).status, 404)
  t.equal((await send('POST', `/v1/organizations/${org.id}/restore`)).status, 401)
  t.equal(await statusOf(org.id), 'deleting')
})
