/** Which resource servers a token is for (RFC 8707), and how a resource says whom it believes (RFC 9728). */
import t from 'tap'
import { devices } from '../fixtures/devices.ts'
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
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { createKey, ownedOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const ada = await signedIn(platform, replica)
const [files, mails] = ['https://files.example.com/api', 'https://mails.example.com/']
const userInfo = `${issuer}/oauth2/userinfo`
const client = await registered(platform, replica, {
  scopes: ['openid', 'offline_access'],
  audiences: [files, mails],
})

type Answered = Record<string, string> & { error?: string }
const at = (form: string, authorization = basic(client)) =>
  askProtocol(platform, replica, { url: '/oauth2/token', form, authorization })
const token = async (parameters: [string, string][]): Promise<Answered> =>
  (await at(new URLSearchParams(parameters).toString())).json() as Answered
const audienceOf = (answer: Answered) => claimsOf(answer['access_token']).aud as unknown as string[]

/** What exchanges a code for which these resources were named. */
async function allowed(...resources: string[]): Promise<[string, string][]> {
  const { verifier, challenge } = proof()
  const more = resources.map((resource) => `&resource=${encodeURIComponent(resource)}`).join('')
  const url = authorizeUrl(client.id, { code_challenge: challenge, scope: 'openid offline_access' }) + more
  const back = await authorize(platform, replica, { url, token: ada.token })
  return [
    ['grant_type', 'authorization_code'],
    ['code', back.searchParams.get('code') ?? ''],
    ['code_verifier', verifier],
    ['redirect_uri', callback],
  ]
}
const refresh = (answer: Answered, ...resources: string[]) =>
  token([
    ['grant_type', 'refresh_token'],
    ['refresh_token', String(answer['refresh_token'])],
    ...resources.map((resource): [string, string] => ['resource', resource]),
  ])

t.test('an authorization request names resource servers, a token request chooses out of them', async (t) => {
  t.same(audienceOf(await token(await allowed())), [files, mails, userInfo], 'all, where none is named')
  t.same(audienceOf(await token(await allowed(files))), [files, userInfo])
  t.same(audienceOf(await token([...(await allowed(files, mails)), ['resource', mails]])), [mails], 'and no more')
  const code = await allowed(files)
  for (const other of [mails, 'https://other.example.com/', userInfo, 'gatehouse'])
    t.match(await token([...code, ['resource', other]]), { error: 'invalid_target' }, other)
  t.same(audienceOf(await token([...code, ['resource', files]])), [files], 'which spent no code')
})

t.test('a refresh chooses anew out of what was allowed, and a refusal spends no token', async (t) => {
  const first = await token(await allowed(files))
  t.match(await refresh(first, mails), { error: 'invalid_target' })
  const narrow = await refresh(first, files)
  t.same(audienceOf(narrow), [files])
  const whole = await refresh(narrow)
  t.same(audienceOf(whole), [files, userInfo])
  const all = await token(await allowed())
  const one = await refresh(all, mails)
  t.same(audienceOf(one), [mails])
  t.same(audienceOf(await refresh(one)), [files, mails, userInfo])
})

t.test('a resource that is not registered is told to the client, whichever way it asks', async (t) => {
  const { challenge } = proof()
  for (const resource of ['https://other.example.com/', `${files}#x`, 'files', '/files', 'gatehouse', issuer]) {
    const url = authorizeUrl(client.id, { code_challenge: challenge, resource })
    const refused = await askProtocol(platform, replica, { url })
    t.equal(new URL(String(refused.headers.location)).searchParams.get('error'), 'invalid_target', resource)
    const pushed = await askProtocol(platform, replica, {
      url: '/oauth2/par',
      authorization: basic(client),
      form: url.slice(url.indexOf('?') + 1),
    })
    t.match(pushed, { statusCode: 400 })
    t.match(pushed.json(), { error: 'invalid_target' })
  }
})

t.test('a device names them with its poll', async (t) => {
  const flow = devices(platform, replica)
  const television = await flow.client({ audiences: [files] })
  const { device_code, user_code } = await flow.begin(television)
  await flow.allow(ada.token, user_code)
  const poll = (resource: string) =>
    flow.post(television, '/oauth2/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code,
      resource,
    })
  t.match((await poll(mails)).json(), { error: 'invalid_target' })
  t.same(audienceOf((await poll(files)).json() as Answered), [files])
})

t.test('the key of a service account opens the API, and nothing of others', async (t) => {
  const org = await ownedOrganization(platform, replica)
  const { account, key } = await createKey(platform, replica, org)
  const authorization = basic({ id: account, client_secret: key })
  const ask = async (resource: string) =>
    (await at(form({ grant_type: 'client_credentials', resource }), authorization)).json() as Answered
  t.match(await ask(files), { error: 'invalid_target' })
  t.equal(claimsOf((await ask(issuer))['access_token']).aud, 'gatehouse')
})

t.test('each resource says whom it believes, and its challenge leads there', async (t) => {
  const well = '/.well-known/oauth-protected-resource'
  const read = async (url: string) => (await askProtocol(platform, replica, { url })).json() as Record<string, unknown>
  t.match(await read(well), { resource: issuer, authorization_servers: [issuer] })
  const document = await read(`${well}/oauth2/userinfo`)
  t.match(document, { resource: userInfo, authorization_servers: [issuer], scopes_supported: ['openid', 'profile'] })
  t.same((await read('/.well-known/openid-configuration'))['protected_resources'], [issuer, userInfo])
  for (const authorization of [undefined, 'Bearer x']) {
    const refused = await askProtocol(platform, replica, { url: '/oauth2/userinfo', authorization })
    const [, metadata = ''] = /resource_metadata="([^"]+)"/.exec(String(refused.headers['www-authenticate'])) ?? []
    t.same(await read(metadata.slice(issuer.length)), document, 'RFC 9728 §5.1')
  }
})
