/**
 * API keys at the door: told from garbage by their checksum, exchanged once, judged by the floors on every use, and
 * never passed on.
 */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { readinessOf } from '@gatehouse/service-kit/health/checks'
import type { ServerResponse } from 'node:http'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { readiness } from '../../src/readiness.ts'
import { mintToken, startGateway, type Echo } from '../support/fake-platform.ts'

type Answer = { status: number; headers: Headers; body: Record<string, unknown> }
type Exchange = (key: string, response: ServerResponse, organization?: string) => void

const newKey = (): string => mintSecret('gthk_dev_').secret
const json = (response: ServerResponse, status: number, body: object): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const answerProblem = (response: ServerResponse, status: number, code: string): void =>
  void response
    .writeHead(status, { 'content-type': 'application/problem+json' })
    .end(JSON.stringify({ type: 'x', title: 'x', status, code, request_id: 'req_x' }))
const refuse: Exchange = (_key, response) => answerProblem(response, 401, 'invalid_api_key')
const machineClaims = (o: { account?: string; keyId?: string; org?: string } = {}) => ({
  sub: o.account ?? newId('svc'),
  sid: o.keyId ?? newId('apk'),
  org_id: o.org ?? newId('org'),
  ov: 1,
  amr: ['api_key'],
})
/** Always the same principal, another token each time. */
const grant =
  (claims: ReturnType<typeof machineClaims>, seconds = 300): Exchange =>
  (_key, response) =>
    json(response, 200, { access_token: mintToken(claims), expires_in: seconds })

const claimsIn = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { org_id: string }

async function ready(t: Parameters<typeof startGateway>[0], env: Record<string, string> = {}) {
  const gateway = await startGateway(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '0', ...env })
  gateway.deps.floors.start()
  await waitUntil('the gateway is ready', async () => readinessOf(await readiness(gateway.deps)).status !== 'not ready')
  const exchanged: string[] = []
  const on = { exchange: refuse }
  const { platform } = gateway
  platform.answer = (echo: Echo, response) => {
    if (echo.url !== '/internal/api-keys/exchange') return json(response, 200, echo)
    const { key, organization_id: organization } = JSON.parse(echo.body) as { key: string; organization_id?: string }
    exchanged.push(key)
    on.exchange(key, response, organization)
  }
  const ask = async (key: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(gateway.url + path, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
    })
    return {
      status: response.status,
      headers: response.headers,
      body: JSON.parse(await response.text()) as Record<string, unknown>,
    }
  }
  /** Requests that reached a service behind the gateway, the exchange left out. */
  const passed = (): Echo[] => platform.passed.filter(({ url }) => !url.startsWith('/internal/'))
  return { ...gateway, ask, exchanged, on, passed }
}

t.test('16 first uses at once share one exchange; the token goes on, the key never does', async (t) => {
  const { ask, exchanged, on, passed } = await ready(t)
  const org = newId('org')
  const key = newKey()
  const waiting: (() => void)[] = []
  const answer = grant(machineClaims({ org }))
  on.exchange = (given, response) => void waiting.push(() => answer(given, response))
  const path = `/v1/organizations/${org}/roles`
  const answers = Array.from({ length: 16 }, () => ask(key, path))
  await waitUntil('the exchange has begun', () => waiting.length > 0)
  on.exchange = answer
  for (const go of waiting) go()
  t.same(new Set((await Promise.all(answers)).map(({ status }) => status)), new Set([200]))
  t.equal((await ask(key, path)).status, 200)
  t.same(exchanged, [key], 'one exchange for all of them, and for the next')
  for (const { headers } of passed()) {
    t.notMatch(JSON.stringify(headers), 'gthk_')
    t.match(headers['gatehouse-access-token'], /^eyJ/)
  }
  t.equal(
    (await ask(key, `/v1/organizations/${newId('org')}/roles`)).body['code'],
    'not_found',
    'another organization is as missing as ever',
  )
})

t.test('garbage reaches nobody: wrong checksums, other environments, other lengths', async (t) => {
  const { ask, exchanged } = await ready(t)
  const good = newKey()
  const flipped = good.slice(0, 20) + (good[20] === 'A' ? 'B' : 'A') + good.slice(21)
  for (const key of [
    flipped,
    `${good}A`,
    good.slice(0, -1),
    'gthk_',
    'gthk_dev_',
    good.replace('gthk_dev_', 'gthk_prod_'),
    mintSecret('gthk_prod_').secret,
    `gthk_dev_${'A'.repeat(5000)}`,
    good.toUpperCase().replace('GTHK_DEV_', 'gthk_dev_'),
  ]) {
    const { status, headers, body } = await ask(key, '/v1/authz/catalog')
    t.match([status, body['code']], [401, 'invalid_api_key'], key.slice(0, 60))
    t.ok(headers.get('www-authenticate'))
  }
  for (const key of ['gthk_dev_\u00fc\u00e9', 'gthk_dev_a b', 'gthk_dev_"'])
    t.match((await ask(key, '/v1/authz/catalog')).status, 401)
  t.same(exchanged, [])
})

t.test('people only: a clear 403, and on an open route a key is not looked at', async (t) => {
  const { ask, on, exchanged } = await ready(t)
  const key = newKey()
  on.exchange = grant(machineClaims())
  t.match((await ask(key, '/v1/me')).body, { status: 403, code: 'person_required' })
  t.match(
    (
      await ask(key, '/v1/organizations', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"name":"x"}',
      })
    ).body,
    { status: 403, code: 'person_required' },
  )
  t.equal((await ask(key, '/v1/authz/catalog')).status, 200)
  t.equal((await ask(key, '/.well-known/authzen-configuration')).status, 200)
  on.exchange = refuse
  const before = exchanged.length
  t.equal((await ask(newKey(), '/.well-known/authzen-configuration')).status, 200)
  t.equal(exchanged.length, before)
})

t.test('a key of the platform is exchanged for each organization it names, and its tokens only ask', async (t) => {
  const { ask, exchanged, on, passed } = await ready(t)
  const key = newKey()
  const account = { account: newId('svc'), keyId: newId('apk') }
  const [acme, globex, closed] = [newId('org'), newId('org'), newId('org')]
  on.exchange = (_key, response, org) => {
    if (org === undefined) return answerProblem(response, 403, 'organization_required')
    if (org === closed) return answerProblem(response, 403, 'organization_unavailable')
    const claims = { ...machineClaims({ ...account, org }), of_platform: true }
    json(response, 200, { access_token: mintToken(claims), expires_in: 300 })
  }
  const evaluate = (org?: string, path = '/access/v1/evaluation') =>
    ask(key, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(org !== undefined && { 'gatehouse-organization': org }) },
      body: '{}',
    })
  for (const org of [acme, globex, acme, globex]) t.equal((await evaluate(org)).status, 200)
  t.equal(exchanged.length, 2, 'one exchange for each organization')
  t.same(
    passed().map(({ headers }) => claimsIn(String(headers['gatehouse-access-token'])).org_id),
    [acme, globex, acme, globex],
  )
  for (const [org, code] of [
    [undefined, 'organization_required'],
    [closed, 'organization_unavailable'],
    [closed, 'organization_unavailable'],
  ] as const)
    t.match((await evaluate(org)).body, { status: 403, code })
  t.equal(exchanged.length, 4, 'a refusal is remembered for a moment')
  for (const org of ['', 'org_x', acme.toUpperCase(), newId('user'), `${acme}, ${globex}`])
    t.match((await evaluate(org)).body, { status: 400, code: 'malformed_request' }, JSON.stringify(org))
  t.equal((await evaluate(acme)).status, 200, 'and the others go on')
  const before = passed().length
  const headers = { 'gatehouse-organization': acme }
  const others = publicRoutes.filter(({ auth, principals }) => auth !== 'open' && principals !== 'any_and_platform')
  t.ok(others.length > 150)
  for (const { method, path, operationId } of others) {
    const { body } = await ask(key, path.replace(':org', acme).replace(/:\w+/g, 'x'), { method, headers })
    t.match(body, { status: 403, code: /^(forbidden|person_required)$/ }, operationId)
  }
  t.match((await ask(key, `/v1/organizations/${globex}/roles`, { headers })).body, { status: 404, code: 'not_found' })
  t.equal(passed().length, before, 'none of these reached a service')
})

t.test('a refused key is not asked about again for a moment', async (t) => {
  const { ask, exchanged } = await ready(t)
  const key = newKey()
  for (const _ of [1, 2, 3])
    t.match((await ask(key, '/v1/authz/catalog')).body, { status: 401, code: 'invalid_api_key' })
  t.same(exchanged, [key])
})

t.test(
  'void as soon as the event is known: the key, the account, the organization; what still stands is exchanged anew',
  async (t) => {
    const { ask, exchanged, on, platform } = await ready(t)
    const [revoked, disabled] = [machineClaims(), machineClaims()]
    const [one, two] = [newKey(), newKey()]
    on.exchange = (key, response) => grant(key === one ? revoked : disabled)(key, response)
    const code = async (key: string): Promise<unknown> => (await ask(key, '/v1/authz/catalog')).body['code'] ?? 200
    t.same([await code(one), await code(two)], [200, 200])

    // Tokens refuses it from the commit on; what was exchanged before is void when the event arrives.
    on.exchange = (key, response) => (key === one ? refuse : grant(disabled))(key, response)
    platform.announce('tokens', 'api_key.revoked.v1', {
      api_key_id: revoked.sid,
      service_account_id: revoked.sub,
      organization_id: revoked.org_id,
      min_sv: 2,
    })
    await waitUntil('the revoked key is refused', async () => (await code(one)) === 'invalid_api_key')
    t.equal(await code(two), 200, 'another key is not touched')

    platform.announce('tokens', 'service_account.updated.v1', {
      service_account_id: disabled.sub,
      organization_id: disabled.org_id,
      status: 'disabled',
      changed: ['status'],
      min_uv: 3,
    })
    await waitUntil('the disabled account is refused', async () => (await code(two)) === 'token_revoked')
    const before = exchanged.length
    on.exchange = grant({ ...disabled, uv: 4 } as never)
    t.equal(await code(two), 200, 'enabled again: its next token is above the floor')
    t.equal(exchanged.length, before + 1)
  },
)

t.test('a token near its end is changed for the next', async (t) => {
  const { ask, exchanged, on } = await ready(t)
  const key = newKey()
  on.exchange = grant(machineClaims(), 0)
  for (const _ of [1, 2]) t.equal((await ask(key, '/v1/authz/catalog')).status, 200)
  t.equal(exchanged.length, 2)
})

t.test('tokens away: 503 for a key that would have to be exchanged, and a key exchanged before goes on', async (t) => {
  const { ask, on } = await ready(t)
  const known = newKey()
  on.exchange = grant(machineClaims())
  t.equal((await ask(known, '/v1/authz/catalog')).status, 200)
  on.exchange = (_key, response) => void response.socket?.destroy()
  const { status, headers, body } = await ask(newKey(), '/v1/authz/catalog')
  t.match([status, body['code']], [503, 'upstream_failed'])
  t.ok(headers.get('retry-after'))
  t.equal((await ask(known, '/v1/authz/catalog')).status, 200)
  on.exchange = (_key, response) => answerProblem(response, 503, 'not_current')
  t.match((await ask(newKey(), '/v1/authz/catalog')).body, { status: 503, code: 'not_current' })
})

t.test(
  '429: an address that tries wrong keys is stopped; others, and keys that are known to be good, are not',
  async (t) => {
    const { ask, exchanged, on } = await ready(t, {
      GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '3',
      TRUSTED_PROXIES: '127.0.0.1',
    })
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    const good = newKey()
    on.exchange = (key, response) => (key === good ? grant(machineClaims()) : refuse)(key, response)
    t.equal((await ask(good, '/v1/authz/catalog', from('198.51.100.1'))).status, 200)
    const statuses = []
    for (const key of [newKey(), 'gthk_dev_x', newKey(), newKey()])
      statuses.push((await ask(key, '/v1/authz/catalog', from('198.51.100.1'))).status)
    t.same(statuses, [401, 401, 401, 429])
    const limited = await ask(newKey(), '/v1/authz/catalog', from('198.51.100.1'))
    t.match([limited.status, limited.body['code']], [429, 'rate_limited'])
    t.ok(Number(limited.headers.get('retry-after')) >= 1)
    t.equal(exchanged.length, 3, 'the good one and two refused: after that nobody is asked')
    t.equal(
      (await ask(good, '/v1/authz/catalog', from('198.51.100.1'))).status,
      200,
      'a key that is known to be good is let in',
    )
    t.equal((await ask(newKey(), '/v1/authz/catalog', from('198.51.100.2'))).status, 401, 'another address has its own')
  },
)

t.test('429 spares a key that was good before, also when its token has to be exchanged anew', async (t) => {
  const { ask, exchanged, on } = await ready(t, { GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '2' })
  const good = newKey()
  on.exchange = (key, response) => (key === good ? grant(machineClaims(), 0) : refuse)(key, response)
  const code = async (key: string): Promise<number> => (await ask(key, '/v1/authz/catalog')).status
  t.equal(await code(good), 200)
  t.same([await code(newKey()), await code(newKey()), await code(newKey())], [401, 401, 429])
  t.equal(await code(good), 200, 'an office behind the same address goes on')
  t.equal(exchanged.filter((key) => key === good).length, 2, 'it was exchanged anew')
  on.exchange = refuse
  t.equal(await code(good), 401, 'it is over')
  t.equal(await code(good), 429, 'and from now on it is a wrong key like any other')
})
