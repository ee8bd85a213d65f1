/** Refresh tokens of clients, and what the documents of the provider say. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { askProtocol, authorize, authorizeUrl, basic, form, proof, registered, signedIn } from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica)
const ada = await signedIn(platform, replica)

type Answered = Record<string, string> & { error?: string }
const token = async (parameters: Record<string, string>): Promise<Answered> =>
  (
    await askProtocol(platform, replica, { url: '/oauth2/token', form: form(parameters), authorization: basic(client) })
  ).json() as Answered

async function first(scope: string): Promise<Answered> {
  const { verifier, challenge } = proof()
  const url = authorizeUrl(client.id, { code_challenge: challenge, scope })
  const code = (await authorize(platform, replica, { url, token: ada.token })).searchParams.get('code') ?? ''
  return await token({ grant_type: 'authorization_code', code, code_verifier: verifier })
}
const refresh = (refreshToken: string | undefined, more: Record<string, string> = {}) =>
  token({ grant_type: 'refresh_token', refresh_token: String(refreshToken), ...more })

t.test('the documents agree, name what is there and nothing else', async (t) => {
  const documents = []
  for (const url of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])
    documents.push((await askProtocol(platform, replica, { url })).json() as Record<string, unknown>)
  const [document] = documents
  t.same(documents[0], documents[1])
  t.equal(document?.['issuer'], issuer)
  t.same(document?.['code_challenge_methods_supported'], ['S256'])
  t.equal(document?.['request_uri_parameter_supported'], false)
  for (const [name, url] of Object.entries(document ?? {}).filter(([member]) => member.endsWith('_endpoint'))) {
    const path = String(url).slice(issuer.length)
    t.not((await askProtocol(platform, replica, { url: path, form: '' })).statusCode, 404, name)
  }
})

t.test('without offline_access there is no refresh token, and without openid no ID token', async (t) => {
  const plain = await first('openid')
  t.notOk('refresh_token' in plain)
  t.ok('id_token' in plain)
  const offline = await first('offline_access')
  t.ok('refresh_token' in offline)
  t.notOk('id_token' in offline)
})

t.test('a refresh keeps or narrows the scope, and switches the organization', async (t) => {
  const other = platform.organizationOf(ada.id)
  const start = await first('openid email offline_access')
  const narrow = await refresh(start.refresh_token, { scope: 'email' })
  t.equal(narrow.scope, 'email')
  t.notOk('id_token' in narrow)
  const whole = await refresh(narrow.refresh_token, { organization_id: other.id })
  t.equal(whole.scope, 'openid email offline_access', 'what was narrowed once is not lost')
  t.equal(claimsOf(whole.access_token).org_id, other.id)
  t.match(await refresh(whole.refresh_token, { organization_id: newId('org') }), { error: 'invalid_request' })
  t.match(await refresh(whole.refresh_token, { organization_id: 'acme' }), { error: 'invalid_request' })
  t.match(await refresh(whole.refresh_token, { scope: 'openid "' }), { error: 'invalid_scope' })
  const wide = await refresh(whole.refresh_token, { scope: 'openid profile email offline_access' })
  t.equal(wide.scope, 'openid email offline_access', 'and nothing is won; nothing that was refused exchanged the token')
})

t.test('a spent refresh token ends the client’s session and leaves the sign-in alone', async (t) => {
  const start = await first('openid offline_access')
  const second = await refresh(start.refresh_token)
  const third = await refresh(second.refresh_token)
  t.match(await refresh(start.refresh_token), { error: 'invalid_grant' })
  t.match(await refresh(third.refresh_token), { error: 'invalid_grant' })
  t.equal((await platform.refresh(replica, ada.refreshToken)).status, 200)
})
