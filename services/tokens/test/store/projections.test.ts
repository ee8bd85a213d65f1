/**
 * What tokens knows of its neighbours: versions decide, what is gone stays gone, a restored neighbour is believed anew.
 */
import {
  UserDisabled,
  UserErased,
  UserPasswordChanged,
  UserRegistered,
  UserUpdated,
} from '@gatehouse/contracts/events/identity/user'
import { MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationDeleted, OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { usedButUnwanted } from '@gatehouse/test-kit/unwanted-events'
import t from 'tap'
import { subjects } from '../../src/events/projections.ts'
import { applyOrganizationEvent } from '../../src/use-cases/project-organizations.ts'
import { applyUserEvent } from '../../src/use-cases/project-users.ts'
import { registered } from '../fixtures/openid.ts'
import { createKey, createOAuthClient, exchange, ownedOrganization } from '../fixtures/service-accounts.ts'
import { openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const [one, two] = [await platform.replica(), await platform.replica()]
const pollAll = async () => {
  for (const { deps } of [one, two])
    await Promise.all([deps.following.identity.pollNow(), deps.following.orgs.pollNow()])
}
const stateOf = async (table: 'user_states' | 'membership_states', id: string) =>
  (
    await platform.admin`select version::int as version, status from ${platform.admin(table)} where id = ${uuidOf(id)}`
  )[0]

t.test('a late or repeated event changes nothing', async (t) => {
  const { id } = platform.person()
  platform.identity.announce(UserDisabled, { subject: id, version: 3, data: { user_id: id, min_uv: 3 } })
  platform.identity.announce(UserUpdated, { subject: id, version: 2, data: { user_id: id, changed: ['name'] } })
  platform.identity.announce(UserRegistered, {
    subject: id,
    version: 1,
    data: { user_id: id, email_verified: true, via: 'registration' },
  })
  await pollAll()
  t.same({ ...(await stateOf('user_states', id)) }, { version: 3, status: 'disabled' })
})

t.test(
  'a disabled account loses every session in the transaction that learns of it, announced once by two replicas',
  async (t) => {
    const { id } = platform.person()
    const sessions = [await platform.signIn(one, id), await platform.signIn(two, id)]
    platform.identity.announce(UserDisabled, { subject: id, version: 2, data: { user_id: id, min_uv: 2 } })
    await pollAll()
    for (const session of sessions)
      t.same(await platform.announced(one, session.session_id), ['session.started.v1', 'session.ended.v1'])
  },
)

t.test('an erased person loses every session, and where they were is forgotten', async (t) => {
  const { id } = platform.person()
  const session = await platform.signIn(one, id, { userAgent: 'Mozilla/5.0 (X11; Linux) Firefox/128.0' })
  const rows = () =>
    platform.admin`select status, device_name, client_address from sessions where user_id = ${uuidOf(id)}`
  t.match(await rows(), [{ status: 'active', device_name: /Firefox/, client_address: '203.0.113.7' }])
  const { id: clientId } = await registered(platform, one)
  await platform.admin`insert into oauth_consents (id, user_id, client_id, scopes)
    values (gen_random_uuid(), ${uuidOf(id)}, ${clientId}, '{openid}')`
  platform.identity.announce(UserErased, {
    subject: id,
    version: 2,
    data: { user_id: id, min_uv: 2, via: 'operator', reason: 'Request 1' },
  })
  await pollAll()
  t.same(await platform.announced(one, session.session_id), ['session.started.v1', 'session.ended.v1'])
  t.match(await rows(), [{ status: 'ended', device_name: '', client_address: null }])
  t.same(await platform.admin`select from oauth_consents where user_id = ${uuidOf(id)}`, [])
  t.equal((await platform.refresh(one, session.refresh_token)).status, 401)
})

t.test('what a deleted organization had here goes with it; who belonged to it goes on without it', async (t) => {
  const org = await ownedOrganization(platform, one)
  const { key } = await createKey(platform, one, org)
  const { body: client } = await createOAuthClient(platform, one, org)
  const kept = await ownedOrganization(platform, one)
  const { key: keptKey } = await createKey(platform, one, kept)
  const { id } = platform.person()
  await platform.admin`insert into oauth_consents (id, user_id, client_id, scopes)
    values (gen_random_uuid(), ${uuidOf(id)}, ${String(client['id'])}, '{openid}')`
  t.equal((await exchange(platform, one, key)).status, 200)
  const data = { organization_id: org.id, min_ov: 9 }
  platform.orgs.announce(OrganizationDeleted, { subject: org.id, version: 9, data })
  platform.orgs.announce(OrganizationUpdated, {
    subject: org.id,
    version: 8,
    data: { organization_id: org.id, status: 'active', changed: ['status'] },
  })
  await pollAll()
  for (const table of ['service_accounts', 'api_keys', 'oauth_client_secrets'])
    t.same(await platform.admin`select from ${platform.admin(table)} where org_id = ${uuidOf(org.id)}`, [], table)
  t.same(await platform.admin`select from membership_states where organization_id = ${uuidOf(org.id)}`, [])
  t.same(await platform.admin`select from oauth_consents where client_id = ${String(client['id'])}`, [])
  t.match(await platform.admin`select status from oauth_clients where org_id = ${uuidOf(org.id)}`, [
    { status: 'deleted' },
  ])
  t.match(await platform.admin`select status from organization_states where id = ${uuidOf(org.id)}`, [
    { status: 'removed' },
  ])
  const late = newId('mem')
  const facts = { membership_id: late, organization_id: org.id, user_id: id, is_owner: true, attributes: {} }
  platform.orgs.announce(MembershipUpdated, {
    subject: late,
    version: 3,
    data: { ...facts, status: 'active', changed: ['attributes'] },
  })
  await pollAll()
  t.equal(await stateOf('membership_states', late), undefined, 'what is replayed afterwards leaves no row')
  t.not((await exchange(platform, one, key)).status, 200)
  t.equal((await exchange(platform, one, keptKey)).status, 200, 'another organization’s key goes on')
})

t.test(
  'an event nobody can apply is parked, the later ones of its aggregate with it, and everybody else goes on',
  async (t) => {
    const broken = newId('mem')
    const { id } = platform.person()
    for (const version of [1, 2])
      platform.orgs.announceRaw(`gatehouse.orgs.membership.${version === 1 ? 'created' : 'updated'}.v1`, {
        subject: broken,
        version,
        data: { organization_id: newId('org'), user_id: id, status: version === 1 ? null : 'active' },
      })
    const acme = platform.organizationOf(id)
    await pollAll()
    t.equal((await platform.admin`select 1 from parked_events where aggregate_id = ${uuidOf(broken)}`).length, 2)
    t.equal(await stateOf('membership_states', broken), undefined)
    t.same((await platform.signIn(one, id, { organization_id: acme.id })).organization, { id: acme.id })
  },
)

t.test(
  'a neighbour restored from a backup is believed anew: what it no longer knows is gone, who it disabled is out',
  async (t) => {
    const { id } = platform.person()
    const out = platform.person()
    const acme = platform.organizationOf(id)
    const kept = await platform.signIn(one, id)
    const lost = await platform.signIn(one, out.id)
    platform.orgs.restore([{ kind: 'organization', id: acme.id, version: 1, status: 'active' }])
    platform.identity.restore([
      { kind: 'user', id, version: 4, min_version: 0, status: 'active', email_verified: true },
      { kind: 'user', id: out.id, version: 2, min_version: 2, status: 'disabled', email_verified: true },
    ])
    await pollAll()
    t.equal((await platform.admin`select 1 from membership_states`).length, 0)
    t.equal((await platform.refresh(one, lost.refresh_token)).status, 401)
    const { status, body } = await platform.refresh(two, kept.refresh_token)
    t.same([status, body['organization']], [200, null])
    t.same(await platform.announced(one, lost.session_id), ['session.started.v1', 'session.ended.v1'])
  },
)

t.test('a new password ends what began before it, but for the session that chose it', async (t) => {
  const { id } = platform.person()
  const [kept, other] = [await platform.signIn(one, id), await platform.signIn(two, id)]
  const changed = (version: number, keptId?: string) =>
    platform.identity.announce(UserPasswordChanged, {
      subject: id,
      version,
      data: {
        user_id: id,
        via: keptId === undefined ? 'reset' : 'change',
        ends_sessions_below: version,
        ...(keptId === undefined ? { min_uv: version } : { kept_session_id: keptId }),
      },
    })
  changed(2, kept.session_id)
  await pollAll()
  t.same(await platform.announced(one, other.session_id), ['session.started.v1', 'session.ended.v1'])
  t.same(await platform.announced(one, kept.session_id), ['session.started.v1'])
  const refreshed = await platform.refresh(one, kept.refresh_token)
  t.equal(refreshed.status, 200, 'the session that changed it goes on')
  changed(3)
  await pollAll()
  t.same(
    await platform.announced(one, kept.session_id),
    ['session.started.v1', 'session.ended.v1'],
    'a reset keeps none',
  )
})

t.test('a sign-in that began with the old password gets no session, whatever arrived first', async (t) => {
  const { id } = platform.person()
  const early = await platform.signIn(one, id)
  platform.identity.announce(UserUpdated, { subject: id, version: 3, data: { user_id: id, changed: ['name'] } })
  platform.identity.announce(UserPasswordChanged, {
    subject: id,
    version: 2,
    data: { user_id: id, via: 'reset', ends_sessions_below: 2, min_uv: 2 },
  })
  await pollAll()
  t.same(await platform.announced(one, early.session_id), ['session.started.v1', 'session.ended.v1'])
  // As if it had committed a moment after the others were ended.
  const late = await platform.signIn(one, id, { user_version: 2 })
  await platform.admin`update sessions set user_version = 1 where id = ${uuidOf(late.session_id)}`
  t.equal((await platform.refresh(two, late.refresh_token)).status, 401)
  await t.rejects(platform.signIn(one, id, { user_version: 1 }), /403/)
  t.equal((await platform.signIn(one, id, { user_version: 2 })).status, 'authenticated')
})

t.test('what a copy is made of is subscribed to', async (t) => {
  for (const [producer, apply] of [
    ['identity', applyUserEvent],
    ['orgs', applyOrganizationEvent],
  ] as const)
    t.same(await usedButUnwanted({ producer, subjects: subjects[producer], apply }), [], producer)
})
