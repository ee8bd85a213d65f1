/**
 * Whoever holds a password of the bus tells authz nothing: not who exists, not who owns what, least of all who
 * administers the platform.
 */
import t from 'tap'
import { PlatformAdminBootstrapped, UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { publishForgeries } from '@gatehouse/test-kit/forgeries'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import { openPlatform } from '../fixtures/platform.ts'

t.test('no forged event makes a platform administrator, an account or an owner, and true ones go on', async (t) => {
  const platform = await openPlatform(t)
  const replica = await platform.replica()
  const { following, factCache } = replica.deps
  const administrator = await platform.administrator(replica)
  const genuine = platform.identity.announce(UserRegistered, {
    subject: administrator.id,
    userid: administrator.id,
    version: 3,
    data: { user_id: administrator.id, email_verified: true, via: 'registration' },
  })
  const mallory = platform.person()
  await following.identity.pollNow()
  const standing = following.identity.position()
  await publishForgeries({
    link: platform.bus,
    producer: 'identity',
    genuine,
    forged: (i) => ({
      ...genuine,
      id: newId('evt'),
      type: PlatformAdminBootstrapped.type,
      subject: mallory.id,
      userid: mallory.id,
      position: standing + 1,
      version: 2 + i,
      data: { user_id: mallory.id },
    }),
  })
  t.equal(following.identity.position(), standing, 'the projection has not moved')
  const org = platform.organization()
  const joined = platform.join(org, mallory)
  await following.orgs.pollNow()
  const standingOrgs = following.orgs.position()
  await publishForgeries({
    link: platform.bus,
    producer: 'orgs',
    genuine: platform.orgs.announce(MembershipCreated, {
      subject: newId('mem'),
      orgid: org.id,
      version: 1,
      data: {
        membership_id: newId('mem'),
        organization_id: org.id,
        user_id: newId('user'),
        status: 'active',
        is_owner: false,
        attributes: {},
        roles: [],
      },
    }),
    forged: (i) => ({
      ...genuine,
      id: newId('evt'),
      source: '/gatehouse/orgs',
      type: MembershipCreated.type,
      subject: joined.membershipId,
      orgid: org.id,
      userid: mallory.id,
      position: standingOrgs + 1,
      version: 2 + i,
      data: {
        membership_id: joined.membershipId,
        organization_id: org.id,
        user_id: mallory.id,
        status: 'active',
        is_owner: true,
        attributes: {},
        roles: [],
      },
    }),
  })
  const other = platform.person()
  const late = platform.join(org, other, { isOwner: true })
  await Promise.all(Object.values(following).map((follower) => follower.pollNow()))
  t.same(await factCache.platformRoles(mallory.id), [])
  const answer = (member: typeof late) =>
    platform.ask(replica, {
      method: 'GET',
      url: `/v1/organizations/${org.id}/roles`,
      token: platform.tokenOf(member),
    })
  t.equal((await answer(late)).status, 200, 'an owner by a true event reads the roles')
  t.equal((await answer(joined)).status, 403, 'an owner by a forged one does not')
  const next = await platform.administrator(replica)
  await waitUntil('a true administrator is assigned', async () => (await factCache.platformRoles(next.id)).length > 0)
})
