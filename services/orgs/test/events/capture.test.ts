/**
 * Whoever proves an address of a domain whose rule is `join` becomes a member once; nobody else does: not by an address
 * that is not proven, a domain that is not or an organization that is suspended.
 */
import { UserEmailChanged, UserEmailVerified, UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { createNeighbour } from '@gatehouse/test-kit/neighbour'
import t from 'tap'
import { captureEffects, joinCaptured } from '../../src/use-cases/domains/join-captured.ts'
import { openRig, type Rig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const identity = createNeighbour('identity')
type Person = ReturnType<Rig['person']>

/** An organization that has proven the domain, with this rule. */
async function organizationOf(name: string, capture: string) {
  const owner = rig.person()
  const { id: org } = await rig.organization(owner)
  const path = `/v1/organizations/${org}/domains`
  const { id, record } = (await send('POST', path, { by: owner, org, body: { name } })).body as unknown as {
    id: string
    record: { name: string; value: string }
  }
  const verify = () => send('POST', `${path}/${id}/verify`, { by: owner, org })
  const set = (capture: string) => send('PATCH', `${path}/${id}`, { by: owner, org, body: { capture } })
  world.dns.set(record.name, { kind: 'records', records: [[record.value]] })
  t.match(await verify(), { body: { status: 'verified' } })
  t.equal((await set(capture)).status, 200)
  const members = async () =>
    (await send('GET', `/v1/organizations/${org}/members`, { by: owner, org })).body.data
      .map(({ user }) => user.id)
      .filter((member) => member !== owner.id)
  return { id, org, owner, set, members, remove: () => send('DELETE', `${path}/${id}`, { by: owner, org }) }
}

let version = 1
const read = async (type: 'registered' | 'verified' | 'changed', person: Person, isVerified = true) => {
  version += 1
  const of = { subject: person.id, version }
  const data = { user_id: person.id }
  const event = {
    registered: () =>
      identity.announce(UserRegistered, { ...of, data: { ...data, email_verified: isVerified, via: 'registration' } }),
    verified: () => identity.announce(UserEmailVerified, { ...of, data }),
    changed: () =>
      identity.announce(UserEmailChanged, { ...of, data: { ...data, change_id: newId('adc'), via: 'confirmation' } }),
  }[type]()
  await rig.deps.spine.write({}, (tx) => captureEffects.handle(tx, event), { db: 'system' })
}
const waiting = async () => (await rig.asAdministrator('select 1 from capture_checks')).length

t.test('an address that is proven makes a member, once, with the role and the domain that did', async (t) => {
  const { id, org, owner, members } = await organizationOf('joins.example', 'join')
  const [ann, bob, eve] = [rig.person('ann@Joins.example'), rig.person('b@joins.example'), rig.person('e@else.example')]
  for (const person of [ann, eve]) await read('verified', person)
  await read('registered', bob)
  const counts = await Promise.all([1, 2, 3].map(() => joinCaptured(rig.deps)))
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2,
    'by one replica each',
  )
  t.same((await members()).sort(), [ann.id, bob.id].sort())
  const told = (await rig.events.listOf(MembershipCreated)).filter(({ userid }) => userid === ann.id)
  t.match(told, [{ orgid: org, actor: 'system', data: { roles: ['member'], is_owner: false, domain_id: id } }])
  await read('verified', ann)
  t.equal(await joinCaptured(rig.deps), 0, 'told again')
  await send('DELETE', `/v1/organizations/${org}/members/${ann.id}`, { by: owner, org })
  await read('changed', ann)
  t.equal(await joinCaptured(rig.deps), 0, 'who was removed does not come back by an address')
  t.equal(await waiting(), 0)
})

t.test('nobody joins by what is not proven, not the rule, or not in force', async (t) => {
  const acme = await organizationOf('guarded.example', 'join')
  const person = rig.person('x@guarded.example')
  await read('registered', person, false)
  t.equal(await waiting(), 0, 'a registration proves nothing')
  const isNobody = async (why: string) => {
    await read('verified', person)
    t.equal(await joinCaptured(rig.deps), 0, why)
    t.equal(await waiting(), 0)
  }
  world.people.set(person.id, { ...person, email_verified: false })
  await isNobody('identity says that it is not proven')
  world.people.delete(person.id)
  await isNobody('erased meanwhile')
  world.people.set(person.id, { ...person, email: 'x@sub.guarded.example' })
  await isNobody('another domain')
  world.people.set(person.id, person)
  for (const capture of ['off', 'offer']) {
    await acme.set(capture)
    await isNobody(capture)
  }
  await acme.set('join')
  const domain = `where id = '${uuidOf(acme.id)}'`
  await rig.asAdministrator(`update domains set status = 'lapsed' ${domain}`)
  await isNobody('a lapsed domain')
  await rig.asAdministrator(`update domains set status = 'verified' ${domain}`)
  const organization = `where id = '${uuidOf(acme.org)}'`
  await rig.asAdministrator(`update organizations set status = 'suspended' ${organization}`)
  await isNobody('a suspended organization')
  await rig.asAdministrator(`update organizations set status = 'active' ${organization}`)
  await read('changed', person)
  t.equal(await joinCaptured(rig.deps), 1, 'and with all of it they do')
})

t.test('of two organizations that claim a domain, the one that has proven it; none once it gave it up', async (t) => {
  const first = await organizationOf('claimed.example', 'join')
  const rival = rig.person()
  const { id: org } = await rig.organization(rival)
  const path = `/v1/organizations/${org}/domains`
  const claim = (await send('POST', path, { by: rival, org, body: { name: 'claimed.example' } })).body as {
    id?: string
  }
  t.equal((await send('PATCH', `${path}/${claim.id}`, { by: rival, org, body: { capture: 'join' } })).status, 200)
  const [ann, bob] = [rig.person('ann@claimed.example'), rig.person('bob@claimed.example')]
  await read('verified', ann)
  t.equal(await joinCaptured(rig.deps), 1)
  t.same(await first.members(), [ann.id])
  await first.remove()
  await read('verified', bob)
  t.equal(await joinCaptured(rig.deps), 0, 'the other claim is not proven')
  t.same(await first.members(), [ann.id], 'members stay')
})

t.test('whose look fails is looked at again, and holds up nobody', async (t) => {
  const { members } = await organizationOf('failing.example', 'join')
  const [ann, bob] = [rig.person('ann@failing.example'), rig.person('bob@failing.example')]
  await read('verified', ann)
  await read('verified', bob)
  const { spine } = rig.deps
  const write: typeof spine.write = (scope, work, options) =>
    scope.userId === ann.id ? Promise.reject(new Error('gone')) : spine.write(scope, work, options)
  t.equal(await joinCaptured({ ...rig.deps, spine: { ...spine, write } }), 1)
  t.same(await members(), [bob.id])
  t.equal(await joinCaptured(rig.deps), 0, 'not while the lease lasts')
  await rig.asAdministrator(`update capture_checks set due_at = now() - interval '1 second'`)
  t.equal(await joinCaptured(rig.deps), 1)
  t.equal(await waiting(), 0)
})

t.test('a rule that is taken back after the look and before the transaction makes nobody a member', async (t) => {
  const { id, org, members } = await organizationOf('hasty.example', 'join')
  const person = rig.person('ann@hasty.example')
  const domain = `where id = '${uuidOf(id)}'`
  const organization = `where id = '${uuidOf(org)}'`
  const { spine } = rig.deps
  for (const [taken, back] of [
    [`update domains set capture = 'offer' ${domain}`, `update domains set capture = 'join' ${domain}`],
    [`update domains set status = 'lapsed' ${domain}`, `update domains set status = 'verified' ${domain}`],
    [
      `update organizations set status = 'suspended' ${organization}`,
      `update organizations set status = 'active' ${organization}`,
    ],
  ] as const) {
    const write: typeof spine.write = async (scope, work, options) => {
      await rig.asAdministrator(taken)
      return await spine.write(scope, work, options)
    }
    await read('verified', person)
    t.equal(await joinCaptured({ ...rig.deps, spine: { ...spine, write } }), 0, taken)
    await rig.asAdministrator(back)
  }
  t.same(await members(), [])
})
