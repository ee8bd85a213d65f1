/** Ownership handed over in one step: by status code, and when many do it at once. */
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { inScope } from '@gatehouse/service-kit/postgres/transaction'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { claimUpdate, findMember } from '../../src/store/memberships.ts'
import { lockOrganization } from '../../src/store/organizations.ts'
import { openRig } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send } = rig
const founded = async () => {
  const [owner, member] = [rig.person(), rig.person()]
  const { id } = await rig.organization(owner)
  await rig.join({ org: id, owner, person: member })
  return { org: id, owner, member }
}
const hand = (o: { org: string; by: { id: string }; to: string }) =>
  send('POST', `/v1/organizations/${o.org}/owner`, { by: o.by as never, org: o.org, body: { user_id: o.to } })
const ownersOf = async (org: string, by: { id: string }): Promise<string[]> =>
  (await send('GET', `/v1/organizations/${org}/members`, { by: by as never, org })).body.data
    .filter((one) => one.is_owner)
    .map(({ user }) => user.id)

t.test('204: the other owns it, the former owner stays a member, both announced together', async (t) => {
  const { org, owner, member } = await founded()
  t.equal((await hand({ org, by: owner, to: member.id })).status, 204)
  t.same(await ownersOf(org, member), [member.id])
  const events = (await rig.events.listOf(MembershipUpdated)).filter(({ orgid }) => orgid === org)
  t.match(events, [
    { userid: member.id, actor: `user:${owner.id}`, data: { is_owner: true, changed: ['is_owner'] } },
    { userid: owner.id, actor: `user:${owner.id}`, data: { is_owner: false, changed: ['is_owner'] } },
  ])
  t.equal((events[0]?.position ?? 0) + 1, events[1]?.position, 'one transaction')
  t.match(await hand({ org, by: owner, to: member.id }), { status: 403, body: { code: 'forbidden' } }, 'it is gone')
})

t.test('to somebody who owns it as well: one owner less', async (t) => {
  const { org, owner, member } = await founded()
  await rig.promote({ org, owner, person: member })
  t.equal((await hand({ org, by: owner, to: member.id })).status, 204)
  t.same(await ownersOf(org, member), [member.id])
})

t.test('403 for who does not own it, 404 for who does not belong to it, 409 for oneself', async (t) => {
  const { org, owner, member } = await founded()
  for (const to of [owner.id, member.id, newId('user')]) t.equal((await hand({ org, by: member, to })).status, 403, to)
  for (const to of [newId('user'), rig.person().id])
    t.match(await hand({ org, by: owner, to }), { status: 404, body: { code: 'not_found' } })
  t.match(await hand({ org, by: owner, to: owner.id }), { status: 409, body: { code: 'conflict' } })
  t.equal((await hand({ org, by: owner, to: 'acme' })).status, 400)
  t.same(await ownersOf(org, owner), [owner.id])
})

t.test('of 16 who are handed it at once one gets it', async (t) => {
  const { org, owner } = await founded()
  const others = Array.from({ length: 4 }, () => rig.person())
  for (const person of others) await rig.join({ org, owner, person })
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, n) => hand({ org, by: owner, to: others[n % 4]?.id ?? '' })),
  )
  t.equal(answers.filter(({ status }) => status === 204).length, 1)
  t.equal(answers.filter(({ status }) => status === 403).length, 15)
  t.equal((await ownersOf(org, owner)).length, 1)
})

t.test('who loses ownership while they hand it over hands over nothing', async (t) => {
  const { org, owner, member } = await founded()
  const { deps } = rig
  let handed: ReturnType<typeof hand> | undefined
  await inScope(deps.db, { orgId: org }, async (tx) => {
    await lockOrganization(tx, org)
    handed = hand({ org, by: owner, to: member.id })
    await waitUntil(
      'the transfer waits for the organization',
      async () =>
        (
          await rig.asAdministrator(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          )
        ).length > 0,
      30_000,
    )
    const row = await findMember(tx, { orgId: org, userId: owner.id })
    await claimUpdate(tx, { id: row?.id ?? '', attributes: {}, isOwner: false })
  })
  t.equal((await handed)?.status, 403)
  t.same(await ownersOf(org, member), [])
})
