/**
 * The device flow (RFC 8628), by `openid-client` and by hand: what a device is told, what its person sees and decides,
 * who is first, and what ends it.
 */
import { isTypeId, newId, typeIdOf, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import * as openid from 'openid-client'
import t from 'tap'
import { deviceCodeGrant } from '../../src/domain/oauth/grant-types.ts'
import { devices } from '../fixtures/devices.ts'
import { askProtocol, callback, fetchThrough, form, registered, signedIn } from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { createOAuthClient } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const flow = devices(platform, replica)
const client = await flow.client()
const ada = await signedIn(platform, replica)
const errorOf = (answer: { json(): unknown }) => (answer.json() as { error?: string }).error

t.test('openid-client signs a person in on a device that has no browser', async (t) => {
  const config = await openid.discovery(new URL(issuer), client.id, undefined, openid.None(), {
    [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
  })
  const begun = await openid.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' })
  t.match(begun, {
    user_code: /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/,
    verification_uri: `${issuer}/device`,
    verification_uri_complete: `${issuer}/device?user_code=${begun.user_code}`,
    expires_in: 600,
    interval: 5,
  })
  const shown = await flow.allow(ada.token, begun.user_code)
  t.match(shown, {
    user_code: begun.user_code,
    client: { id: client.id, name: 'Television' },
    scope: ['openid', 'profile', 'offline_access'],
    organization_id: null,
    requested_from: '203.0.113.9',
    needs: ['consent'],
    organizations: [ada.organization.id],
  })
  const tokens = await openid.genericGrantRequest(config, deviceCodeGrant, { device_code: begun.device_code })
  t.match(tokens.claims(), { sub: ada.id, aud: client.id, org_id: ada.organization.id })
  t.equal((await openid.fetchUserInfo(config, tokens.access_token, ada.id))['name'], 'Ada')
  const refreshed = await openid.refreshTokenGrant(config, String(tokens.refresh_token))
  t.equal(refreshed.scope, 'openid profile offline_access')
  const consents = await platform.ask(replica, { method: 'GET', url: '/v1/me/consents', token: ada.token })
  t.match(consents.body, { data: [{ client: { id: client.id } }] })
})

t.test('a device is told to wait, to slow down, that it was refused, and that it is too late', async (t) => {
  const { device_code: deviceCode, user_code: userCode } = await flow.begin(client)
  const answer = await flow.poll(client, deviceCode)
  t.equal(answer.statusCode, 400)
  t.equal(errorOf(answer), 'authorization_pending')
  t.match(answer.headers, { 'cache-control': 'no-store' })
  const interval = async () =>
    Number((await platform.admin`select max(interval_seconds) as n from oauth_device_authorizations`)[0]?.['n'])
  const early = () => flow.post(client, '/oauth2/token', { grant_type: deviceCodeGrant, device_code: deviceCode })
  for (const expected of [10, 15]) {
    // However slow this machine is, the poll before was just now.
    await platform.admin`update oauth_device_authorizations set polled_at = now() + interval '1 hour'`
    t.equal(errorOf(await early()), 'slow_down')
    t.equal(await interval(), expected, 'five seconds more, for good')
  }
  t.equal(errorOf(await flow.poll(client, deviceCode)), 'authorization_pending')
  t.equal(await interval(), 15)
  const found = await flow.find(ada.token, userCode)
  const refused = await flow.settle(ada.token, String(found.body['id']), { decision: 'denied' })
  t.equal(refused.status, 204)
  t.equal(errorOf(await flow.poll(client, deviceCode)), 'access_denied')
  const late = await flow.begin(client)
  const id = String((await flow.find(ada.token, late.user_code)).body['id'])
  await flow.expire(id)
  t.equal(errorOf(await flow.poll(client, late.device_code)), 'expired_token')
  t.equal((await flow.find(ada.token, late.user_code)).status, 404)
  t.equal((await flow.show(ada.token, id)).status, 404)
  t.equal((await flow.settle(ada.token, id)).status, 404)
  const allowedTooLate = await flow.begin(client)
  await flow.expire((await flow.allow(ada.token, allowedTooLate.user_code)).id)
  t.equal(errorOf(await flow.poll(client, allowedTooLate.device_code)), 'expired_token')
})

t.test('what is wrong with a device’s request is told to it', async (t) => {
  const confidential = await flow.client({ auth_method: 'client_secret' })
  const other = await flow.client()
  const byBrowser = await registered(platform, replica, { auth_method: 'none' })
  const { device_code: deviceCode } = await flow.begin(client)
  const at = '/oauth2/device_authorization'
  const token = { grant_type: deviceCodeGrant, device_code: deviceCode }
  for (const [who, url, parameters, error] of [
    [{ id: newId('client') }, at, { scope: 'openid' }, 'invalid_client'],
    [{ id: confidential.id }, at, { scope: 'openid' }, 'invalid_client'],
    [byBrowser, at, { scope: 'openid' }, 'unauthorized_client'],
    [client, at, { scope: 'unknown' }, 'invalid_scope'],
    [client, at, {}, 'invalid_scope'],
    [client, at, { scope: 'openid', organization_id: 'org_x' }, 'invalid_request'],
    [client, '/oauth2/token', { grant_type: deviceCodeGrant }, 'invalid_request'],
    [client, '/oauth2/token', { ...token, device_code: `${deviceCode}x` }, 'invalid_grant'],
    [other, '/oauth2/token', token, 'invalid_grant'],
    [byBrowser, '/oauth2/token', token, 'unauthorized_client'],
    [client, '/oauth2/token', { ...token, grant_type: 'authorization_code', code: 'x' }, 'unauthorized_client'],
  ] as const)
    t.equal(errorOf(await flow.post(who, url, parameters)), error, JSON.stringify([parameters, error]))
  t.equal(errorOf(await flow.poll(client, deviceCode)), 'authorization_pending', 'and nothing is spoilt by it')
  const visited = await askProtocol(platform, replica, {
    url: `/oauth2/authorize?${form({ client_id: client.id, redirect_uri: callback, response_type: 'code' })}`,
  })
  t.equal(visited.statusCode, 400, 'a client without an address is sent nowhere')
  const withoutRefresh = await flow.client({ grant_types: [deviceCodeGrant] })
  const begun = await flow.begin(withoutRefresh)
  await flow.allow(ada.token, begun.user_code)
  t.match((await flow.poll(withoutRefresh, begun.device_code)).json(), { scope: 'openid', refresh_token: undefined })
})

t.test('the first decision counts, and one poll gets the tokens', async (t) => {
  const { device_code: deviceCode, user_code: userCode } = await flow.begin(client)
  const id = String((await flow.find(ada.token, userCode)).body['id'])
  const bob = await signedIn(platform, replica)
  const decisions = await Promise.all(
    Array.from({ length: 12 }, (_, at) =>
      flow.settle(at % 2 === 0 ? ada.token : bob.token, id, { decision: at % 3 === 0 ? 'denied' : 'approved' }),
    ),
  )
  t.same(decisions.map(({ status }) => status).sort(), [204, ...Array.from({ length: 11 }, () => 404)])
  const again = await flow.begin(client)
  await flow.allow(ada.token, again.user_code)
  const polls = await Promise.all(Array.from({ length: 12 }, () => flow.poll(client, again.device_code)))
  const won = polls.filter(({ statusCode }) => statusCode === 200)
  t.equal(won.length, 1, 'one winner')
  t.ok(polls.every((poll) => poll.statusCode === 200 || errorOf(poll) === 'invalid_grant'))
  const { access_token: token } = (won[0]?.json() ?? {}) as { access_token: string }
  const info = await askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization: `Bearer ${token}` })
  t.equal(info.statusCode, 200, 'a device that asks twice loses nothing')
  t.notOk([undefined, deviceCode].includes(token))
})

t.test('codes are read as people write them, and guesses are counted', async (t) => {
  const { user_code: userCode } = await flow.begin(client)
  const eve = await signedIn(platform, replica)
  const [head = '', tail = ''] = userCode.split('-')
  for (const typed of [userCode, `${head}${tail}`.toLowerCase(), ` ${head} – ${tail}. `])
    t.equal((await flow.find(eve.token, typed)).status, 200, typed)
  const wrong = (at: number) => `BCDF-${'BCDFGHJKLMNPQRSTVWXZ'.charAt(at).repeat(4)}`
  const guesses = await Promise.all(Array.from({ length: 16 }, (_, at) => flow.find(eve.token, wrong(at))))
  const statuses = guesses.map(({ status }) => status).sort()
  t.same(statuses, [...Array.from({ length: 10 }, () => 404), ...Array.from({ length: 6 }, () => 429)])
  const limited = await flow.find(eve.token, userCode)
  t.match(limited, { status: 429, body: { code: 'rate_limited' } })
  t.ok(Number(limited.headers['retry-after']) > 0)
  t.equal((await flow.find(ada.token, userCode)).status, 200, 'somebody else is not held up')
  await platform.admin`update oauth_user_code_guesses set over_at = now()`
  t.equal((await flow.find(eve.token, userCode)).status, 200, 'nor is anybody for ever')
  for (const typed of ['BCDF', 'ABCD-EFGH', '0000-0000', '😀'])
    t.equal((await flow.find(ada.token, typed)).status, 404, typed)
})

t.test('everybody of a network shares a budget of guesses', async (t) => {
  await platform.admin`delete from oauth_user_code_guesses`
  const [bob, eve] = [await signedIn(platform, replica), await signedIn(platform, replica)]
  t.equal((await flow.find(bob.token, 'BCDF-BCDF')).status, 404)
  await platform.admin`update oauth_user_code_guesses set count = 100 where count = 1
    and hash <> sha256(convert_to(${`person ${bob.id}`}, 'UTF8'))`
  t.equal((await flow.find(eve.token, 'BCDF-BCDG')).status, 429)
  await platform.admin`delete from oauth_user_code_guesses`
})

t.test('an application of an organization is for its members, a person in two chooses', async (t) => {
  const { body } = await createOAuthClient(
    platform,
    replica,
    { id: ada.organization.id, token: ada.token, path: '' },
    { auth_method: 'none', grant_types: [deviceCodeGrant], redirect_uris: [] },
  )
  const ours = { id: String(body['id']) }
  const stranger = await signedIn(platform, replica)
  const begun = await flow.begin(ours)
  const id = String((await flow.find(ada.token, begun.user_code)).body['id'])
  t.equal((await flow.find(stranger.token, begun.user_code)).status, 404)
  t.equal((await flow.show(stranger.token, id)).status, 404)
  for (const decision of ['approved', 'denied'])
    t.equal((await flow.settle(stranger.token, id, { decision })).status, 404, decision)
  const other = platform.organizationOf(ada.id)
  const asked = await flow.begin(client, { organization_id: other.id })
  const shown = await flow.allow(ada.token, asked.user_code)
  t.equal(shown.organization_id, other.id)
  const tokens = (await flow.poll(client, asked.device_code)).json() as { id_token: string }
  t.match(claimsOf(tokens.id_token), { org_id: other.id })
  const undecided = await platform.signIn(replica, ada.id, { organization_id: null })
  const open = await flow.begin(client)
  const found = await flow.find(undecided.access_token, open.user_code)
  t.same(found.body['needs'], ['select_organization', 'consent'])
  const outside = await flow.settle(ada.token, String(found.body['id']), { organization_id: stranger.organization.id })
  t.equal(outside.status, 404)
  t.equal((await flow.settle(ada.token, String(found.body['id']), { organization_id: null })).status, 204)
  t.notOk('org_id' in claimsOf((await flow.poll(client, open.device_code)).json().access_token))
})

t.test('a device stays signed in when the browser that allowed it signs out; both ends of it end it', async (t) => {
  const bob = await signedIn(platform, replica)
  const signIn = async () => {
    const begun = await flow.begin(client)
    await flow.allow(bob.token, begun.user_code)
    return (await flow.poll(client, begun.device_code)).json() as Record<string, string>
  }
  const sessions = async () => {
    const fresh = await platform.signIn(replica, bob.id)
    const { body } = await platform.ask(replica, { method: 'GET', url: '/v1/me/sessions', token: fresh.access_token })
    return (body['data'] as { id: string; device: { name: string } }[]).filter(
      ({ device }) => device.name === 'Television',
    )
  }
  const isLive = async (tokens: Record<string, string>) =>
    (
      await askProtocol(platform, replica, {
        url: '/oauth2/userinfo',
        authorization: `Bearer ${tokens['access_token']}`,
      })
    ).statusCode === 200
  const signInOf = async (tokens: Record<string, string>) => {
    const { sid } = claimsOf(tokens['access_token'])
    const [row] = await platform.admin<
      { parent_id: string }[]
    >`select parent_id from sessions where id = ${uuidOf(sid)}`
    return typeIdOf('ses', String(row?.parent_id))
  }
  const [kept, revoked, ended] = [await signIn(), await signIn(), await signIn()]
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: bob.refreshToken } })
  t.ok(await isLive(kept), 'the browser is elsewhere')
  t.equal((await sessions()).length, 3)
  await flow.post(client, '/oauth2/revoke', { token: String(revoked['refresh_token']) })
  t.notOk(await isLive(revoked))
  t.equal((await sessions()).length, 2, 'the sign-in of a device ends with its client’s session')
  const startedAndEnded = ['session.started.v1', 'session.ended.v1']
  t.same(await platform.announced(replica, await signInOf(revoked)), startedAndEnded, 'and everybody is told')
  const deviceSignIn = await signInOf(ended)
  const deviceSession = (await sessions()).find(({ id }) => id === deviceSignIn)
  const { access_token: token } = await platform.signIn(replica, bob.id)
  t.ok(isTypeId('ses', deviceSession?.id))
  const answer = await platform.ask(replica, { method: 'DELETE', url: `/v1/me/sessions/${deviceSession?.id}`, token })
  t.equal(answer.status, 204)
  t.notOk(await isLive(ended))
  t.same(await platform.announced(replica, claimsOf(ended['access_token']).sid), startedAndEnded)
  t.ok(await isLive(kept))
  await platform.ask(replica, { method: 'POST', url: '/v1/me/sessions/revoke-others', token })
  t.notOk(await isLive(kept), 'all others are all others')
})

t.test('an approval is worth what its sign-in is worth when the device comes', async (t) => {
  const bob = await signedIn(platform, replica)
  const begun = await flow.begin(client)
  await flow.allow(bob.token, begun.user_code)
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: bob.refreshToken } })
  t.equal(errorOf(await flow.poll(client, begun.device_code)), 'invalid_grant')
  const again = await flow.begin(client)
  t.equal((await flow.find(bob.token, again.user_code)).body['needs']?.toString(), 'sign_in,consent')
})

t.test('only pages ask for a person, and only for one', async (t) => {
  const { user_code: userCode } = await flow.begin(client)
  const id = String((await flow.find(ada.token, userCode)).body['id'])
  const url = `/internal/device-authorizations/${id}`
  for (const as of ['gateway', 'workers', 'nobody'] as const) {
    const asked = await platform.ask(replica, { method: 'GET', url, token: ada.token, as })
    t.ok([401, 403].includes(asked.status), as)
  }
  t.equal((await platform.ask(replica, { method: 'GET', url, as: 'pages' })).status, 401)
})

t.test('a device code is not kept', async (t) => {
  const { device_code: deviceCode } = await flow.begin(client)
  const rows = await platform.admin`select t::text as text from oauth_device_authorizations t`
  t.ok(rows.length > 0)
  const hex = Buffer.from(deviceCode).toString('hex')
  t.notOk(rows.some(({ text }) => String(text).includes(deviceCode) || String(text).includes(hex)))
})
