/**
 * Revocation (RFC 7009), introspection (RFC 7662) and RP-initiated logout: what ends, who learns of it, and what is
 * refused.
 */
import { systemClock } from '@gatehouse/service-kit/context/clock'
import * as openid from 'openid-client'
import t from 'tap'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  basic,
  fetchThrough,
  form,
  proof,
  registered,
  signedIn,
} from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const goodbye = 'https://app.example/goodbye'
const audiences = ['https://api.example']
const client = await registered(platform, replica, { post_logout_redirect_uris: [goodbye], audiences })

type Tokens = { access_token: string; refresh_token: string; id_token: string }

const post = (url: string, parameters: Record<string, string>, authorization: string | undefined = basic(client)) =>
  askProtocol(platform, replica, { url, form: form(parameters), authorization })

/**
 * A 503 on a busy machine can hide that the code was redeemed (ADR 100): then a client begins anew, with another code.
 */
async function tokensOf(person: Awaited<ReturnType<typeof signedIn>>, app = client, tries = 3): Promise<Tokens> {
  const { verifier, challenge } = proof()
  const url = authorizeUrl(app.id, { code_challenge: challenge, scope: 'openid offline_access' })
  const code = (await authorize(platform, replica, { url, token: person.token })).searchParams.get('code') ?? ''
  const parameters = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const answer = await post('/oauth2/token', parameters, basic(app))
  if (answer.statusCode !== 200 && tries > 1) return tokensOf(person, app, tries - 1)
  return answer.json() as Tokens
}

const isActive = async (token: string, authorization = basic(client)) =>
  ((await post('/oauth2/introspect', { token }, authorization)).json() as { active: boolean }).active
const refreshes = async (token: string) =>
  (await post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token })).statusCode === 200

t.test('either token ends the client’s session and nothing else; again, and unknown, is 200', async (t) => {
  const person = await signedIn(platform, replica)
  for (const kind of ['refresh_token', 'access_token'] as const) {
    const tokens = await tokensOf(person)
    t.ok(await isActive(tokens.access_token))
    const answer = await post('/oauth2/revoke', { token: tokens[kind], token_type_hint: 'nonsense' })
    t.equal(answer.statusCode, 200)
    t.equal(answer.body, '')
    t.notOk(await isActive(tokens.access_token))
    t.notOk(await refreshes(tokens.refresh_token))
    t.same(await platform.announced(replica, String(claimsOf(tokens.access_token).sid)), [
      'session.started.v1',
      'session.ended.v1',
    ])
    t.equal((await post('/oauth2/revoke', { token: tokens[kind] })).statusCode, 200)
  }
  for (const token of ['x', person.token, person.refreshToken, 'gthr_x', 'a.b.c'])
    t.equal((await post('/oauth2/revoke', { token })).statusCode, 200, token.slice(0, 8))
  t.equal((await platform.refresh(replica, person.refreshToken)).status, 200, 'the sign-in goes on')
})

t.test('another client’s token is left alone; a client that does not prove itself revokes nothing', async (t) => {
  const person = await signedIn(platform, replica)
  const other = await registered(platform, replica)
  const tokens = await tokensOf(person)
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    t.match((await post('/oauth2/revoke', { token }, basic(other))).json(), { error: 'unauthorized_client' })
    t.match((await post('/oauth2/revoke', { token, client_id: client.id }, '')).json(), { error: 'invalid_client' })
  }
  t.match((await post('/oauth2/revoke', {})).json(), { error: 'invalid_request' })
  t.ok(await refreshes(tokens.refresh_token))
})

t.test('introspection says what the token says, to whom it is for, while it counts', async (t) => {
  const person = await signedIn(platform, replica)
  const tokens = await tokensOf(person)
  const claims = claimsOf(tokens.access_token)
  t.match((await post('/oauth2/introspect', { token: tokens.access_token })).json(), {
    active: true,
    token_type: 'Bearer',
    iss: issuer,
    sub: person.id,
    client_id: client.id,
    scope: 'openid offline_access',
    exp: claims.exp,
    sid: claims.sid,
    org_id: person.organization.id,
  })
  t.match((await post('/oauth2/introspect', { token: tokens.refresh_token })).json(), {
    active: true,
    client_id: client.id,
    sub: person.id,
  })
  const api = await registered(platform, replica, { audiences })
  t.ok(await isActive(tokens.access_token, basic(api)), 'the resource server')
  t.notOk(await isActive(tokens.refresh_token, basic(api)), 'whose business a refresh token is not')
  const stranger = await registered(platform, replica)
  t.same((await post('/oauth2/introspect', { token: tokens.access_token }, basic(stranger))).json(), { active: false })
  const open = await registered(platform, replica, { auth_method: 'none' })
  const asOpen = { token: tokens.access_token, client_id: open.id }
  t.equal((await askProtocol(platform, replica, { url: '/oauth2/introspect', form: form(asOpen) })).statusCode, 401)
  for (const token of ['x', person.token, person.refreshToken, tokens.id_token])
    t.same((await post('/oauth2/introspect', { token })).json(), { active: false })
  t.ok(await refreshes(tokens.refresh_token))
  t.notOk(await isActive(tokens.refresh_token), 'exchanged')
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: person.refreshToken } })
  t.notOk(await isActive(tokens.access_token))
})

t.test(
  'RP-initiated logout ends the sign-in and everything in it, and sends back where it was registered',
  async (t) => {
    const person = await signedIn(platform, replica)
    const other = await registered(platform, replica)
    const [tokens, others] = [await tokensOf(person), await tokensOf(person, other)]
    const config = await openid.discovery(new URL(issuer), client.id, client.client_secret as string, undefined, {
      [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
    })
    const at = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: goodbye,
      state: 'a b&c',
    })
    const answer = await askProtocol(platform, replica, { url: at.pathname + at.search })
    t.equal(answer.statusCode, 303)
    t.equal(answer.headers.location, `${goodbye}?state=a%20b%26c`)
    t.notOk(await isActive(tokens.access_token))
    t.notOk(await isActive(others.access_token, basic(other)), 'the other client as well')
    t.equal((await platform.refresh(replica, person.refreshToken)).status, 401, 'and the sign-in')
    t.equal((await askProtocol(platform, replica, { url: at.pathname + at.search })).statusCode, 303, 'again')
    const stays = await askProtocol(platform, replica, {
      url: '/oauth2/logout',
      form: form({ id_token_hint: tokens.id_token }),
    })
    t.equal(stays.statusCode, 200)
    t.match(stays.headers['content-type'], 'text/html')
  },
)

t.test('a logout that cannot be believed signs nobody out and sends nobody anywhere', async (t) => {
  const person = await signedIn(platform, replica)
  const tokens = await tokensOf(person)
  const other = await registered(platform, replica)
  const hint = tokens.id_token
  for (const parameters of [
    {},
    { client_id: client.id, post_logout_redirect_uri: goodbye },
    { id_token_hint: tokens.access_token, post_logout_redirect_uri: goodbye },
    { id_token_hint: `${hint.slice(0, -4)}AAAA`, post_logout_redirect_uri: goodbye },
    { id_token_hint: hint, post_logout_redirect_uri: `${goodbye}/` },
    { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' },
    { id_token_hint: hint, client_id: other.id },
  ]) {
    const answer = await askProtocol(platform, replica, {
      url: `/oauth2/logout?${form(parameters as Record<string, string>)}`,
    })
    t.equal(answer.statusCode, 400, JSON.stringify(Object.keys(parameters)))
    t.notOk(answer.headers.location)
  }
  t.ok(await isActive(tokens.access_token))
})

t.test('while it is not known who has been disabled, a client’s token is neither good nor bad', async (t) => {
  let leapMs = 0
  const stale = await platform.replica({ now: systemClock.now, monotonicMs: () => systemClock.monotonicMs() + leapMs })
  const tokens = await tokensOf(await signedIn(platform, replica))
  const answers = async () => [
    await askProtocol(platform, stale, { url: '/oauth2/userinfo', authorization: `Bearer ${tokens.access_token}` }),
    await askProtocol(platform, stale, {
      url: '/oauth2/introspect',
      form: form({ token: tokens.access_token }),
      authorization: basic(client),
    }),
  ]
  platform.identity.cutOff(true)
  leapMs = 6000
  const unsure = await answers()
  platform.identity.cutOff(false)
  await stale.deps.following.identity.pollNow()
  for (const { statusCode, headers, body } of unsure) {
    t.equal(statusCode, 503)
    t.ok(headers['retry-after'])
    t.same(JSON.parse(body), { error: 'temporarily_unavailable' })
  }
  for (const { statusCode } of await answers()) t.equal(statusCode, 200)
})
