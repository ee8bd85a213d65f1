/**
 * The authorization code flow, by `openid-client` and by hand: from the request to tokens, userinfo, refresh and the
 * end of all of it.
 */
import * as openid from 'openid-client'
import t from 'tap'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  basic,
  begin,
  callback,
  fetchThrough,
  form,
  proof,
  registered,
  settle,
  signedIn,
} from '../fixtures/openid.ts'
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { keepSigningKeys } from '../../src/use-cases/keys/keep-signing-keys.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica, { audiences: ['https://api.example'] })
const ada = await signedIn(platform, replica)

const token = (parameters: Record<string, string>, authorization: string | undefined = basic(client)) =>
  askProtocol(platform, replica, { url: '/oauth2/token', form: form(parameters), authorization })

const redeem = (code: string, verifier: string, more: Record<string, string> = {}) =>
  token({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback, ...more })

const codeFor = async (more: Record<string, string | undefined> = {}) => {
  const { verifier, challenge } = proof()
  const url = authorizeUrl(client.id, { code_challenge: challenge, ...more })
  const at = await authorize(platform, replica, { url, token: ada.token })
  return { code: at.searchParams.get('code') ?? '', verifier, at }
}

const userInfo = (accessToken: string) =>
  askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization: `Bearer ${accessToken}` })

t.test('an application with three settings and openid-client: discovery, sign-in, userinfo, refresh', async (t) => {
  for (const [method, alg] of [
    [openid.ClientSecretPost, 'RS256'],
    [openid.ClientSecretBasic, 'ES256'],
  ] as const) {
    const app = await registered(platform, replica, { id_token_signed_response_alg: alg })
    const config = await openid.discovery(
      new URL(issuer),
      app.id,
      { client_secret: app.client_secret as string, id_token_signed_response_alg: alg },
      method(app.client_secret as string),
      { [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch },
    )
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const expectedState = 'a b+c/é&=%25'
    const expectedNonce = openid.randomNonce()
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid profile email offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    })
    const at = await authorize(platform, replica, { url: url.pathname + url.search, token: ada.token })
    t.equal(at.searchParams.get('iss'), issuer, 'RFC 9207: the answer says whose it is')
    const tokens = await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier, expectedState, expectedNonce })
    t.match(tokens.claims(), { sub: ada.id, iss: issuer, org_id: ada.organization.id, acr: 'aal1' })
    t.equal(tokens.scope, 'openid profile email offline_access')
    t.same(await openid.fetchUserInfo(config, tokens.access_token, ada.id), {
      sub: ada.id,
      org_id: ada.organization.id,
      org_slug: ada.organization.slug,
      name: 'Ada',
      email: 'ada@example.com',
      email_verified: true,
    })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token as string)
    t.not(refreshed.refresh_token, tokens.refresh_token)
    t.equal(refreshed.claims()?.sub, ada.id)
  }
})

t.test('a client’s access token has its own audience and is no token of Gatehouse’s own API', async (t) => {
  const { code, verifier } = await codeFor({ scope: 'openid offline_access' })
  const { access_token: accessToken, refresh_token: refreshToken } = (await redeem(code, verifier)).json() as Record<
    string,
    string
  >
  const claims = claimsOf(accessToken) as unknown as Record<string, unknown>
  t.same(claims['aud'], ['https://api.example', `${issuer}/oauth2/userinfo`])
  t.equal(claims['scope'], 'openid offline_access')
  t.not(claims['sid'], ada.sessionId, 'a session of its own')
  t.equal(
    (await platform.ask(replica, { method: 'GET', url: '/v1/me/sessions', token: String(accessToken) })).status,
    401,
  )
  t.equal((await platform.refresh(replica, String(refreshToken))).status, 401, 'nor is its refresh token one')
  t.equal((await userInfo(ada.token)).statusCode, 401, 'and ours is none of userinfo’s')
})

t.test('a code works once; coming back it ends what it gave, whoever holds that', async (t) => {
  const { code, verifier } = await codeFor({ scope: 'openid offline_access' })
  const first = (await redeem(code, verifier)).json() as Record<string, string>
  t.equal((await userInfo(String(first['access_token']))).statusCode, 200)
  t.match((await redeem(code, verifier)).json(), { error: 'invalid_grant' })
  t.equal((await userInfo(String(first['access_token']))).statusCode, 401)
  t.match((await token({ grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })).json(), {
    error: 'invalid_grant',
  })
  const sid = String(claimsOf(first['access_token']).sid)
  t.same(await platform.announced(replica, sid), ['session.started.v1', 'session.ended.v1'])
})

t.test('a stranger with a code can neither use nor spoil it', async (t) => {
  const { code, verifier } = await codeFor()
  const other = await registered(platform, replica)
  const asOther = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }
  t.match((await token(asOther, basic(other))).json(), { error: 'invalid_grant' })
  t.match((await redeem(code, proof().verifier)).json(), { error: 'invalid_grant' }, 'another verifier')
  t.match((await redeem(code, verifier, { redirect_uri: `${callback}/` })).json(), { error: 'invalid_grant' })
  t.match((await token({ ...asOther, code: `${code}x` })).json(), { error: 'invalid_grant' })
  t.equal((await redeem(code, verifier)).statusCode, 200, 'the owner still can')
})

t.test('a code is over after a minute', async (t) => {
  const { code, verifier } = await codeFor()
  await platform.admin`update oauth_codes set expires_at = now() - interval '1 second' where used_at is null`
  t.match((await redeem(code, verifier)).json(), { error: 'invalid_grant' })
})

t.test('ending the sign-in ends what clients hold in it, each with its event', async (t) => {
  const person = await signedIn(platform, replica)
  const tokens = []
  for (const _ of [1, 2]) {
    const { verifier, challenge } = proof()
    const url = authorizeUrl(client.id, { code_challenge: challenge, scope: 'openid offline_access' })
    const at = await authorize(platform, replica, { url, token: person.token })
    tokens.push((await redeem(at.searchParams.get('code') ?? '', verifier)).json() as Record<string, string>)
  }
  const listed = await platform.ask(replica, { method: 'GET', url: '/v1/me/sessions', token: person.token })
  t.equal((listed.body['data'] as object[]).length, 1, 'what clients hold is no session to sign in with')
  const others = await platform.ask(replica, {
    method: 'POST',
    url: '/v1/me/sessions/revoke-others',
    token: person.token,
  })
  t.equal(others.status, 204)
  for (const { access_token: accessToken } of tokens)
    t.equal((await userInfo(String(accessToken))).statusCode, 200, 'they belong to this session')
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: person.refreshToken } })
  for (const { access_token: accessToken, refresh_token: refreshToken } of tokens) {
    t.equal((await userInfo(String(accessToken))).statusCode, 401)
    t.match((await token({ grant_type: 'refresh_token', refresh_token: String(refreshToken) })).json(), {
      error: 'invalid_grant',
    })
    t.same(await platform.announced(replica, String(claimsOf(accessToken).sid)), [
      'session.started.v1',
      'session.ended.v1',
    ])
  }
})

t.test('a code of a sign-in that has ended gives nothing', async (t) => {
  const person = await signedIn(platform, replica)
  const { verifier, challenge } = proof()
  const url = authorizeUrl(client.id, { code_challenge: challenge })
  const at = await authorize(platform, replica, { url, token: person.token })
  await platform.ask(replica, { method: 'POST', url: '/v1/auth/logout', body: { refresh_token: person.refreshToken } })
  t.match((await redeem(at.searchParams.get('code') ?? '', verifier)).json(), { error: 'invalid_grant' })
})

t.test('the continuation works once, and only in the browser that began', async (t) => {
  const { challenge } = proof()
  const begun = await begin(platform, replica, authorizeUrl(client.id, { code_challenge: challenge, state: 's' }))
  const another = await begin(platform, replica, authorizeUrl(client.id, { code_challenge: challenge }))
  t.equal(begun.signInAt.origin + begun.signInAt.pathname, `${issuer}/signin`)
  t.match(begun.cookie, /^__Host-gatehouse-authorization-azr_/)
  const url = await settle(platform, replica, { begun, token: ada.token })
  for (const cookie of [undefined, another.cookie, `${begun.cookie}x`]) {
    const refused = await askProtocol(platform, replica, { url, cookie })
    t.equal(refused.statusCode, 400)
    t.match(refused.headers['content-type'], 'text/html')
    t.notOk(refused.headers.location, 'nobody is sent anywhere')
  }
  const both = `${another.cookie}; ${begun.cookie}`
  const answers = await Promise.all([1, 2, 3, 4].map(() => askProtocol(platform, replica, { url, cookie: both })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 303).length, 1)
  t.equal((await askProtocol(platform, replica, { url, cookie: both })).statusCode, 400)
  const again = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/me/authorizations/${begun.authorizationId}`,
    token: ada.token,
    body: { decision: 'approved' },
  })
  t.equal(again.status, 404, 'and it is decided once')
})

t.test('refused by the person: access_denied, with the state', async (t) => {
  const url = authorizeUrl(client.id, { code_challenge: proof().challenge, state: 'x y' })
  const at = await authorize(platform, replica, { url, token: ada.token, body: { decision: 'denied' } })
  t.equal(at.searchParams.get('error'), 'access_denied')
  t.equal(at.searchParams.get('state'), 'x y')
  t.equal(at.searchParams.get('iss'), issuer)
})

t.test(
  'prompt, max_age and acr_values ask for another sign-in; prompt=none cannot be answered without asking',
  async (t) => {
    const { challenge } = proof()
    const decide = async (more: Record<string, string>) => {
      const begun = await begin(platform, replica, authorizeUrl(client.id, { code_challenge: challenge, ...more }))
      return await platform.ask(replica, {
        method: 'POST',
        url: `/v1/me/authorizations/${begun.authorizationId}`,
        token: ada.token,
        body: { decision: 'approved' },
      })
    }
    const strong = await decide({ acr_values: 'aal2' })
    t.match(strong, { status: 401, body: { code: 'insufficient_user_authentication' } })
    t.match(String(strong.headers['www-authenticate']), 'acr_values="aal2"')
    t.equal((await decide({ acr_values: 'aal2 aal1' })).status, 200)
    t.equal((await decide({ max_age: '600' })).status, 200)
    const none = await askProtocol(platform, replica, {
      url: authorizeUrl(client.id, { code_challenge: challenge, prompt: 'none', state: 's' }),
    })
    const at = new URL(String(none.headers.location))
    t.equal(at.searchParams.get('error'), 'login_required')
    t.equal(at.searchParams.get('state'), 's')
  },
)

t.test('503: without a signing key nothing is spent, and the same code is good once there is one', async (t) => {
  const { keyRing } = replica.deps
  const { code, verifier } = await codeFor()
  keyRing.fill([])
  const early = await replica.app.inject({
    method: 'POST',
    url: '/oauth2/token',
    headers: {
      authorization: platform.assertion({ method: 'POST', path: '/oauth2/token' }),
      [internalHeaders.authorization]: basic(client),
      [internalHeaders.clientAddress]: '203.0.113.9',
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: form({ grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: callback }),
  })
  t.match({ status: early.statusCode, body: early.json() }, { status: 503, body: { error: 'temporarily_unavailable' } })
  await keepSigningKeys(replica.deps)
  t.equal((await redeem(code, verifier)).statusCode, 200)
})
