/**
 * What members and an organization cost to read and to change: statements, round trips, calls of neighbours and events,
 * counted. A rise is a regression, whatever the clock says. Nothing runs in the background.
 */
import { adminUrl } from '@gatehouse/test-kit/database'
import { startStatementCounter } from '@gatehouse/test-kit/statement-counter'
import t from 'tap'
import { openRig } from '../fixtures/rig.ts'

const counter = await startStatementCounter(t, adminUrl())
const rig = await openRig(t, { through: counter.through })
const { send, world } = rig
const [owner, other] = [rig.person(), rig.person()]
const { id: org } = await rig.organization(owner)
await rig.join({ org, owner, person: other })

/** What `run` costs of the database, and each of its runs of the neighbours. */
async function costOf(run: () => Promise<{ status: number }>) {
  let [runs, status] = [0, 0]
  const before = { authz: world.asked.length, identity: world.askedOfIdentity.length }
  const { statements, roundTrips, parses, texts } = await counter.whenKnown(async () => {
    status = (await run()).status
    runs += 1
  })
  const calls = {
    authz: (world.asked.length - before.authz) / runs,
    identity: (world.askedOfIdentity.length - before.identity) / runs,
  }
  return { status, statements, roundTrips, parses, texts, calls }
}

t.test('the members of an organization are one round trip, one decision and one question of identity', async (t) => {
  const { texts, ...cost } = await costOf(() => send('GET', `/v1/organizations/${org}/members`, { by: owner, org }))
  const calls = { authz: 1, identity: 1 }
  t.same(cost, { status: 200, statements: 3, roundTrips: 1, parses: 0, calls }, texts.join('\n'))
})

t.test('an organization is one round trip, and nobody is asked', async (t) => {
  const { texts, ...cost } = await costOf(() => send('GET', `/v1/organizations/${org}`, { by: owner, org }))
  const calls = { authz: 0, identity: 0 }
  t.same(cost, { status: 200, statements: 3, roundTrips: 1, parses: 0, calls }, texts.join('\n'))
})

t.test('a changed member is decided once before and once under the lock, and one event', async (t) => {
  let changes = 0
  const before = (await rig.events.list()).length
  const { texts, ...cost } = await costOf(() => {
    const body = { attributes: { department: `d${(changes += 1)}` } }
    return send('PATCH', `/v1/organizations/${org}/members/${other.id}`, { by: owner, org, body })
  })
  const calls = { authz: 1, identity: 1 }
  t.same(cost, { status: 200, statements: 16, roundTrips: 10, parses: 0, calls }, texts.join('\n'))
  t.equal((await rig.events.list()).length - before, changes)
})
