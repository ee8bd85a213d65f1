/** `POST /v1/auth/refresh`, by status code. */
import { MembershipRemoved, MembershipUpdated } from '@gatehouse/contracts/events/orgs/membership'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import { systemClock } from '@gatehouse/service-kit/context/clock'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import t from 'tap'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { refresh, signIn, person, organizationOf } = platform
const removed = (o: { id: string; membershipId: string }, userId: string) =>
  platform.orgs.announce(MembershipRemoved, {
    subject: o.membershipId,
    version: 2,
    data: {
      membership_id: o.membershipId,
      organization_id: o.id,
      user_id: userId,
      status: 'removed',
      is_owner: false,
      attributes: {},
      min_mv: 2,
    },
  })

t.test('a suspended member refreshes without the organization, and into it again once they are back', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const session = await signIn(replica, id, { organization_id: acme.id })
  const become = async (status: 'active' | 'suspended', version: number) => {
    const facts = { membership_id: acme.membershipId, organization_id: acme.id, user_id: id, is_owner: false }
    const data = { ...facts, status, attributes: {}, changed: ['status'] }
    platform.orgs.announce(MembershipUpdated, { subject: acme.membershipId, version, data })
    await replica.deps.following.orgs.pollNow()
  }
  await become('suspended', 2)
  t.equal((await refresh(replica, session.refresh_token, acme.id)).status, 404)
  const without = await refresh(replica, session.refresh_token)
  t.match(without, { status: 200, body: { organization: null } })
  await become('active', 3)
  const back = await refresh(replica, String(without.body['refresh_token']))
  t.match(back, { status: 200, body: { organization: { id: acme.id } } })
  t.equal(claimsOf(back.body['access_token']).mv, 3)
})

t.test(
  '200: the token is exchanged, the access token is fresh, and nobody is told: it changes nobody’s rights',
  async (t) => {
    const { id } = person()
    const first = await signIn(replica, id)
    const { status, body } = await refresh(replica, first.refresh_token)
    t.equal(status, 200)
    t.match(body, {
      status: 'authenticated',
      session_id: first.session_id,
      user: { id },
      organization: null,
      token_type: 'Bearer',
      expires_in: 300,
    })
    t.match(body['refresh_token'], /^gthr_[A-Za-z0-9_-]{49}$/)
    t.not(body['refresh_token'], first.refresh_token)
    t.not(claimsOf(body['access_token']).jti, claimsOf(first.access_token).jti)
    const [family] = await platform.admin`select id from refresh_families where user_id = (select user_id from sessions
        order by created_at desc limit 1)`
    t.ok(family)
    t.notOk((await platform.announced(replica)).some((type) => type.startsWith('family.')))
  },
)

t.test('200: a repeat within the grace gets the identical successor and a fresh access token', async (t) => {
  const first = await signIn(replica, person().id)
  const one = await refresh(replica, first.refresh_token)
  const two = await refresh(replica, first.refresh_token)
  t.equal(two.status, 200)
  t.equal(two.body['refresh_token'], one.body['refresh_token'])
  t.not(two.body['access_token'], one.body['access_token'])
  t.equal((await refresh(replica, String(one.body['refresh_token']))).status, 200, 'the successor works')
})

t.test('200: naming an organization switches, absent keeps the last used, null asks for none', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const other = organizationOf(id)
  let token = (await signIn(replica, id, { organization_id: acme.id })).refresh_token
  const next = async (organizationId?: string | null) => {
    const { status, body } = await refresh(replica, token, organizationId)
    t.equal(status, 200)
    token = String(body['refresh_token'])
    return { organization: body['organization'], claims: claimsOf(body['access_token']) }
  }
  t.same((await next()).organization, { id: acme.id }, 'the last used')
  const switched = await next(other.id)
  t.match(switched.claims, { org_id: other.id, mid: other.membershipId, ov: 1, mv: 1 })
  t.same((await next()).organization, { id: other.id }, 'now the other is the last used')
  const none = await next(null)
  t.equal(none.organization, null)
  t.notOk('org_id' in none.claims)
})

t.test('200: whoever lost the last used membership gets a token without organization', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const first = await signIn(replica, id)
  t.same(first.organization, { id: acme.id }, 'the only one')
  removed(acme, id)
  await replica.deps.following.orgs.pollNow()
  const { status, body } = await refresh(replica, first.refresh_token)
  t.equal(status, 200)
  t.equal(body['organization'], null)
})

t.test('200: somebody who joined a moment ago can switch at once', async (t) => {
  const { id } = person()
  const first = await signIn(replica, id)
  const acme = organizationOf(id)
  const { status, body } = await refresh(replica, first.refresh_token, acme.id)
  t.equal(status, 200)
  t.same(body['organization'], { id: acme.id })
})

t.test('400: a body that is none of ours changes nothing', async (t) => {
  const first = await signIn(replica, person().id)
  const post = (body: object) => platform.ask(replica, { method: 'POST', url: '/v1/auth/refresh', body })
  for (const body of [
    {},
    { refresh_token: 7 },
    { refresh_token: '' },
    { refresh_token: first.refresh_token, extra: 1 },
    { refresh_token: first.refresh_token, organization_id: 'org_1' },
    { refresh_token: 'x'.repeat(600) },
  ]) {
    t.match(await post(body), { status: 400, body: { code: 'validation_failed' } })
  }
  t.equal((await refresh(replica, first.refresh_token)).status, 200, 'the token is as good as before')
})

t.test('401: invented, mistyped and foreign secrets all get the one answer', async (t) => {
  const first = await signIn(replica, person().id)
  const mistyped = `${first.refresh_token.slice(0, -1)}${first.refresh_token.endsWith('A') ? 'B' : 'A'}`
  for (const secret of [
    mintSecret('gthr_').secret,
    mintSecret('gthi_').secret,
    mistyped,
    'nonsense',
    `${first.refresh_token} `,
    first.access_token,
  ]) {
    const { status, body } = await refresh(replica, secret)
    t.same(
      [status, body['code'], 'detail' in body],
      [secret.length > 512 ? 400 : 401, secret.length > 512 ? 'validation_failed' : 'invalid_refresh_token', false],
    )
  }
})

t.test('401: a token that comes back after its successor was used kills family and session, and says so', async (t) => {
  const { id } = person()
  const first = await signIn(replica, id)
  const second = await refresh(replica, first.refresh_token)
  const third = await refresh(replica, String(second.body['refresh_token']))
  const reused = await refresh(replica, first.refresh_token)
  t.match(reused, { status: 401, body: { code: 'invalid_refresh_token' } })
  t.equal((await refresh(replica, String(third.body['refresh_token']))).status, 401, 'the newest token is dead too')
  t.same(await platform.announced(replica, first.session_id), ['session.started.v1', 'session.ended.v1'])
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  const revoked = events.find(
    (event) => event.type.includes('family.revoked') && event.data['session_id'] === first.session_id,
  )
  t.match(revoked, { userid: id, data: { reason: 'reuse_detected', user_id: id } })
  t.match(
    events.find((event) => event.type.includes('session.ended') && event.subject === first.session_id),
    { data: { reason: 'reuse_detected', min_sv: 2 }, version: 2 },
  )
})

t.test('401: a repeat after the grace is reuse', async (t) => {
  const first = await signIn(replica, person().id)
  const second = await refresh(replica, first.refresh_token)
  await platform.age(first.session_id, 11)
  t.equal((await refresh(replica, first.refresh_token)).status, 401)
  t.equal((await refresh(replica, String(second.body['refresh_token']))).status, 401, 'the successor died with it')
})

t.test('401: a grace of zero forgives nothing', async (t) => {
  await platform.admin`update clients set refresh_grace_seconds = 0`
  t.teardown(() => platform.admin`update clients set refresh_grace_seconds = 10`)
  const first = await signIn(replica, person().id)
  t.equal((await refresh(replica, first.refresh_token)).status, 200)
  t.equal((await refresh(replica, first.refresh_token)).status, 401)
})

t.test('401: idle too long, or too old, ends the session', async (t) => {
  for (const seconds of [14 * 86_400 + 1, 90 * 86_400 + 1]) {
    const first = await signIn(replica, person().id)
    await platform.age(first.session_id, seconds)
    t.match(await refresh(replica, first.refresh_token), { status: 401, body: { code: 'invalid_refresh_token' } })
    t.same(await platform.announced(replica, first.session_id), ['session.started.v1', 'session.ended.v1'])
  }
})

t.test('401: the account was disabled: its sessions are over', async (t) => {
  const { id } = person()
  const first = await signIn(replica, id)
  platform.identity.announce(UserDisabled, { subject: id, version: 2, data: { user_id: id, min_uv: 2 } })
  await replica.deps.following.identity.pollNow()
  t.equal((await refresh(replica, first.refresh_token)).status, 401)
  t.same(await platform.announced(replica, first.session_id), ['session.started.v1', 'session.ended.v1'])
})

t.test('401: only the gateway speaks for the outside', async (t) => {
  const first = await signIn(replica, person().id)
  for (const as of ['nobody', 'identity', 'tokens'] as const) {
    t.match(
      await platform.ask(replica, {
        method: 'POST',
        url: '/v1/auth/refresh',
        as,
        body: { refresh_token: first.refresh_token },
      }),
      { status: 401, body: { code: 'unauthenticated' } },
    )
  }
})

t.test('404: naming an organization one does not belong to exchanges nothing', async (t) => {
  const { id } = person()
  const stranger = organizationOf(person().id)
  const suspended = organizationOf(id)
  platform.orgs.announce(OrganizationUpdated, {
    subject: suspended.id,
    version: 2,
    data: { organization_id: suspended.id, status: 'suspended', changed: ['status'], min_ov: 2 },
  })
  const first = await signIn(replica, id)
  for (const organizationId of [stranger.id, suspended.id, newId('org')]) {
    t.match(await refresh(replica, first.refresh_token, organizationId), { status: 404, body: { code: 'not_found' } })
  }
  const [token] = await platform.admin`select used_at from refresh_tokens where session_id = (select id from sessions
      where user_id = (select user_id from sessions order by created_at desc limit 1))`
  t.equal(token?.['used_at'], null)
  t.equal((await refresh(replica, first.refresh_token)).status, 200)
})

t.test('404 never hides a theft: reuse is found before the organization is looked at', async (t) => {
  const first = await signIn(replica, person().id)
  const second = await refresh(replica, first.refresh_token)
  await refresh(replica, String(second.body['refresh_token']))
  t.equal((await refresh(replica, first.refresh_token, newId('org'))).status, 401)
  t.same(await platform.announced(replica, first.session_id), ['session.started.v1', 'session.ended.v1'])
})

t.test('503: not knowing is neither yes nor no, and exchanges nothing', async (t) => {
  let leapMs = 0
  const stale = await platform.replica({ now: systemClock.now, monotonicMs: () => systemClock.monotonicMs() + leapMs })
  const { id } = person()
  const acme = organizationOf(id)
  const first = await signIn(stale, id)
  platform.identity.cutOff(true)
  platform.orgs.cutOff(true)
  leapMs = 6000
  const outcomes = [
    await refresh(stale, first.refresh_token),
    await refresh(stale, first.refresh_token, acme.id),
    await refresh(stale, first.refresh_token, null),
  ]
  platform.identity.cutOff(false)
  await stale.deps.following.identity.pollNow()
  const without = await refresh(stale, first.refresh_token, null)
  const within = await refresh(stale, String(without.body['refresh_token']), acme.id)
  platform.orgs.cutOff(false)
  for (const { status, body } of outcomes) t.same([status, body['code']], [503, 'not_current'])
  t.equal(without.status, 200, 'a token without organization needs only identity')
  t.match(within, { status: 503, body: { code: 'not_current' } })
  await stale.deps.following.orgs.pollNow()
  t.equal((await refresh(stale, String(without.body['refresh_token']), acme.id)).status, 200)
})

t.test('503: while an event about the membership cannot be applied there is no answer about it', async (t) => {
  const { id } = person()
  const organizationId = newId('org')
  platform.orgs.announceRaw('gatehouse.orgs.membership.created.v1', {
    subject: newId('mem'),
    version: 1,
    data: { organization_id: organizationId, user_id: id, status: 7 },
  })
  const first = await signIn(replica, id, { organization_id: null })
  t.match(await refresh(replica, first.refresh_token, organizationId), { status: 503, body: { code: 'not_current' } })
  t.equal((await refresh(replica, first.refresh_token, null)).status, 200)
})
