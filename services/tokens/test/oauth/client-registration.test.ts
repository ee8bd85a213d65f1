/** Clients that register themselves (RFC 7591) and manage what they registered (RFC 7592). */
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import * as openid from 'openid-client'
import t from 'tap'
import { askProtocol, authorize, basic, callback, fetchThrough, form, signedIn, tokensFor } from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'

type Told = Record<string, unknown> & { client_id: string; registration_access_token: string; error?: string }
type Asked = { token?: string | undefined; json?: unknown; text?: string; id?: string }

const platform = await openPlatform(t)
const replica = await platform.replica()
const { decisions } = platform
const operator = await signedIn(platform, replica)
const tokensAt = '/v1/platform/oauth-registration-tokens'
const asOperator = (method: 'GET' | 'POST' | 'DELETE', url = tokensAt, body?: object) =>
  platform.ask(replica, { method, url, token: operator.token, ...(body && { body }) })
const handOut = async (more: object = {}) =>
  (await asOperator('POST', tokensAt, { name: 'Developers', ...more })).body as { id: string; token: string }

async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', { token, json, text, id }: Asked) {
  const answer = await askProtocol(platform, replica, {
    url: `/oauth2/register${id === undefined ? '' : `?client_id=${id}`}`,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    type: 'application/json',
    ...(method === 'PUT' || method === 'DELETE' ? { method } : {}),
    ...((json !== undefined || text !== undefined) && { form: text ?? JSON.stringify(json) }),
  })
  const { statusCode: status, headers } = answer
  return { status, headers, body: (answer.body === '' ? {} : answer.json()) as Told }
}
const good = { client_name: 'Wiki', redirect_uris: [callback] }
const registered = async (json: object = good): Promise<Told> => {
  const { token } = await handOut()
  const { status, body } = await ask('POST', { token, json })
  if (status !== 201) throw new Error(`registering answered ${status}: ${JSON.stringify(body)}`)
  return body
}
const managed = (method: 'GET' | 'PUT' | 'DELETE', client: Told, json?: object) =>
  ask(method, { token: client.registration_access_token, id: client.client_id, json })
const isKnown = async (client: Told) => {
  const url = `/oauth2/authorize?${form({ client_id: client.client_id, redirect_uri: callback })}`
  return (await askProtocol(platform, replica, { url })).statusCode === 303
}

t.test('openid-client registers itself with a token of an operator, and signs somebody in', async (t) => {
  const { token } = await handOut()
  const metadata = { ...good, scope: 'openid profile', token_endpoint_auth_method: 'client_secret_post' }
  const config = await openid.dynamicClientRegistration(new URL(issuer), metadata, undefined, {
    initialAccessToken: token,
    [openid.customFetch]: fetchThrough(platform, replica) as unknown as openid.CustomFetch,
  })
  const told = config.clientMetadata()
  t.match(told, {
    client_id: /^client_/,
    client_secret: /^gtcs_/,
    client_secret_expires_at: 0,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    scope: 'openid profile',
    registration_client_uri: `${issuer}/oauth2/register?client_id=${told.client_id}`,
    registration_access_token: /^gtra_/,
  })
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid profile',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const at = await authorize(platform, replica, { url: url.pathname + url.search, token: operator.token })
  t.equal((await openid.authorizationCodeGrant(config, at, { pkceCodeVerifier })).claims()?.sub, operator.id)
})

t.test('an initial token is for so many clients, however many ask at once, and for so long', async (t) => {
  const { token } = await handOut({ uses: 2 })
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask('POST', { token, json: good })))
  t.same(answers.map(({ status }) => status).sort(), [201, 201, 401, 401, 401, 401])
  const { id, token: old } = await handOut()
  await platform.admin`update oauth_registration_tokens set expires_at = now() where id = ${uuidOf(id)}`
  const { id: gone, token: taken } = await handOut()
  t.equal((await asOperator('DELETE', `${tokensAt}/${gone}`)).status, 204)
  const access = (await registered()).registration_access_token
  for (const token of [old, taken, access, operator.token, `${taken}x`, undefined]) {
    const refused = await ask('POST', { token, json: good })
    t.match(refused, { status: 401, body: { error: 'invalid_token' } })
    t.match(refused.headers['www-authenticate'], /^Bearer /)
  }
})

t.test('metadata that is wrong registers nothing and uses nothing up', async (t) => {
  const { token } = await handOut()
  const wrong: [string, object, 'invalid_redirect_uri' | 'invalid_client_metadata'][] = [
    ['no address', { client_name: 'Wiki' }, 'invalid_redirect_uri'],
    ['an open door', { redirect_uris: ['http://app.example/cb'] }, 'invalid_redirect_uri'],
    ['a fragment', { redirect_uris: [`${callback}#x`] }, 'invalid_redirect_uri'],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['implicit', { ...good, response_types: ['token'] }, 'invalid_client_metadata'],
    ['a password grant', { ...good, grant_types: ['password'] }, 'invalid_client_metadata'],
    ['keys without their method', { ...good, jwks: { keys: [{ kty: 'EC', kid: 'a' }] } }, 'invalid_client_metadata'],
    ['keys elsewhere', { ...good, jwks_uri: 'http://169.254.169.254/' }, 'invalid_client_metadata'],
    ['a foreign scope alone', { ...good, scope: 'gatehouse:members.write' }, 'invalid_client_metadata'],
    ['a picture that is not https', { ...good, logo_uri: 'http://app.example/logo.png' }, 'invalid_client_metadata'],
    ['a logout address that runs', { ...good, backchannel_logout_uri: 'data:,' }, 'invalid_client_metadata'],
    ['pairwise subjects', { ...good, subject_type: 'pairwise' }, 'invalid_client_metadata'],
    ['no name but spaces', { ...good, client_name: '   ' }, 'invalid_client_metadata'],
    ['a list', [good], 'invalid_client_metadata'],
  ]
  for (const [what, json, error] of wrong)
    t.match(await ask('POST', { token, json }), { status: 400, body: { error } }, what)
  for (const text of ['{', '"x"', 'null', '{"client_name":"\\u0000"}', `{"client_name":"${'x'.repeat(40_000)}"}`]) {
    const { status, body } = await ask('POST', { token, text })
    t.ok([400, 413].includes(status), `${text.slice(0, 20)}: ${status}`)
    t.type(body.error, 'string')
  }
  const last = await ask('POST', { token, json: good })
  t.equal(last.status, 201)
  t.equal(last.headers['cache-control'], 'no-store')
})

t.test('who registers itself gets what a stranger may have, whatever it says', async (t) => {
  const more = {
    scope: 'openid offline_access admin',
    grant_types: ['authorization_code', 'refresh_token'],
    first_party: true,
    is_first_party: true,
    audiences: ['https://api.example.com'],
    client_id: 'gatehouse-web',
    security_profile: 'none',
    status: 'active',
    software_statement: 'x.y.z',
  }
  const client = await registered({ ...good, ...more })
  t.equal(client['scope'], 'openid offline_access')
  const shown = await asOperator('GET', `/v1/platform/oauth-clients/${client.client_id}`)
  t.match(shown.body, { organization_id: null, first_party: false, audiences: [], security_profile: 'oauth2' })
  t.same(await platform.announced(replica, client.client_id), ['oauth_client.created.v1'])
  const nameless = await registered({ redirect_uris: [callback] })
  t.equal(nameless['client_name'], 'app.example', 'people see where it is')
})

t.test('a client reads, replaces and deletes what it registered', async (t) => {
  const client = await registered({ ...good, policy_uri: 'https://app.example/privacy' })
  const secret = String(client['client_secret'])
  const ofClient = { id: client.client_id, client_secret: secret }
  const { access_token } = await tokensFor(platform, replica, { client: ofClient, token: operator.token })
  const read = await managed('GET', client)
  t.match(read, { status: 200, body: { client_name: 'Wiki', policy_uri: 'https://app.example/privacy' } })
  t.notOk('client_secret' in read.body, 'which is kept as a hash')
  const next = { client_id: client.client_id, redirect_uris: [`${callback}/2`], client_name: 'Docs' }
  for (const [what, json] of [
    ['another client', { ...next, client_id: 'client_x' }],
    ['no client', good],
    ['another secret', { ...next, client_secret: 'gtcs_x' }],
    ['the token', { ...next, registration_access_token: client.registration_access_token }],
    ['a time', { ...next, client_id_issued_at: 1 }],
    ['another method', { ...next, token_endpoint_auth_method: 'none' }],
  ] as const)
    t.match(await managed('PUT', client, json), { status: 400, body: { error: 'invalid_client_metadata' } }, what)
  const bad = { ...next, redirect_uris: ['http://app.example/'] }
  t.match(await managed('PUT', client, bad), { status: 400, body: { error: 'invalid_redirect_uri' } })
  t.ok(await isKnown(client), 'nothing has changed')
  const replaced = await managed('PUT', client, { ...next, client_secret: secret })
  t.match(replaced, { status: 200, body: { client_name: 'Docs', redirect_uris: next.redirect_uris } })
  t.notOk('policy_uri' in replaced.body, 'what is left out is gone')
  t.equal((await managed('DELETE', client)).status, 204)
  const { sid } = claimsOf(access_token)
  t.same(await platform.announced(replica, sid), ['session.started.v1', 'session.ended.v1'], 'with its sessions')
  t.notOk(await isKnown(client))
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    t.equal((await managed(method, client, method === 'PUT' ? next : undefined)).status, 401, method)
  t.same(await platform.announced(replica, client.client_id), [
    'oauth_client.created.v1',
    'oauth_client.updated.v1',
    'oauth_client.deleted.v1',
  ])
})

t.test('nobody else manages a client, and a client that is disabled does not either', async (t) => {
  const [client, other] = [await registered(), await registered()]
  const { token } = await handOut()
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    for (const by of [other.registration_access_token, token, String(client['client_secret']), undefined]) {
      const json = method === 'PUT' ? { ...good, client_id: client.client_id } : undefined
      t.equal((await ask(method, { token: by, id: client.client_id, json })).status, 401, method)
    }
  t.equal((await ask('GET', { token: client.registration_access_token })).status, 401, 'it says which client')
  const at = `/v1/platform/oauth-clients/${client.client_id}`
  const disable = { method: 'PATCH', url: at, token: operator.token, body: { status: 'disabled' } } as const
  t.equal((await platform.ask(replica, disable)).status, 200)
  t.equal((await managed('GET', client)).status, 401)
  t.equal((await managed('GET', other)).status, 200)
})

t.test('operators hand out tokens, see them and take them back; nobody else does', async (t) => {
  const made = await asOperator('POST', tokensAt, { name: 'Acme', uses: 3, lifetime_seconds: 60 })
  t.match(made, { status: 201, body: { id: /^rgt_/, name: 'Acme', uses_left: 3, token: /^gtrg_/ } })
  const { id, token } = made.body as { id: string; token: string }
  const rows = await platform.admin`select row_to_json(r)::text as text from oauth_registration_tokens r`
  t.notMatch(JSON.stringify(rows), token, 'only its hash is kept')
  const { body } = await asOperator('GET', `${tokensAt}?limit=1`)
  t.match(body['data'], [{ id, uses_left: 3 }])
  t.notOk(JSON.stringify(body).includes(token))
  const { next_cursor: cursor } = body['page'] as { next_cursor: string }
  t.equal((await asOperator('GET', `${tokensAt}?limit=100&cursor=${cursor}`)).status, 200)
  for (const wish of [{}, { name: 'x', uses: 0 }, { name: 'x', uses: 1001 }, { name: 'x', lifetime_seconds: 59 }])
    t.equal((await asOperator('POST', tokensAt, wish)).status, 400, JSON.stringify(wish))
  decisions.denied.add('gatehouse:platform.oauth_clients').add('gatehouse:platform.read')
  t.equal((await asOperator('POST', tokensAt, { name: 'x' })).status, 403)
  t.equal((await asOperator('GET')).status, 403)
  t.equal((await asOperator('DELETE', `${tokensAt}/${id}`)).status, 403)
  decisions.denied.clear()
  t.equal((await asOperator('DELETE', `${tokensAt}/${id}`)).status, 204)
  t.equal((await asOperator('DELETE', `${tokensAt}/${id}`)).status, 404)
  t.same(await platform.announced(replica, id), ['registration_token.created.v1', 'registration_token.deleted.v1'])
})

t.test('a secret that a client got proves it from then on', async (t) => {
  const client = await registered()
  const authorization = basic({ id: client.client_id, client_secret: String(client['client_secret']) })
  const grant = form({ grant_type: 'authorization_code', code: 'x', code_verifier: 'y' })
  const answer = await askProtocol(platform, replica, { url: '/oauth2/token', form: grant, authorization })
  t.match(answer.json(), { error: 'invalid_grant' }, 'and not invalid_client')
})
