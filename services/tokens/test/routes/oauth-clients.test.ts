/** Clients of organizations and of the platform: who may, what is refused, secrets, what disabling and deleting end. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  basic,
  callback,
  form,
  proof,
  registered,
  signedIn,
} from '../fixtures/openid.ts'
import { createOAuthClient, ownedOrganization } from '../fixtures/service-accounts.ts'
import { openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, decisions } = platform
const org = await ownedOrganization(platform, replica)
const path = `/v1/organizations/${org.id}/oauth-clients`
const at = (id: unknown) => `${path}/${String(id)}`
const asOwner = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object) =>
  ask(replica, { method, url, token: org.token, ...(body && { body }) })

t.test('created with its secret, shown once; listed, changed, deleted', async (t) => {
  const made = await createOAuthClient(platform, replica, org)
  t.equal(made.status, 201)
  t.match(made.body, {
    id: /^client_/,
    organization_id: org.id,
    auth_method: 'client_secret',
    client_secret: /^gtcs_/,
    scopes: ['openid', 'profile', 'email'],
    id_token_signed_response_alg: 'RS256',
    secrets: [{ id: /^cls_/, last4: String(made.body['client_secret']).slice(-4) }],
  })
  const shown = await asOwner('GET', at(made.body['id']))
  t.equal(shown.status, 200)
  t.notOk('client_secret' in shown.body)
  const rows = await platform.admin`select row_to_json(s)::text as text from oauth_client_secrets s`
  t.notMatch(JSON.stringify(rows), String(made.body['client_secret']))
  const second = await createOAuthClient(platform, replica, org, { auth_method: 'none' })
  t.notOk('client_secret' in second.body, 'a public client has none')
  const first = await asOwner('GET', `${path}?limit=1`)
  t.same(
    (first.body['data'] as { id: string }[]).map(({ id }) => id),
    [second.body['id']],
    'newest first',
  )
  const { next_cursor: cursor } = first.body['page'] as { next_cursor: string }
  const rest = await asOwner('GET', `${path}?limit=1&cursor=${cursor}`)
  t.same(
    (rest.body['data'] as { id: string }[]).map(({ id }) => id),
    [made.body['id']],
  )
  const changed = await asOwner('PATCH', at(made.body['id']), { name: 'Docs', scopes: ['openid'] })
  t.match(changed, { status: 200, body: { name: 'Docs', scopes: ['openid'] } })
  t.equal((await asOwner('PATCH', at(made.body['id']), { name: 'Docs' })).status, 200, 'the same again is no change')
  t.equal((await asOwner('DELETE', at(made.body['id']))).status, 204)
  for (const [method, body] of [['GET'], ['PATCH', { name: 'x' }], ['DELETE']] as const)
    t.equal((await asOwner(method, at(made.body['id']), body)).status, 404, method)
  t.same(await platform.announced(replica, String(made.body['id'])), [
    'oauth_client.created.v1',
    'oauth_client.updated.v1',
    'oauth_client.deleted.v1',
  ])
})

t.test('400: addresses nobody may be sent to, audiences that are Gatehouse itself, each with its place', async (t) => {
  for (const [body, place] of [
    [{ redirect_uris: [callback, 'http://app.example/cb'] }, '/redirect_uris/1'],
    [{ redirect_uris: ['javascript:alert(1)'] }, '/redirect_uris/0'],
    [{ post_logout_redirect_uris: ['https://app.example/#x'] }, '/post_logout_redirect_uris/0'],
    [{ audiences: ['https://gatehouse.test'] }, '/audiences/0'],
    [{ audiences: ['https://gatehouse.test/oauth2/userinfo'] }, '/audiences/0'],
  ] as const) {
    const refused = await createOAuthClient(platform, replica, org, body)
    t.match(refused, { status: 400, body: { code: 'validation_failed', errors: [{ path: place }] } })
  }
  for (const body of [
    { redirect_uris: [] },
    { audiences: ['gatehouse'] },
    { scopes: ['a b'] },
    { is_first_party: true },
  ])
    t.equal((await createOAuthClient(platform, replica, org, body)).status, 400, JSON.stringify(body))
})

t.test('403 without the permission, 404 for another owner’s client, by every route', async (t) => {
  const made = await createOAuthClient(platform, replica, org)
  const stranger = await ownedOrganization(platform, replica)
  const ofPlatform = await registered(platform, replica)
  const secretId = (made.body['secrets'] as { id: string }[])[0]?.id
  const routes = [
    ['GET', ''],
    ['PATCH', '', { name: 'x' }],
    ['PATCH', '', { redirect_uris: ['nonsense'] }],
    ['DELETE', ''],
    ['POST', '/secrets'],
    ['DELETE', `/secrets/${secretId}`],
  ] as const
  for (const [method, rest, body] of routes) {
    for (const url of [
      `/v1/organizations/${stranger.id}/oauth-clients/${String(made.body['id'])}${rest}`,
      `/v1/organizations/${stranger.id}/oauth-clients/${ofPlatform.id}${rest}`,
      `/v1/platform/oauth-clients/${String(made.body['id'])}${rest}`,
      `/v1/platform/oauth-clients/${newId('client')}${rest}`,
    ])
      t.match(await ask(replica, { method, url, token: stranger.token, ...(body && { body }) }), { status: 404 }, url)
  }
  t.equal((await asOwner('GET', at(made.body['id']))).status, 200, 'untouched')
  for (const permission of ['oauth_clients.read', 'oauth_clients.write', 'platform.read', 'platform.oauth_clients'])
    decisions.denied.add(`gatehouse:${permission}`)
  for (const [method, rest, body] of routes) {
    t.equal((await asOwner(method, at(made.body['id']) + rest, body)).status, 403)
    t.equal((await asOwner(method, `/v1/platform/oauth-clients/${ofPlatform.id}${rest}`, body)).status, 403)
  }
  t.equal((await createOAuthClient(platform, replica, org)).status, 403)
  t.equal((await asOwner('POST', '/v1/platform/oauth-clients', { name: 'x', redirect_uris: [callback] })).status, 403)
  for (const list of [path, '/v1/platform/oauth-clients']) t.equal((await asOwner('GET', list)).status, 403, list)
  decisions.denied.clear()
})

t.test(
  'secrets of an organization’s client: made and taken back; the platform lists its own clients alone',
  async (t) => {
    const client = (await createOAuthClient(platform, replica, org)).body as { id: string; secrets: { id: string }[] }
    const made = await asOwner('POST', `${at(client.id)}/secrets`)
    t.match(made, { status: 201, body: { id: /^cls_/, client_secret: /^gtcs_/ } })
    t.match(await asOwner('POST', `${at(client.id)}/secrets`), { status: 409, body: { code: 'conflict' } })
    const wrong = await asOwner('PATCH', at(client.id), { redirect_uris: ['nonsense'] })
    t.match(wrong, { status: 400, body: { errors: [{ path: '/redirect_uris/0' }] } })
    t.equal((await asOwner('DELETE', `${at(client.id)}/secrets/${client.secrets[0]?.id}`)).status, 204)
    t.match((await asOwner('GET', at(client.id))).body['secrets'], [{ id: made.body['id'] }])
    const ofPlatform = await registered(platform, replica)
    const admin = await signedIn(platform, replica)
    const listed = await ask(replica, { method: 'GET', url: '/v1/platform/oauth-clients', token: admin.token })
    t.equal(listed.status, 200)
    const ids = (listed.body['data'] as { id: string }[]).map(({ id }) => id)
    t.ok(ids.includes(ofPlatform.id))
    t.notOk(ids.includes(client.id))
  },
)

t.test('two secrets live at once, whoever asks at the same time; a deleted one proves nothing', async (t) => {
  const client = await registered(platform, replica)
  const admin = await signedIn(platform, replica)
  const secretsAt = `/v1/platform/oauth-clients/${client.id}/secrets`
  const more = () => ask(replica, { method: 'POST', url: secretsAt, token: admin.token })
  const answers = await Promise.all([more(), more(), more(), more()])
  t.same(answers.map(({ status }) => status).sort(), [201, 409, 409, 409])
  const second = answers.find(({ status }) => status === 201)?.body ?? {}
  const proves = async (secret: unknown) => {
    const authorization = basic({ id: client.id, client_secret: String(secret) })
    const parameters = form({ grant_type: 'refresh_token', refresh_token: 'x' })
    const answer = await askProtocol(platform, replica, { url: '/oauth2/token', form: parameters, authorization })
    return (answer.json() as { error: string }).error === 'invalid_grant'
  }
  t.ok(await proves(client.client_secret))
  t.ok(await proves(second['client_secret']))
  const firstId = client.secrets[0]?.id
  t.equal((await ask(replica, { method: 'DELETE', url: `${secretsAt}/${firstId}`, token: admin.token })).status, 204)
  t.notOk(await proves(client.client_secret))
  t.ok(await proves(second['client_secret']))
  t.equal((await more()).status, 201, 'and there is room again')
  const open = await registered(platform, replica, { auth_method: 'none' })
  t.equal(
    (await ask(replica, { method: 'POST', url: `/v1/platform/oauth-clients/${open.id}/secrets`, token: admin.token }))
      .status,
    409,
  )
})

t.test('a client that is disabled dies at once: no request, no code, no token, no userinfo', async (t) => {
  const client = await registered(platform, replica)
  const admin = await signedIn(platform, replica)
  const ada = await signedIn(platform, replica)
  const { verifier, challenge } = proof()
  const url = authorizeUrl(client.id, { code_challenge: challenge, scope: 'openid offline_access' })
  const redeem = async () => {
    const code = (await authorize(platform, replica, { url, token: ada.token })).searchParams.get('code') ?? ''
    return { grant_type: 'authorization_code', code, code_verifier: verifier }
  }
  const authorization = basic(client)
  const token = async (parameters: Record<string, string>) =>
    (
      await askProtocol(platform, replica, { url: '/oauth2/token', form: form(parameters), authorization })
    ).json() as Record<string, string>
  const held = await token(await redeem())
  const waiting = await redeem()
  const userInfo = async () =>
    (
      await askProtocol(platform, replica, {
        url: '/oauth2/userinfo',
        authorization: `Bearer ${String(held['access_token'])}`,
      })
    ).statusCode
  t.equal(await userInfo(), 200)
  const change = (status: string) =>
    ask(replica, {
      method: 'PATCH',
      url: `/v1/platform/oauth-clients/${client.id}`,
      token: admin.token,
      body: { status },
    })
  t.equal((await change('disabled')).status, 200)
  t.equal(await userInfo(), 401)
  t.match(await token(waiting), { error: 'invalid_client' })
  t.match(await token({ grant_type: 'refresh_token', refresh_token: String(held['refresh_token']) }), {
    error: 'invalid_client',
  })
  t.equal((await askProtocol(platform, replica, { url })).statusCode, 400)
  t.equal((await change('active')).status, 200)
  t.equal(await userInfo(), 401, 'what ended does not come back')
  t.match(await token({ grant_type: 'refresh_token', refresh_token: String(held['refresh_token']) }), {
    error: 'invalid_grant',
  })
})

t.test('a client of an organization serves its members, for that organization alone', async (t) => {
  const made = await createOAuthClient(platform, replica, org, { auth_method: 'none' })
  const stranger = await signedIn(platform, replica)
  const { verifier, challenge } = proof()
  const url = authorizeUrl(String(made.body['id']), { code_challenge: challenge })
  await t.rejects(authorize(platform, replica, { url, token: stranger.token }), /404/)
  const arrived = await authorize(platform, replica, { url, token: org.token, body: { organization_id: null } })
  const parameters = {
    grant_type: 'authorization_code',
    client_id: String(made.body['id']),
    code: arrived.searchParams.get('code') ?? '',
    code_verifier: verifier,
  }
  const answer = await askProtocol(platform, replica, { url: '/oauth2/token', form: form(parameters) })
  t.equal(answer.statusCode, 200)
  const { access_token: accessToken } = answer.json() as { access_token: string }
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString()) as { org_id?: string }
  t.equal(claims.org_id, org.id)
})
