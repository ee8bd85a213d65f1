/**
 * The refresh token in a cookie: given and taken for pages of the platform's own, never told to a script, and of no use
 * to a page of anybody else.
 */
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { ready } from '../support/client.ts'
import type { FakePlatform } from '../support/fake-platform.ts'

const page = 'https://app.example'
const refreshToken = `gthr_${'r'.repeat(49)}`
const successor = `gthr_${'s'.repeat(49)}`
const cookie = `gatehouse_refresh=${refreshToken}`
const attributes = 'Max-Age=7776000; Path=/; HttpOnly; SameSite=Strict'

const { ask, platform, url } = await ready(t, { GATEWAY_CORS_ORIGINS: page })
platform.answer = answerTokens(platform)

function answerTokens(_platform: FakePlatform): FakePlatform['answer'] {
  return ({ url: path }, response) => {
    if (path.endsWith('/logout')) return void response.writeHead(204).end()
    const body = path.endsWith('/challenge')
      ? { status: 'challenge', challenge: 'c', next: ['totp'] }
      : { status: 'authenticated', access_token: 'a', refresh_token: successor }
    const text = JSON.stringify(body)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
  }
}

type Sent = { headers?: Record<string, string | undefined>; body?: string | undefined }
const send = (path: string, { headers = {}, body = '{}' }: Sent = {}) => {
  const all = { 'content-type': 'application/json', 'gatehouse-token-transport': 'cookie', origin: page, ...headers }
  const kept = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return ask(`/v1/auth/${path}`, { method: 'POST', headers: Object.fromEntries(kept), ...(body !== '' && { body }) })
}
const lastBody = (): unknown => JSON.parse(platform.passed.at(-1)?.body ?? 'null')

t.test('a sign-in sets it and does not tell it; a challenge sets nothing', async (t) => {
  for (const path of ['login', 'passkey']) {
    const { status, body, headers } = await send(path)
    t.same([status, body], [200, { status: 'authenticated', access_token: 'a' }], path)
    t.equal(headers.get('set-cookie'), `gatehouse_refresh=${successor}; ${attributes}`)
  }
  const challenged = await send('challenge')
  t.same([challenged.body['status'], challenged.headers.get('set-cookie')], ['challenge', null])
})

t.test('who does not ask for it gets the token as ever, and a cookie that is sent counts for nothing', async (t) => {
  const { body, headers } = await send('login', { headers: { 'gatehouse-token-transport': undefined } })
  t.same([body['refresh_token'], headers.get('set-cookie')], [successor, null])
  await send('refresh', { headers: { 'gatehouse-token-transport': undefined, cookie } })
  t.same([lastBody(), platform.passed.at(-1)?.headers['cookie']], [{}, undefined])
})

t.test('a refresh takes it from the cookie, with or without a body, and sets its successor', async (t) => {
  const orgId = 'org_01kay00000e008000000000002'
  for (const [body, passed] of [
    ['', { refresh_token: refreshToken }],
    ['{}', { refresh_token: refreshToken }],
    [JSON.stringify({ organization_id: orgId }), { organization_id: orgId, refresh_token: refreshToken }],
  ] as const) {
    const headers = { cookie: `other=1; ${cookie}; gatehouse_refresh_x=2`, ...(!body && { 'content-type': undefined }) }
    const answer = await send('refresh', { body, headers })
    t.same([answer.status, answer.body['refresh_token']], [200, undefined])
    t.same(lastBody(), passed)
    t.match(platform.passed.at(-1)?.headers, { 'content-type': 'application/json', cookie: undefined })
    t.equal(answer.headers.get('set-cookie'), `gatehouse_refresh=${successor}; ${attributes}`)
  }
})

t.test('a logout ends the session of the cookie and takes the cookie away; again is the same', async (t) => {
  for (const headers of [{ cookie }, {}]) {
    const { status, headers: got } = await send('logout', { headers })
    t.same([status, got.get('set-cookie')], [204, `gatehouse_refresh=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict`])
    t.same(lastBody(), 'cookie' in headers ? { refresh_token: refreshToken } : {})
  }
})

t.test('401 without a cookie that could be one; the cookie of another tab stays', async (t) => {
  for (const wrong of [undefined, 'gatehouse_refresh=', 'gatehouse_refresh=a b', `x${cookie}`, `${cookie}"`, '=;;=']) {
    const { status, body, headers } = await send('refresh', { headers: { cookie: wrong } })
    t.same([status, body['code'], headers.get('set-cookie')], [401, 'invalid_refresh_token', null], String(wrong))
  }
  const long = await send('refresh', { headers: { cookie: `gatehouse_refresh=${'r'.repeat(4000)}` } })
  t.equal(long.status, 401)
})

t.test('400: in both ways, twice, or by a transport that there is not', async (t) => {
  const both = await send('refresh', { headers: { cookie }, body: JSON.stringify({ refresh_token: successor }) })
  t.match([both.status, both.body['code']], [400, 'validation_failed'])
  t.match((await send('refresh', { headers: { cookie: `${cookie}; ${cookie}` } })).status, 400)
  for (const transport of ['body', 'Cookie', ''])
    t.equal((await send('login', { headers: { 'gatehouse-token-transport': transport } })).status, 400, transport)
})

t.test('403 for every page that is not the platform’s own, and for who is no browser', async (t) => {
  const before = platform.passed.length
  for (const origin of [
    'https://evil.example',
    'null',
    'http://app.example',
    'https://app.example:8443',
    'https://app.example/',
    'https://APP.example',
    'https://app.example.evil.example',
    undefined,
  ])
    for (const path of ['login', 'refresh', 'logout']) {
      const { status, body, headers } = await send(path, { headers: { origin, cookie } })
      t.same([status, body['code'], headers.get('set-cookie')], [403, 'forbidden', null], `${path} from ${origin}`)
    }
  t.equal(platform.passed.length, before, 'and no service is asked')
})

t.test('200 for the platform’s own address, and for a browser that leaves its origin out within one', async (t) => {
  t.equal((await send('refresh', { headers: { cookie, origin: 'http://127.0.0.1:8080' } })).status, 200)
  const within = { cookie, origin: undefined, 'sec-fetch-site': 'same-origin' }
  t.equal((await send('refresh', { headers: within })).status, 200)
  t.equal((await send('refresh', { headers: { ...within, 'sec-fetch-site': 'same-site' } })).status, 403)
})

t.test('over https the cookie is of this host alone (`__Host-`), and goes over nothing else', async (t) => {
  const secure = await ready(t, { GATEHOUSE_ISSUER: 'https://id.example', GATEWAY_CORS_ORIGINS: page })
  secure.platform.answer = answerTokens(secure.platform)
  const headers = { 'gatehouse-token-transport': 'cookie', origin: page, cookie }
  const plain = await secure.ask('/v1/auth/refresh', { method: 'POST', headers })
  t.equal(plain.status, 401, 'a cookie that any subdomain could set is none')
  const named = await secure.ask('/v1/auth/refresh', {
    method: 'POST',
    headers: { ...headers, cookie: `__Host-${cookie}` },
  })
  t.equal(named.headers.get('set-cookie'), `__Host-gatehouse_refresh=${successor}; ${attributes}; Secure`)
})

t.test('budget: tokens are counted one by one, in a cookie as well', async (t) => {
  const limited = await ready(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '2', GATEWAY_CORS_ORIGINS: page })
  limited.platform.answer = answerTokens(limited.platform)
  const refresh = async (token: string) => {
    const headers = { 'gatehouse-token-transport': 'cookie', origin: page, cookie: `gatehouse_refresh=${token}` }
    return (await limited.ask('/v1/auth/refresh', { method: 'POST', headers })).status
  }
  const statuses = [await refresh(refreshToken), await refresh(refreshToken), await refresh(refreshToken)]
  t.same([...statuses, await refresh(successor)], [200, 200, 429, 200])
})

const clientEvent = (id: string, more: object) => ({
  client_id: id,
  organization_id: null,
  status: 'active',
  allowed_origins: [],
  first_party: false,
  ...more,
})
type Preflight = { allowed: string | null; credentials: string | null }
async function preflight(origin: string, path = '/v1/auth/refresh'): Promise<Preflight> {
  const { headers } = await fetch(url + path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })
  return {
    allowed: headers.get('access-control-allow-origin'),
    credentials: headers.get('access-control-allow-credentials'),
  }
}
const nobody: Preflight = { allowed: null, credentials: null }

t.test('CORS: origins of clients come and go with what clients say; cookies are for first-party ones', async (t) => {
  const [theirs, ours] = ['https://wiki.example', 'https://own.example']
  const becomes = (origin: string, wanted: Preflight, path?: string) =>
    waitUntil(`${origin} is ${JSON.stringify(wanted)}`, async () => {
      const { allowed, credentials } = await preflight(origin, path)
      return allowed === wanted.allowed && credentials === wanted.credentials
    })
  t.same(await preflight(theirs), nobody)
  const say = (type: string, id: string, more: object) =>
    platform.announce('tokens', `oauth_client.${type}.v1`, clientEvent(id, more))
  say('created', 'client_a', { allowed_origins: [theirs], organization_id: 'org_a' })
  say('created', 'client_b', { allowed_origins: [ours], first_party: true })
  await becomes(theirs, { allowed: theirs, credentials: null })
  await becomes(ours, { allowed: ours, credentials: 'true' })
  t.same(await preflight(ours, '/v1/me'), { allowed: ours, credentials: null }, 'and nowhere else')
  t.same(await preflight(page), { allowed: page, credentials: 'true' })
  t.equal((await send('refresh', { headers: { cookie, origin: theirs } })).status, 403)
  t.equal((await send('refresh', { headers: { cookie, origin: ours } })).status, 200)
  const refused = await ask('/v1/me', { headers: { origin: theirs } })
  t.same([refused.status, refused.headers.get('access-control-allow-origin')], [401, theirs], 'an error can be read')
  t.match(refused.headers.get('vary'), /Origin/)

  say('updated', 'client_b', { allowed_origins: [ours], first_party: true, status: 'disabled' })
  await becomes(ours, nobody)
  platform.announce('orgs', 'organization.deleted.v1', { organization_id: 'org_a', min_ov: 2 })
  await becomes(theirs, nobody)
  say('updated', 'client_b', { allowed_origins: [ours], first_party: true })
  await becomes(ours, { allowed: ours, credentials: 'true' })
  say('deleted', 'client_b', { status: 'deleted' })
  await becomes(ours, nobody)
})

t.test('a gateway that starts later knows the origins from the snapshot', async (t) => {
  const late = await ready(t, {}, undefined, ({ producers }) =>
    producers['tokens']?.snapshot.push({
      kind: 'client_origins',
      id: 'client_c',
      organization_id: null,
      first_party: true,
      allowed_origins: [page],
    }),
  )
  const { headers } = await late.ask('/v1/me', { headers: { origin: page } })
  t.equal(headers.get('access-control-allow-origin'), page)
})
