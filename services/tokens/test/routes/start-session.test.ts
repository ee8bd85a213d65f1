/** `POST /internal/sessions`, by status code: what identity gets for a person it authenticated. */
import { UserDisabled, UserUpdated } from '@gatehouse/contracts/events/identity/user'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { verifyAccessToken } from '@gatehouse/test-kit/verify-token'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, organizationOf } = platform
const start = (body: object, as: 'identity' | 'gateway' | 'orgs' = 'identity') =>
  ask(replica, {
    method: 'POST',
    url: '/internal/sessions',
    as,
    body: { client_id: 'gatehouse-web', amr: ['pwd'], user_version: 1, ...body },
  })

t.test('201: claims say who, since when and in which versions; the session is announced', async (t) => {
  const { id } = person()
  const acme = organizationOf(id)
  const { status, body } = await start({ user_id: id, organization_id: acme.id, amr: ['pwd', 'otp', 'mfa'] })
  t.equal(status, 201)
  const claims = claimsOf(body['access_token'])
  t.match(claims, {
    iss: issuer,
    aud: 'gatehouse',
    sub: id,
    client_id: 'gatehouse-web',
    sid: body['session_id'],
    sv: 1,
    uv: 1,
    org_id: acme.id,
    mid: acme.membershipId,
    ov: 1,
    mv: 1,
    acr: 'aal2',
  })
  t.equal(claims.exp - claims.iat, 300)
  const { claims: verified } = await verifyAccessToken(replica.deps.accessTokens, String(body['access_token']))
  t.same(verified, claims, 'the published keys verify it')
  t.same(
    JSON.parse(Buffer.from(String(body['access_token']).split('.')[0] ?? '', 'base64url').toString()).typ,
    'at+jwt',
  )
  t.same(await platform.announced(replica, String(body['session_id'])), ['session.started.v1'])
})

t.test('201: without a choice the last used organization, else the only one, else none', async (t) => {
  const { id } = person()
  t.equal((await signIn(replica, id)).organization, null, 'none to choose')
  const acme = organizationOf(id)
  t.same((await signIn(replica, id)).organization, { id: acme.id }, 'the only one, joined a moment ago')
  const other = organizationOf(id)
  t.same((await signIn(replica, id)).organization, { id: acme.id }, 'the last used, although there are two now')
  await signIn(replica, id, { organization_id: other.id })
  t.same((await signIn(replica, id)).organization, { id: other.id }, 'the last used changed')
  t.equal((await signIn(replica, id, { organization_id: null })).organization, null, 'none was asked for')
  const newcomer = person()
  organizationOf(newcomer.id)
  organizationOf(newcomer.id)
  t.equal((await signIn(replica, newcomer.id)).organization, null, 'two and no history: they have to say')
})

t.test('201: a user identity has just seen is known after one question', async (t) => {
  const { id } = person()
  platform.identity.announce(UserUpdated, { subject: id, version: 2, data: { user_id: id, changed: ['name'] } })
  const { status, body } = await start({ user_id: id, user_version: 2 })
  t.equal(status, 201)
  t.equal(claimsOf(body['access_token']).uv, 2)
})

t.test('400: bodies that are none', async (t) => {
  const { id } = person()
  for (const body of [
    {},
    { user_id: 'user_1' },
    { user_id: id, user_version: '1' },
    { user_id: id, roles: ['admin'] },
    { user_id: id, organization_id: 7 },
  ]) {
    t.match(await start(body), { status: 400, body: { code: 'validation_failed' } })
  }
})

t.test('403: only identity opens sessions, for clients we know, for accounts that are not disabled', async (t) => {
  const { id } = person()
  t.equal((await start({ user_id: id }, 'gateway')).status, 403)
  t.equal((await start({ user_id: id }, 'orgs')).status, 403)
  t.match(await start({ user_id: id, client_id: 'unknown' }), { status: 403, body: { code: 'forbidden' } })
  platform.identity.announce(UserDisabled, { subject: id, version: 2, data: { user_id: id, min_uv: 2 } })
  t.match(await start({ user_id: id, user_version: 2 }), { status: 403, body: { code: 'forbidden' } })
})

t.test('404: naming an organization one does not belong to opens nothing', async (t) => {
  const { id } = person()
  const stranger = organizationOf(person().id)
  for (const organizationId of [stranger.id, newId('org')]) {
    const before = platform.orgs.asked()
    t.match(await start({ user_id: id, organization_id: organizationId }), { status: 404, body: { code: 'not_found' } })
    t.ok(platform.orgs.asked() > before, 'orgs was asked before the no')
  }
  const rows =
    await platform.admin`select 1 from sessions where user_id = (select id from user_states order by id desc limit 1)`
  t.equal(rows.length, 0)
})

t.test('503: a version identity has and we cannot get is not known', async (t) => {
  const { id } = person()
  t.match(await start({ user_id: id, user_version: 3 }), { status: 503, body: { code: 'not_current' } })
  t.match(await start({ user_id: newId('user') }), { status: 503, body: { code: 'not_current' } })
})
