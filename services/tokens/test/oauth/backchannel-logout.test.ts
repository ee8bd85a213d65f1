/** Logout tokens (OpenID Connect Back-Channel Logout 1.0): for which ends of which sessions, and what they say. */
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { registered, signedIn, tokensFor } from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const uri = 'https://app.example/logout'
const told = await registered(platform, replica, { backchannel_logout_uri: uri })
const untold = await registered(platform, replica)

/** The session a client gets of somebody. */
const sessionOf = async (client: typeof told, { token }: { token: string }): Promise<string> =>
  String(claimsOf((await tokensFor(platform, replica, { client, token }))['access_token']).sid)

const logoutOf = async (sessionId: string) =>
  (
    await platform.ask(replica, {
      method: 'POST',
      url: `/internal/sessions/${sessionId}/logout-token`,
      as: 'workers',
    })
  ).body['logout'] as { client_id: string; uri: string; logout_token: string } | null

const endedData = async (sessionId: string) => {
  await replica.deps.spine.sequence()
  const [row] = await platform.admin<
    { payload: Record<string, unknown> }[]
  >`select payload from outbox where aggregate_id = ${uuidOf(sessionId)} and subject like '%session.ended.v1'`
  return row?.payload
}

t.test('the end of a sign-in gives each client that wants it a logout token of its session', async (t) => {
  const ada = await signedIn(platform, replica)
  const [first, second, third] = [await sessionOf(told, ada), await sessionOf(told, ada), await sessionOf(untold, ada)]
  t.equal(await logoutOf(first), null, 'not while it is live')
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: ada.refreshToken } })
  const jtis = new Set<unknown>()
  for (const sid of [first, second, first]) {
    const logout = await logoutOf(sid)
    t.match(logout, { client_id: told.id, uri })
    const claims = replica.deps.keyRing.readJwt(logout?.logout_token ?? '', { typ: 'logout+jwt', now: new Date() })
    t.match(claims, { iss: issuer, aud: told.id, sub: ada.id, sid })
    t.same(claims?.['events'], { 'http://schemas.openid.net/event/backchannel-logout': {} })
    t.equal(Number(claims?.['exp']) - Number(claims?.['iat']), 120)
    t.notOk('nonce' in (claims ?? {}), '§2.4 forbids it, so that it is no ID token')
    jtis.add(claims?.['jti'])
  }
  t.equal(jtis.size, 3, 'each attempt has a token of its own')
  t.equal(await logoutOf(third), null)
  t.equal(await logoutOf(ada.sessionId), null)
  t.equal(await logoutOf(newId('ses')), null)
  t.match(await endedData(first), { client_id: told.id })
  t.notOk('client_id' in ((await endedData(ada.sessionId)) ?? {}), 'a sign-in is no client’s')
})

t.test('a logout token is asked for by workers alone', async (t) => {
  const ada = await signedIn(platform, replica)
  const sessionId = await sessionOf(told, ada)
  for (const as of ['gateway', 'pages', 'identity'] as const) {
    const answer = await platform.ask(replica, {
      method: 'POST',
      url: `/internal/sessions/${sessionId}/logout-token`,
      as,
    })
    t.equal(answer.status, 403, as)
  }
})

t.test('a logout address is one of the web, and can be changed and taken away', async (t) => {
  const ada = await signedIn(platform, replica)
  const change = (backchannel_logout_uri: unknown) =>
    platform.ask(replica, {
      method: 'PATCH',
      url: `/v1/platform/oauth-clients/${untold.id}`,
      token: ada.token,
      body: { backchannel_logout_uri },
    })
  for (const bad of ['x', 'com.example.app:/logout', 'http://app.example/', 'https://app.example/#x', 'javascript:1'])
    t.match(await change(bad), { status: 400, body: { errors: [{ path: '/backchannel_logout_uri' }] } }, bad)
  t.match(await change(uri), { status: 200, body: { backchannel_logout_uri: uri } })
  t.match(await change(null), { status: 200, body: { backchannel_logout_uri: null } })
})
