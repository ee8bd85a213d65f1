/** What bad input gets: each refusal in the protocol's own form, and a redirect only where it is safe. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import fc from 'fast-check'
import '@gatehouse/test-kit/fixed-seed'
import t from 'tap'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  basic,
  begin,
  callback,
  form,
  proof,
  registered,
  signedIn,
} from '../fixtures/openid.ts'
import { issuer, openPlatform } from '../fixtures/platform.ts'
import { createAccount, createKey, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica)
const open = await registered(platform, replica, { auth_method: 'none' })
const ada = await signedIn(platform, replica)
const { challenge } = proof()
const get = (url: string) => askProtocol(platform, replica, { url })
const token = (parameters: Record<string, string> | string, authorization?: string, type?: string) =>
  askProtocol(platform, replica, {
    url: '/oauth2/token',
    form: typeof parameters === 'string' ? parameters : form(parameters),
    authorization,
    ...(type !== undefined && { type }),
  })

t.test('an unknown client or address gets a page and is sent nowhere', async (t) => {
  for (const url of [
    authorizeUrl(newId('client'), { code_challenge: challenge }),
    authorizeUrl('gatehouse-web', { code_challenge: challenge }),
    authorizeUrl('<script>alert(1)</script>', { code_challenge: challenge }),
    '/oauth2/authorize',
    ...[
      undefined,
      `${callback}/`,
      `${callback}?x=1`,
      `${callback}#x`,
      `${callback};x`,
      'https://app.example/x/../callback',
      'https://app.example/%63allback',
      'https://APP.example/callback',
      'https://app.example:443/callback',
      'https://app.example@evil.example/callback',
      'https://evil.example/callback',
      'javascript:alert(1)',
    ].map((address) => authorizeUrl(client.id, { code_challenge: challenge, redirect_uri: address })),
    `${authorizeUrl(client.id, { code_challenge: challenge })}&client_id=${client.id}`,
    `${authorizeUrl(client.id, { code_challenge: challenge })}&state=%`,
    `${authorizeUrl(client.id, { code_challenge: challenge })}&state=%ff`,
    `${authorizeUrl(client.id, { code_challenge: challenge })}&nonce=%00`,
  ]) {
    const answer = await get(url)
    t.equal(answer.statusCode, 400, url)
    t.match(answer.headers['content-type'], 'text/html')
    t.notOk(answer.headers.location ?? answer.headers['set-cookie'], 'nothing is begun')
    t.notMatch(answer.body, '<script')
  }
})

t.test('what is wrong with a request is told to its client, with the state and the issuer', async (t) => {
  const state = 'ä&=+ %2F'
  for (const [more, error] of [
    [{ response_type: undefined }, 'invalid_request'],
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: 'code id_token' }, 'unsupported_response_type'],
    [{ response_mode: 'fragment' }, 'invalid_request'],
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ code_challenge_method: undefined }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ scope: undefined }, 'invalid_scope'],
    [{ scope: 'unknown' }, 'invalid_scope'],
    [{ scope: 'openid "' }, 'invalid_scope'],
    [{ request: 'x.y.z' }, 'request_not_supported'],
    [{ request_uri: 'https://evil.example' }, 'request_uri_not_supported'],
    [{ registration: '{}' }, 'registration_not_supported'],
    [{ prompt: 'none login' }, 'invalid_request'],
    [{ prompt: 'create' }, 'invalid_request'],
    [{ prompt: 'none' }, 'login_required'],
    [{ max_age: '-1' }, 'invalid_request'],
    [{ max_age: '1e9' }, 'invalid_request'],
    [{ organization_id: 'acme' }, 'invalid_request'],
  ] as const) {
    const answer = await get(authorizeUrl(client.id, { code_challenge: challenge, state, ...more }))
    t.equal(answer.statusCode, 303)
    const at = new URL(String(answer.headers.location))
    t.equal(at.origin + at.pathname, callback)
    t.equal(at.searchParams.get('error'), error, JSON.stringify(more))
    t.equal(at.searchParams.get('state'), state)
    t.equal(at.searchParams.get('iss'), issuer)
    t.notOk(answer.headers['set-cookie'])
  }
})

t.test('state and nonce come back as they were sent, whatever they are', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), async (state) => {
      if (state.includes('\0')) return
      const url = authorizeUrl(client.id, { code_challenge: challenge, state, response_type: 'token' })
      t.equal(new URL(String((await get(url)).headers.location)).searchParams.get('state'), state)
    }),
    { numRuns: 40 },
  )
  const { verifier, challenge: own } = proof()
  const nonce = 'n 1+&=%25é'
  const at = await authorize(platform, replica, {
    url: authorizeUrl(open.id, { code_challenge: own, nonce }),
    token: ada.token,
  })
  const answer = await token({
    grant_type: 'authorization_code',
    client_id: open.id,
    code: at.searchParams.get('code') ?? '',
    code_verifier: verifier,
  })
  const { id_token: idToken } = answer.json() as { id_token: string }
  t.equal(
    (JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as { nonce: string }).nonce,
    nonce,
  )
})

t.test('a request by form is one like by query', async (t) => {
  const answer = await askProtocol(platform, replica, {
    url: '/oauth2/authorize',
    form: authorizeUrl(client.id, { code_challenge: challenge }).split('?')[1] ?? '',
  })
  t.equal(answer.statusCode, 303)
  t.match(String(answer.headers.location), `${issuer}/signin?request=azr_`)
})

t.test('optional parameters of OpenID Connect are no error, nor are unknown ones', async (t) => {
  for (const more of [
    { display: 'popup' },
    { display: 'nonsense' },
    { ui_locales: 'de xx-unknown' },
    { claims_locales: 'fr' },
    { login_hint: 'nobody@example.com' },
    { acr_values: 'urn:unknown' },
    { claims: '{"id_token":{"auth_time":{"essential":true}}}' },
    { id_token_hint: '', prompt: '', max_age: '' },
    { something: 'else' },
  ] as Record<string, string>[]) {
    const answer = await get(authorizeUrl(client.id, { code_challenge: challenge, ...more }))
    t.match(answer.headers.location, `${issuer}/signin?request=azr_`, JSON.stringify(more))
  }
})

t.test('a request that is over is decided by nobody and leads nowhere', async (t) => {
  const begun = await begin(platform, replica, authorizeUrl(client.id, { code_challenge: challenge }))
  const path = `/v1/me/authorizations/${begun.authorizationId}`
  const shown = await platform.ask(replica, { method: 'GET', url: path, token: ada.token })
  t.match(shown, {
    status: 200,
    body: { client: { id: client.id, name: 'Wiki' }, redirect_host: 'app.example', scope: ['openid'] },
  })
  t.equal((await platform.ask(replica, { method: 'GET', url: path })).status, 401)
  await platform.admin`update oauth_authorizations set expires_at = now() where decision is null`
  t.equal((await platform.ask(replica, { method: 'GET', url: path, token: ada.token })).status, 404)
  const body = { decision: 'approved' }
  t.equal((await platform.ask(replica, { method: 'POST', url: path, token: ada.token, body })).status, 404)
  for (const url of ['/oauth2/authorize/continue', '/oauth2/authorize/continue?continuation=x'])
    t.equal((await askProtocol(platform, replica, { url, cookie: begun.cookie })).statusCode, 400)
})

t.test('the token endpoint: each refusal is JSON with the code of RFC 6749 §5.2', async (t) => {
  const secret = String(client.client_secret)
  const code = { grant_type: 'authorization_code', code: 'x', code_verifier: 'y' }
  const wrong = basic({ id: client.id, client_secret: 'gtcs_wrong' })
  for (const [parameters, authorization, status, error] of [
    [{}, basic(client), 400, 'invalid_request'],
    [{ grant_type: 'password' }, basic(client), 400, 'unsupported_grant_type'],
    [{ grant_type: 'authorization_code' }, basic(client), 400, 'invalid_request'],
    [{ grant_type: 'refresh_token' }, basic(client), 400, 'invalid_request'],
    [code, basic(client), 400, 'invalid_grant'],
    [{ ...code, client_id: client.id, client_secret: secret }, undefined, 400, 'invalid_grant'],
    [{ ...code, client_id: client.id }, basic(client), 400, 'invalid_grant'],
    [code, wrong, 401, 'invalid_client'],
    [code, 'Basic !', 401, 'invalid_client'],
    [code, 'Bearer x', 401, 'invalid_client'],
    [code, basic({ id: open.id, client_secret: secret }), 401, 'invalid_client'],
    [code, undefined, 401, 'invalid_client'],
    [{ ...code, client_id: client.id }, undefined, 401, 'invalid_client'],
    [{ ...code, client_id: client.id, client_secret: 'x' }, undefined, 401, 'invalid_client'],
    [{ ...code, client_id: open.id, client_secret: secret }, undefined, 401, 'invalid_client'],
    [{ ...code, client_id: 'gatehouse-web' }, undefined, 401, 'invalid_client'],
    [{ ...code, client_id: client.id, client_secret: secret }, basic(client), 400, 'invalid_request'],
    [{ ...code, client_id: open.id }, basic(client), 400, 'invalid_request'],
    [`grant_type=authorization_code&grant_type=refresh_token`, basic(client), 400, 'invalid_request'],
    [`grant_type=%zz`, basic(client), 400, 'invalid_request'],
    ['x=1&'.repeat(200), basic(client), 400, 'invalid_request'],
  ] as const) {
    const answer = await token(parameters, authorization)
    t.equal(answer.statusCode, status, JSON.stringify(parameters).slice(0, 80))
    t.match(answer.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store' })
    t.equal((answer.json() as { error: string }).error, error, answer.body)
    if (status === 401 && authorization !== undefined) t.match(String(answer.headers['www-authenticate']), /^Basic /)
  }
  t.equal((await token({ ...code, x: 'x'.repeat(40_000) }, basic(client))).statusCode, 413)
  t.equal((await token('{}', basic(client), 'application/json')).statusCode, 415)
  t.equal(
    (
      await askProtocol(platform, replica, {
        url: `/oauth2/token?${form(code)}`,
        form: '',
        authorization: basic(client),
      })
    ).statusCode,
    400,
  )
})

t.test('userinfo: 401 says how, or what was wrong (RFC 6750 §3)', async (t) => {
  const ask = (authorization?: string) => askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization })
  t.match(
    (await ask()).headers['www-authenticate'],
    /^Bearer realm="gatehouse", resource_metadata="[^"]+", DPoP realm="gatehouse", algs=/,
  )
  for (const bad of ['x', ada.token, `${ada.token}x`, 'a.b.c', String(client.client_secret)]) {
    const answer = await ask(`Bearer ${bad}`)
    t.equal(answer.statusCode, 401)
    t.match(String(answer.headers['www-authenticate']), 'error="invalid_token"')
  }
})

t.test('client credentials are a service account and its key; a scope narrows and never widens', async (t) => {
  const org = await ownedOrganization(platform, replica)
  const { account, key } = await createKey(platform, replica, org, {
    body: { permissions: ['invoice:read', 'invoice:write'] },
  })
  const authorization = basic({ id: account, client_secret: key })
  const grant = { grant_type: 'client_credentials' }
  const whole = await token(grant, authorization)
  t.match(whole.json(), { token_type: 'Bearer', scope: 'invoice:read invoice:write' })
  const narrow = (await token({ ...grant, scope: 'invoice:read' }, authorization)).json() as Record<string, string>
  t.equal(narrow['scope'], 'invoice:read')
  const claims = replica.deps.keyRing.readJwt(String(narrow['access_token']), { typ: 'at+jwt', now: new Date() })
  t.match(claims, { sub: account, scope: 'invoice:read', org_id: org.id })
  t.match((await token({ ...grant, scope: 'invoice:read invoice:delete' }, authorization)).json(), {
    error: 'invalid_scope',
  })
  const another = await createAccount(platform, replica, org)
  for (const bad of [
    basic({ id: another, client_secret: key }),
    basic({ id: account, client_secret: `${key}x` }),
    basic(client),
    undefined,
  ])
    t.match((await token(grant, bad)).json(), { error: 'invalid_client' })
})
