/** An erased person leaves every organization, with attributes and addresses; repeated, nothing more happens. */
import type { EventEnvelope } from '@gatehouse/contracts/events/envelope'
import { UserErased } from '@gatehouse/contracts/events/identity/user'
import { MembershipRemoved } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import t from 'tap'
import { erasureEffects } from '../../src/use-cases/erase-person.ts'
import { openRig, type Rig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send } = rig
const identity = createNeighbour('identity')

const erased = (userId: string): EventEnvelope =>
  identity.announce(UserErased, {
    subject: userId,
    version: 9,
    data: { user_id: userId, min_uv: 9, via: 'operator', reason: 'Request 1' },
  })
const read = (event: EventEnvelope) =>
  rig.deps.spine.write({}, (tx) => erasureEffects.handle(tx, event), { db: 'system' })
const members = async (org: string, by: Parameters<Rig['join']>[0]['owner']) =>
  (await send('GET', `/v1/organizations/${org}/members`, { by, org })).body.data.map(({ user }) => user.id)

t.test('memberships end for good, attributes and addresses go, everybody is told', async (t) => {
  const [owner, person] = [rig.person(), rig.person()]
  const [{ id: org }, { id: left }] = [await rig.organization(owner), await rig.organization(owner)]
  for (const id of [org, left]) {
    await rig.join({ org: id, owner, person })
    const body = { attributes: { desk: 'by the window' } }
    await send('PATCH', `/v1/organizations/${id}/members/${person.id}`, { by: owner, org: id, body })
  }
  t.equal(
    (await send('DELETE', `/v1/organizations/${left}/members/${person.id}`, { by: owner, org: left })).status,
    204,
  )
  await read(erased(person.id))
  t.same(await members(org, owner), [owner.id])
  const told = (await rig.events.listOf(MembershipRemoved)).filter(({ userid }) => userid === person.id).slice(-2)
  t.same(
    told.map(({ data }) => [data.attributes, data.erased, data.min_mv > 0]),
    [
      [{}, true, true],
      [{}, true, true],
    ],
  )
  for (const table of ['memberships', 'invitations', 'organizations'])
    for (const text of [person.email, 'by the window'])
      t.same(
        await rig.asAdministrator(`select 1 from ${table} r where strpos(r::text, '${text}') > 0`),
        [],
        `${table}: ${text}`,
      )
})

t.test('an organization whose only owner is gone is suspended; with another owner it goes on', async (t) => {
  const [owner, second, member] = [rig.person(), rig.person(), rig.person()]
  const [{ id: shared }, { id: alone }] = [await rig.organization(owner), await rig.organization(owner)]
  await rig.join({ org: shared, owner, person: second })
  await rig.promote({ org: shared, owner, person: second })
  await rig.join({ org: alone, owner, person: member })
  await read(erased(owner.id))
  const told = (await rig.events.listOf(OrganizationUpdated)).filter(({ subject }) => [shared, alone].includes(subject))
  t.match(told, [{ subject: alone, data: { status: 'suspended', changed: ['status'], min_ov: 2 } }])
  t.equal(told.length, 1)
  t.same(await members(shared, second), [second.id])
  const before = (await rig.events.list()).length
  await read(erased(second.id))
  t.ok((await rig.events.list()).length > before)
})

t.test('somebody who belonged nowhere is nothing to do', async (t) => {
  const before = (await rig.events.list()).length
  await read(erased(rig.person().id))
  t.equal((await rig.events.list()).length, before)
})
