/**
 * The authorization endpoint in front of a browser that is signed in: when it answers at once, when it asks, and what
 * it says where it may not ask.
 */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { askAsPages, boundBrowser, cookieOf, outcomeOf, tokenOf, visit } from '../fixtures/browsers.ts'
import {
  askProtocol,
  authorize,
  authorizeUrl,
  begin,
  proof,
  redeemed,
  registered,
  settle,
  signedIn,
} from '../fixtures/openid.ts'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { createOAuthClient } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const client = await registered(platform, replica)
const ours = await registered(platform, replica, { first_party: true })

/** A browser of a person who allowed the client `openid`. */
async function allowedBrowser() {
  const ada = await signedIn(platform, replica)
  const url = authorizeUrl(client.id, { code_challenge: proof().challenge })
  await authorize(platform, replica, { url, token: ada.token })
  return { ...ada, cookie: await boundBrowser(platform, replica, ada.token) }
}

const outcome = async (o: {
  clientId?: string
  cookie?: string | undefined
  more?: Record<string, string | undefined>
}) =>
  outcomeOf(
    (
      await visit(platform, replica, {
        clientId: o.clientId ?? client.id,
        ...(o.cookie !== undefined && { cookie: cookieOf(o.cookie) }),
        ...(o.more && { more: o.more }),
      })
    ).at,
  )

t.test('a browser that is signed in gets a code at once for what its person allowed before', async (t) => {
  const ada = await allowedBrowser()
  const begin = () =>
    visit(platform, replica, { clientId: client.id, cookie: cookieOf(ada.cookie), more: { state: 's 1', nonce: 'n' } })
  t.equal((await begin()).at.searchParams.get('state'), 's 1')
  const claims = claimsOf((await redeemed(platform, replica, { client, begin }))['id_token'])
  t.match(claims, { sub: ada.id, org_id: ada.organization.id, nonce: 'n' })
  t.equal(await outcome({ cookie: ada.cookie, more: { prompt: 'none' } }), 'code')
})

t.test('without a live session of its own a browser goes to sign in, or is told login_required', async (t) => {
  const ada = await allowedBrowser()
  const over = await allowedBrowser()
  await askAsPages(platform, replica, { url: '/internal/browser-sessions/end', body: { cookie_value: over.cookie } })
  for (const [what, header] of [
    ['no cookie', undefined],
    ['a cookie of another name', `gatehouse_session=${ada.cookie}`],
    ['a cookie that is over', cookieOf(over.cookie)],
    ['no cookie of ours', cookieOf('gtbs_x')],
  ] as const)
    for (const [prompt, expected] of [
      [undefined, '/signin'],
      ['none', 'login_required'],
    ] as const) {
      const { at } = await visit(platform, replica, {
        clientId: client.id,
        ...(header !== undefined && { cookie: header }),
        more: { prompt },
      })
      t.equal(outcomeOf(at), expected, what)
    }
})

t.test('what a client asks for has to be allowed: more than before is asked, less is not', async (t) => {
  const ada = await signedIn(platform, replica)
  const cookie = await boundBrowser(platform, replica, ada.token)
  t.equal(await outcome({ cookie }), '/signin')
  t.equal(await outcome({ cookie, more: { prompt: 'none' } }), 'consent_required')
  const url = authorizeUrl(client.id, { code_challenge: proof().challenge, scope: 'openid profile' })
  await authorize(platform, replica, { url, token: ada.token })
  for (const [scope, expected] of [
    ['openid profile', 'code'],
    ['profile', 'code'],
    ['openid email', 'consent_required'],
    ['openid profile email', 'consent_required'],
  ] as const)
    t.equal(await outcome({ cookie, more: { scope, prompt: 'none' } }), expected, scope)
  t.equal(await outcome({ clientId: ours.id, cookie, more: { prompt: 'none' } }), 'code', 'an application of ours')
})

t.test('a refusal by the person is no consent', async (t) => {
  const ada = await signedIn(platform, replica)
  const cookie = await boundBrowser(platform, replica, ada.token)
  const url = authorizeUrl(client.id, { code_challenge: proof().challenge })
  await authorize(platform, replica, { url, token: ada.token, body: { decision: 'denied' } })
  t.equal(await outcome({ cookie, more: { prompt: 'none' } }), 'consent_required')
})

t.test('prompt, max_age and acr_values are held against the session of the browser (RFC 9470)', async (t) => {
  const ada = await allowedBrowser()
  await platform.admin`update sessions set auth_time = auth_time - interval '10 minutes'
    where id = ${uuidOf(ada.sessionId)}`
  for (const [more, expected] of [
    [{ prompt: 'login' }, '/signin'],
    [{ prompt: 'consent' }, '/signin'],
    [{ prompt: 'select_account' }, '/signin'],
    [{ prompt: 'login consent' }, '/signin'],
    [{ max_age: '0' }, '/signin'],
    [{ max_age: '60' }, '/signin'],
    [{ max_age: '60', prompt: 'none' }, 'login_required'],
    [{ max_age: '3600' }, 'code'],
    [{ acr_values: 'aal2' }, '/signin'],
    [{ acr_values: 'aal2', prompt: 'none' }, 'login_required'],
    [{ acr_values: 'aal2 aal1' }, 'code'],
    [{ acr_values: 'unknown' }, 'code'],
  ] as const)
    t.equal(await outcome({ cookie: ada.cookie, more }), expected, JSON.stringify(more))
})

t.test('a sign-in since the request began is as recent as a client can ask for', async (t) => {
  const ada = await allowedBrowser()
  await platform.admin`update sessions set auth_time = auth_time - interval '10 minutes'
    where id = ${uuidOf(ada.sessionId)}`
  for (const more of [{ prompt: 'login' }, { max_age: '0' }, { max_age: '60' }]) {
    const { at } = await visit(platform, replica, { clientId: client.id, cookie: cookieOf(ada.cookie), more })
    const id = at.searchParams.get('request') ?? ''
    const needs = async (cookieValue: string) => {
      const token = String((await tokenOf(platform, replica, cookieValue)).body['access_token'])
      return (await askAsPages(platform, replica, { method: 'GET', url: `/internal/authorizations/${id}`, token }))
        .body['needs']
    }
    t.same(await needs(ada.cookie), ['sign_in'], JSON.stringify(more))
    const again = await platform.signIn(replica, ada.id, { organization_id: ada.organization.id })
    // Seconds later, for a person types: claims count in whole seconds.
    await platform.admin`update oauth_authorizations set created_at = created_at - interval '20 seconds'
      where id = ${uuidOf(id)}`
    const cookie = await boundBrowser(platform, replica, again.access_token, ada.cookie)
    t.same(await needs(cookie), [])
    const token = String((await tokenOf(platform, replica, cookie)).body['access_token'])
    const settled = await platform.ask(replica, {
      method: 'POST',
      url: `/v1/me/authorizations/${id}`,
      token,
      body: { decision: 'approved' },
    })
    t.equal(settled.status, 200)
    ada.cookie = cookie
    await platform.admin`update sessions set auth_time = auth_time - interval '10 minutes'
      where id = ${uuidOf(ada.sessionId)}`
  }
})

t.test('the organization is the one named, the one last used, or asked for', async (t) => {
  const ada = await signedIn(platform, replica)
  const cookie = await boundBrowser(platform, replica, ada.token)
  const silently = (more: Record<string, string> = {}, clientId = ours.id) =>
    visit(platform, replica, { clientId, cookie: cookieOf(cookie), more: { prompt: 'none', ...more } })
  const organizationIn = async (more: Record<string, string> = {}) => {
    const tokens = await redeemed(platform, replica, { client: ours, begin: () => silently(more) })
    return (claimsOf(tokens['id_token']) as { org_id?: string }).org_id
  }
  const other = platform.organizationOf(ada.id)
  t.equal(await organizationIn(), ada.organization.id, 'the one last used')
  t.equal(await organizationIn({ organization_id: other.id }), other.id, 'the one named')
  const anew = await visit(platform, replica, {
    clientId: ours.id,
    cookie: cookieOf(cookie),
    more: { prompt: 'select_account' },
  })
  const toChoose = await askAsPages(platform, replica, {
    method: 'GET',
    url: `/internal/authorizations/${anew.at.searchParams.get('request')}`,
    token: String((await tokenOf(platform, replica, cookie)).body['access_token']),
  })
  t.same(toChoose.body['needs'], ['select_organization'], 'select_account asks again for one of several')
  const stranger = await signedIn(platform, replica)
  const outside = await silently({ organization_id: stranger.organization.id })
  t.equal(outcomeOf(outside.at), 'interaction_required')
  await tokenOf(platform, replica, cookie, { organization_id: null })
  t.equal(await organizationIn(), ada.organization.id, 'a token for none forgets nothing')
  await platform.admin`update sessions set last_organization_id = null where id = ${uuidOf(ada.sessionId)}`
  t.equal(outcomeOf((await silently()).at), 'interaction_required', 'nobody knows which of the two')
  const asked = await visit(platform, replica, { clientId: client.id, cookie: cookieOf(cookie) })
  const id = asked.at.searchParams.get('request') ?? ''
  const token = String((await tokenOf(platform, replica, cookie)).body['access_token'])
  const shown = await askAsPages(platform, replica, { method: 'GET', url: `/internal/authorizations/${id}`, token })
  t.same(shown.body['needs'], ['select_organization', 'consent'])
  t.same((shown.body['organizations'] as string[]).sort(), [ada.organization.id, other.id].sort())
})

t.test('a client of an organization serves its members alone', async (t) => {
  const [ada, bob] = [await signedIn(platform, replica), await signedIn(platform, replica)]
  const org = { id: ada.organization.id, token: ada.token, path: '' }
  const { body } = await createOAuthClient(platform, replica, org)
  const clientId = String(body['id'])
  const outsider = await boundBrowser(platform, replica, bob.token)
  t.equal(await outcome({ clientId, cookie: outsider, more: { prompt: 'none' } }), 'interaction_required')
  const refused = await createOAuthClient(platform, replica, org, { first_party: true })
  t.equal(refused.status, 400, 'nor is it one of the platform’s own')
})

t.test('what pages are shown of a request, before and after somebody signed in', async (t) => {
  const ada = await signedIn(platform, replica)
  const { at } = await visit(platform, replica, {
    clientId: client.id,
    more: {
      scope: 'openid email',
      login_hint: 'ada@example.com',
      ui_locales: 'de en',
      acr_values: 'aal1',
      max_age: '900',
    },
  })
  const url = `/internal/authorizations/${at.searchParams.get('request')}`
  const before = await askAsPages(platform, replica, { method: 'GET', url })
  t.match(before, {
    status: 200,
    body: {
      client: { id: client.id, name: 'Wiki' },
      redirect_host: 'app.example',
      redirect_source: 'https://app.example',
      scope: ['openid', 'email'],
      needs: ['sign_in', 'consent'],
      organizations: [],
      login_hint: 'ada@example.com',
      ui_locales: 'de en',
      acr_values: ['aal1'],
      max_age_seconds: 900,
      prompt: [],
    },
  })
  const after = await askAsPages(platform, replica, { method: 'GET', url, token: ada.token })
  t.match(after.body, { needs: ['consent'], organizations: [ada.organization.id] })
  const unknown = `/internal/authorizations/${newId('azr')}`
  t.equal((await askAsPages(platform, replica, { method: 'GET', url: unknown })).status, 404)
  t.ok([401, 403].includes((await platform.ask(replica, { method: 'GET', url })).status), 'the gateway is not pages')
})

t.test('id_token_hint: another person is asked to sign in, and what is no ID token of ours is refused', async (t) => {
  const [ada, bob] = [await allowedBrowser(), await allowedBrowser()]
  const begin = () => visit(platform, replica, { clientId: client.id, cookie: cookieOf(ada.cookie) })
  const hint = String((await redeemed(platform, replica, { client, begin }))['id_token'])
  for (const [cookie, token, expected] of [
    [ada.cookie, hint, 'code'],
    [bob.cookie, hint, 'login_required'],
    [ada.cookie, `${hint}x`, 'invalid_request'],
    [ada.cookie, ada.token, 'invalid_request'],
  ] as const)
    t.equal(await outcome({ cookie, more: { id_token_hint: token, prompt: 'none' } }), expected)
})

t.test(
  'whoever does not want to sign in is sent back with access_denied, by the browser that asked alone',
  async (t) => {
    const url = authorizeUrl(client.id, { code_challenge: proof().challenge, state: 's & 1' })
    const [begun, another] = [await begin(platform, replica, url), await begin(platform, replica, url)]
    const cancel = (id: string, cookie?: string) =>
      askProtocol(platform, replica, { url: `/oauth2/authorize/continue?cancel=${encodeURIComponent(id)}`, cookie })
    const id = begun.authorizationId
    for (const [what, answer] of [
      ['no cookie', await cancel(id)],
      ['the cookie of another request', await cancel(id, another.cookie)],
      [
        'the cookie of another under the name of this one',
        await cancel(id, `${begun.cookie.split('=')[0]}=${another.cookie.split('=')[1]}`),
      ],
      ['no id', await cancel('azr_x', begun.cookie)],
      ['an id of nothing', await cancel(`${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`, begun.cookie)],
    ] as const)
      t.match([answer.statusCode, answer.headers['content-type']], [400, /text\/html/], what)
    const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(id, begun.cookie)))
    const [sent, ...more] = answers.filter(({ statusCode }) => statusCode === 303)
    t.same(more, [], 'once')
    const at = new URL(String(sent?.headers.location))
    t.match(Object.fromEntries(at.searchParams), { error: 'access_denied', state: 's & 1', iss: issuer })
    const ada = await signedIn(platform, replica)
    await t.rejects(settle(platform, replica, { begun, token: ada.token }), /404/, 'nobody decides it after that')
    await settle(platform, replica, { begun: another, token: ada.token })
    t.equal(
      (await cancel(another.authorizationId, another.cookie)).statusCode,
      400,
      'nor is what was decided cancelled',
    )
  },
)

t.test('where a form may end: an origin, or the scheme of an application on the device', async (t) => {
  for (const [address, host, source] of [
    ['https://app.example:8443/x/callback', 'app.example:8443', 'https://app.example:8443'],
    ['http://127.0.0.1:4711/callback', '127.0.0.1:4711', 'http://127.0.0.1:4711'],
    ['http://[::1]/callback', '[::1]', 'http:'],
    ['com.example.app:/callback', 'com.example.app', 'com.example.app:'],
    ['com.example.app://callback', 'com.example.app', 'com.example.app:'],
  ] as const) {
    const native = await registered(platform, replica, { redirect_uris: [address] })
    const more = { code_challenge: proof().challenge, redirect_uri: address }
    const { authorizationId } = await begin(platform, replica, authorizeUrl(native.id, more))
    const shown = await askAsPages(platform, replica, {
      method: 'GET',
      url: `/internal/authorizations/${authorizationId}`,
    })
    t.match(shown.body, { redirect_host: host, redirect_source: source }, address)
  }
})
