/** Freshness: what a replica may answer while a neighbour is silent, after poison, and after another replica wrote. */
import t from 'tap'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { PlatformRoleAssigned } from '@gatehouse/contracts/events/authz/assignment'
import { PlatformAdminBootstrapped } from '@gatehouse/contracts/events/identity/user'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { quietLog } from '@gatehouse/test-kit/log'
import { usedButUnwanted } from '@gatehouse/test-kit/unwanted-events'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { subjects } from '../../src/events/follow.ts'
import { applyOrganizationEvent } from '../../src/use-cases/projections/project-organizations.ts'
import { applyServiceAccountEvent } from '../../src/use-cases/projections/project-service-accounts.ts'
import { applyUserEvent } from '../../src/use-cases/projections/project-users.ts'
import { openPlatform } from '../fixtures/platform.ts'

t.test(
  'an answer is 503 not_current once a neighbour has been silent for 5 s, and an answer again when it speaks',
  async (t) => {
    const platform = await openPlatform(t)
    let ahead = 0
    const replica = await platform.replica({
      clock: { now: systemClock.now, monotonicMs: () => systemClock.monotonicMs() + ahead },
    })
    const { owner } = await platform.withInvoices(replica)
    const ask = () => platform.evaluate(replica, owner, { action: 'read' })
    t.match((await ask()).body, { decision: true })
    platform.orgs.cutOff(true)
    t.match((await ask()).body, { decision: true }, 'still proven')
    ahead = 5001
    t.match((await ask()).body, { status: 503, code: 'not_current' })
    platform.orgs.cutOff(false)
    await Promise.all(Object.values(replica.deps.following).map((follower) => follower.pollNow()))
    t.match((await ask()).body, { decision: true })
  },
)

t.test('a member whose events are parked gets 503, everybody else an answer', async (t) => {
  const platform = await openPlatform(t)
  const replica = await platform.replica()
  const { org, owner } = await platform.withInvoices(replica)
  const member = platform.join(org, platform.person(), { roles: ['invoice-reader'] })
  t.match((await platform.evaluate(replica, member, { action: 'read' })).body, { decision: true })
  platform.orgs.announceRaw(MembershipCreated.type, {
    subject: member.membershipId,
    orgid: org.id,
    userid: member.id,
    version: 2,
    data: { status: 'odd' },
  })
  await replica.deps.following.orgs.pollNow()
  t.match((await platform.evaluate(replica, member, { action: 'read' })).body, { status: 503, code: 'not_current' })
  t.match((await platform.evaluate(replica, owner, { action: 'read' })).body, { decision: true })
})

t.test(
  'the first platform administrator is assigned once, whichever replica hears of it and however often',
  async (t) => {
    const platform = await openPlatform(t)
    const [replica, other] = await Promise.all([platform.replica(), platform.replica()])
    const administrator = await platform.administrator(replica)
    platform.identity.announce(PlatformAdminBootstrapped, {
      subject: administrator.id,
      userid: administrator.id,
      version: 3,
      data: { user_id: administrator.id },
    })
    // One of them holds the cursor and walks.
    await waitUntil(
      'the walk is over',
      async () => (await replica.deps.platformAdmins.catchUpNow()) || (await other.deps.platformAdmins.catchUpNow()),
    )
    const { events } = await replica.deps.spine.changes({ after: 0 })
    t.equal(
      events.filter(({ type, userid }) => type === PlatformRoleAssigned.type && userid === administrator.id).length,
      1,
    )
  },
)

t.test('another replica forgets what changed without being asked', async (t) => {
  const platform = await openPlatform(t)
  const [writer, reader] = await Promise.all([platform.replica(), platform.replica()])
  const { org, owner } = await platform.withInvoices(writer)
  const member = platform.join(org, platform.person())
  t.match((await platform.evaluate(reader, member, { action: 'read' })).body, { decision: false })
  await platform.ask(writer, {
    method: 'PUT',
    url: `/v1/organizations/${org.id}/members/${member.id}/roles`,
    token: platform.tokenOf(owner),
    body: { roles: ['invoice-reader'] },
  })
  await waitUntil(
    'the other replica allows',
    async () => (await platform.evaluate(reader, member, { action: 'read' })).body['decision'] === true,
    5000,
  )
  await platform.ask(writer, {
    method: 'POST',
    url: `/v1/organizations/${org.id}/policies`,
    token: platform.tokenOf(owner),
    body: { key: 'no', effect: 'deny', resource_type: 'invoice', actions: ['read'] },
  })
  await waitUntil(
    'the other replica denies',
    async () => (await platform.evaluate(reader, member, { action: 'read' })).body['decision'] === false,
    5000,
  )
})

t.test('what a copy is made of is subscribed to', async (t) => {
  const copies = {
    identity: applyUserEvent,
    orgs: applyOrganizationEvent.bind(undefined, { log: quietLog }),
    tokens: applyServiceAccountEvent,
  }
  for (const producer of ['identity', 'orgs', 'tokens'] as const)
    t.same(await usedButUnwanted({ producer, subjects: subjects[producer], apply: copies[producer] }), [], producer)
})
