/** What identity and orgs did not sign changes nothing that tokens knows of them. */
import { UserDisabled, UserRegistered } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated } from '@gatehouse/contracts/events/orgs/membership'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { publishForgeries } from '@gatehouse/test-kit/forgeries'
import t from 'tap'
import { openPlatform } from '../fixtures/platform.ts'

t.test('no forged event signs anybody out or makes a member, and true ones go on', async (t) => {
  const platform = await openPlatform(t)
  const replica = await platform.replica()
  const { following } = replica.deps
  const victim = platform.person()
  const { id: organization_id } = platform.organizationOf(newId('user'))
  const session = await platform.signIn(replica, victim.id)
  await Promise.all([following.identity.pollNow(), following.orgs.pollNow()])
  const genuine = platform.identity.announce(UserRegistered, {
    subject: newId('user'),
    version: 1,
    data: { user_id: newId('user'), email_verified: true, via: 'registration' },
  })
  await following.identity.pollNow()
  const standing = [following.identity.position(), following.orgs.position()]
  await publishForgeries({
    link: platform.bus,
    producer: 'identity',
    genuine,
    forged: (i) => ({
      ...genuine,
      id: newId('evt'),
      type: UserDisabled.type,
      subject: victim.id,
      position: (standing[0] ?? 0) + 1,
      version: 2 + i,
      data: { user_id: victim.id, min_uv: 2 + i },
    }),
  })
  await publishForgeries({
    link: platform.bus,
    producer: 'orgs',
    genuine: { ...genuine, source: '/gatehouse/orgs' },
    forged: (i) => ({
      ...genuine,
      id: newId('evt'),
      source: '/gatehouse/orgs',
      type: MembershipCreated.type,
      subject: newId('mem'),
      position: (standing[1] ?? 0) + 1,
      version: 2 + i,
      data: {
        membership_id: newId('mem'),
        organization_id,
        user_id: victim.id,
        status: 'active',
        is_owner: true,
        attributes: {},
        roles: [],
      },
    }),
  })
  t.same([following.identity.position(), following.orgs.position()], standing, 'neither projection has moved')
  const refreshed = await platform.refresh(replica, session.refresh_token ?? '')
  t.equal(refreshed.status, 200, 'the session lives')
  t.equal((await platform.refresh(replica, String(refreshed.body['refresh_token']), organization_id)).status, 404)
  platform.identity.announce(UserDisabled, { subject: victim.id, version: 2, data: { user_id: victim.id, min_uv: 2 } })
  await following.identity.pollNow()
  t.same(await platform.announced(replica, session.session_id), ['session.started.v1', 'session.ended.v1'])
})
