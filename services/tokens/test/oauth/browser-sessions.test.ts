/** Sessions bound to a browser: what pages may do with the cookie, and what ends it. */
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import { isWellFormed } from '@gatehouse/service-kit/secrets/opaque-token'
import t from 'tap'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { askAsPages, bind, boundBrowser, cookieOf, tokenOf, visit } from '../fixtures/browsers.ts'
import { askProtocol, redeemed, registered, signedIn } from '../fixtures/openid.ts'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'
import { createKey, exchange, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica, { first_party: true })

/** A client of this browser gets its tokens. */
const clientToken = async (cookieValue: string): Promise<string> =>
  String(
    (
      await redeemed(platform, replica, {
        client,
        begin: () =>
          visit(platform, replica, {
            clientId: client.id,
            cookie: cookieOf(cookieValue),
            more: { scope: 'openid offline_access' },
          }),
      })
    )['access_token'],
  )

const userInfoStatus = async (accessToken: string) =>
  (await askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization: `Bearer ${accessToken}` })).statusCode

t.test('a bound browser gets tokens for its requests, and the refresh token of the sign-in is void', async (t) => {
  const ada = await signedIn(platform, replica)
  const { status, body } = await bind(platform, replica, ada.token)
  t.match({ status, body }, { status: 201, body: { session_id: ada.sessionId, user_id: ada.id } })
  t.ok(isWellFormed('gtbs_', String(body['cookie_value'])), '256 random bits and a checksum')
  const token = await tokenOf(platform, replica, String(body['cookie_value']))
  t.match(token, {
    status: 200,
    body: {
      session_id: ada.sessionId,
      user_id: ada.id,
      organization_id: ada.organization.id,
      acr: 'aal1',
      amr: ['pwd'],
    },
  })
  const sessions = { method: 'GET', url: '/v1/me/sessions' } as const
  t.match(await platform.ask(replica, { ...sessions, token: String(token.body['access_token']) }), {
    status: 200,
    body: { data: [{ id: ada.sessionId, current: true }] },
  })
  t.equal((await platform.refresh(replica, ada.refreshToken)).status, 401)
  t.equal((await tokenOf(platform, replica, String(body['cookie_value']))).status, 200, 'which ends nothing')
  t.same(await platform.announced(replica, ada.sessionId), ['session.started.v1'], 'and is nobody’s news')
})

t.test('an organization is chosen for each token, and remembered', async (t) => {
  const ada = await signedIn(platform, replica)
  const other = platform.organizationOf(ada.id)
  const stranger = await signedIn(platform, replica)
  const cookie = await boundBrowser(platform, replica, ada.token)
  const inOrganization = async (organizationId?: string | null) => {
    const { status, body } = await tokenOf(
      platform,
      replica,
      cookie,
      organizationId === undefined ? {} : { organization_id: organizationId },
    )
    return status === 200 ? body['organization_id'] : status
  }
  t.equal(await inOrganization(other.id), other.id)
  t.equal(await inOrganization(), other.id)
  t.equal(await inOrganization(stranger.organization.id), 404)
  t.equal(await inOrganization(null), null)
})

t.test('the value is new each time, and the one before is worthless', async (t) => {
  const ada = await signedIn(platform, replica)
  const first = await boundBrowser(platform, replica, ada.token)
  const second = await boundBrowser(platform, replica, ada.token, first)
  t.not(first, second)
  t.equal((await tokenOf(platform, replica, first)).status, 401)
  t.equal((await tokenOf(platform, replica, second)).status, 200)
})

t.test('the same person signing in anew goes on with the session they had, and so do its clients', async (t) => {
  const ada = await signedIn(platform, replica)
  const first = await boundBrowser(platform, replica, ada.token)
  const held = await clientToken(first)
  await platform.admin`update sessions set auth_time = auth_time - interval '1 hour'
    where id = ${uuidOf(ada.sessionId)}`
  const again = await platform.ask(replica, {
    method: 'POST',
    url: '/internal/sessions',
    as: 'identity',
    body: { user_id: ada.id, client_id: 'gatehouse-web', amr: ['pwd', 'otp', 'mfa'], user_version: 1 },
  })
  const renewed = claimsOf(again.body['access_token'])
  const bound = await bind(platform, replica, String(again.body['access_token']), first)
  t.equal(bound.body['session_id'], ada.sessionId)
  t.equal((await tokenOf(platform, replica, first)).status, 401)
  t.match((await tokenOf(platform, replica, String(bound.body['cookie_value']))).body, {
    session_id: ada.sessionId,
    acr: 'aal2',
    amr: ['pwd', 'otp', 'mfa'],
    auth_time: renewed.auth_time,
  })
  t.equal(await userInfoStatus(held), 200)
  t.same(await platform.announced(replica, String(renewed.sid)), ['session.started.v1', 'session.ended.v1'])
  t.same(await platform.announced(replica, ada.sessionId), ['session.started.v1', 'session.raised.v1'])
})

t.test('somebody else signing in ends the session that was there, and what clients hold in it', async (t) => {
  const [ada, bob] = [await signedIn(platform, replica), await signedIn(platform, replica)]
  const hers = await boundBrowser(platform, replica, ada.token)
  const held = await clientToken(hers)
  const his = await boundBrowser(platform, replica, bob.token, hers)
  t.equal((await tokenOf(platform, replica, hers)).status, 401)
  t.equal(await userInfoStatus(held), 401)
  t.match((await tokenOf(platform, replica, his)).body, { user_id: bob.id })
})

t.test('what is no sign-in of a person binds nothing', async (t) => {
  const ada = await signedIn(platform, replica)
  const org = await ownedOrganization(platform, replica)
  const { key } = await createKey(platform, replica, org)
  const machine = await exchange(platform, replica, key)
  const held = await clientToken(await boundBrowser(platform, replica, ada.token))
  const over = await signedIn(platform, replica)
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: over.refreshToken } })
  for (const [what, token] of [
    ['nothing', 'x'],
    ['a forged one', `${ada.token.slice(0, -2)}xx`],
    ['a refresh token', ada.refreshToken],
    ['a service account’s', String(machine.body['access_token'])],
    ['a client’s', held],
    ['one of an ended session', over.token],
  ] as const)
    t.equal((await bind(platform, replica, token)).status, 401, what)
  t.equal(machine.status, 200)
  for (const as of ['gateway', 'identity', 'nobody'] as const)
    t.ok(
      [401, 403].includes(
        (
          await platform.ask(replica, {
            method: 'POST',
            url: '/internal/browser-sessions',
            as,
            body: { access_token: ada.token },
          })
        ).status,
      ),
      `${as} may not ask`,
    )
})

t.test(
  'signing out ends the session and what each client holds in it; a cookie nobody knows is signed out',
  async (t) => {
    const ada = await signedIn(platform, replica)
    const cookie = await boundBrowser(platform, replica, ada.token)
    const held = await clientToken(cookie)
    const end = (value: string) =>
      askAsPages(platform, replica, { url: '/internal/browser-sessions/end', body: { cookie_value: value } })
    t.equal((await end(cookie)).status, 204)
    t.equal((await end(cookie)).status, 204)
    t.equal((await end('x')).status, 204)
    t.equal((await tokenOf(platform, replica, cookie)).status, 401)
    t.equal(await userInfoStatus(held), 401)
    t.same(await platform.announced(replica, String(claimsOf(held).sid)), ['session.started.v1', 'session.ended.v1'])
  },
)

t.test('a session that ended elsewhere, fell idle or lost its person gives no token', async (t) => {
  const bound = async () => {
    const person = await signedIn(platform, replica)
    return { ...person, cookie: await boundBrowser(platform, replica, person.token) }
  }
  const [ended, idle, disabled] = [await bound(), await bound(), await bound()]
  await platform.ask(replica, { method: 'DELETE', url: `/v1/me/sessions/${ended.sessionId}`, token: ended.token })
  await platform.age(idle.sessionId, 15 * 86_400)
  platform.identity.announce(UserDisabled, {
    subject: disabled.id,
    version: 2,
    data: { user_id: disabled.id, min_uv: 2 },
  })
  await replica.deps.following.identity.pollNow()
  for (const { cookie } of [ended, idle, disabled])
    t.match(await tokenOf(platform, replica, cookie), { status: 401, body: { code: 'unauthenticated' } })
})

t.test('a use keeps the session from falling idle', async (t) => {
  const ada = await signedIn(platform, replica)
  const cookie = await boundBrowser(platform, replica, ada.token)
  await platform.age(ada.sessionId, 13 * 86_400)
  t.equal((await tokenOf(platform, replica, cookie)).status, 200)
  await platform.age(ada.sessionId, 13 * 86_400)
  t.equal((await tokenOf(platform, replica, cookie)).status, 200)
  await platform.age(ada.sessionId, 15 * 86_400)
  t.equal((await tokenOf(platform, replica, cookie)).status, 401)
})
