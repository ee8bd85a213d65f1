/** Access tokens at the door, with NATS and Redis away: who passes, as whom, and what ends it. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { readiness } from '../../src/readiness.ts'
import { asked, ready } from '../support/client.ts'
import { inOrganization, mintToken, startGateway, type Echo } from '../support/fake-platform.ts'

t.test(
  'tokens: none, forged, expired, of another organization; every refusal is a problem with a challenge',
  async (t) => {
    const { ask } = await ready(t)
    const own = newId('org')
    const orgToken = mintToken(inOrganization(own))
    const rows: [string, string, string | undefined, number, string | undefined][] = [
      ['nobody', '/v1/me', undefined, 401, 'unauthenticated'],
      ['a person', '/v1/me', mintToken(), 200, undefined],
      ['garbage', '/v1/me', 'a.b.c', 401, 'unauthenticated'],
      ['alg none', '/v1/me', mintToken({}, { alg: 'none' }), 401, 'unauthenticated'],
      ['a foreign kid', '/v1/me', mintToken({}, { kid: 'k9' }), 401, 'unauthenticated'],
      ['expired', '/v1/me', mintToken({ exp: Math.floor(Date.now() / 1000) - 60 }), 401, 'unauthenticated'],
      ['another issuer', '/v1/me', mintToken({ iss: 'https://evil.example' }), 401, 'unauthenticated'],
      ['its own organization', `/v1/organizations/${own}`, orgToken, 200, undefined],
      ['another organization', `/v1/organizations/${newId('org')}`, orgToken, 404, 'not_found'],
      ['no organization in the token', `/v1/organizations/${own}`, mintToken(), 404, 'not_found'],
      ['an organization that is no id', '/v1/organizations/..%2F..%2Fetc', orgToken, 404, 'not_found'],
    ]
    for (const [name, path, token, status, code] of rows) {
      const answer = await ask(path, token === undefined ? {} : { token })
      t.equal(answer.status, status, name)
      if (code) t.match(answer.body, { code, request_id: String }, name)
      if (status === 401)
        t.equal(
          answer.headers.get('www-authenticate'),
          token === undefined ? 'Bearer realm="gatehouse"' : 'Bearer error="invalid_token"',
          name,
        )
    }
    t.match(
      (
        await ask('/access/v1/evaluation', {
          method: 'POST',
          token: mintToken(),
          headers: { 'content-type': 'application/json' },
          body: '{}',
        })
      ).body,
      { status: 403, code: 'organization_required' },
    )
    t.match((await ask('/v1/me', { headers: { authorization: 'Basic YTpi' } })).body, { code: 'unauthenticated' })
  },
)

t.test('a void token is refused as soon as the event is known, and stays refused', async (t) => {
  const { ask, platform } = await ready(t)
  const [sid, userId, orgId] = [newId('ses'), newId('user'), newId('org')]
  const mid = newId('mem')
  const bySession = mintToken({ sid })
  const inOrg = mintToken({ sub: userId, ...inOrganization(orgId), mid })
  const without = mintToken({ sub: userId })
  const status = async (token: string): Promise<unknown> => (await ask('/v1/me', { token })).body['code'] ?? 200
  t.same([await status(bySession), await status(inOrg), await status(without)], [200, 200, 200])

  platform.announce('tokens', 'session.ended.v1', { session_id: sid, user_id: userId, reason: 'revoked', min_sv: 2 })
  await waitUntil('the ended session is refused', async () => (await status(bySession)) === 'token_revoked')
  platform.announce('orgs', 'membership.removed.v1', {
    membership_id: mid,
    organization_id: orgId,
    user_id: userId,
    min_mv: 2,
  })
  await waitUntil('the removed member is refused', async () => (await status(inOrg)) === 'token_revoked')
  t.equal(await status(without), 200, 'their token without organization still works')
  platform.announce('tokens', 'signing_key.voided.v1', { kid: 'k1' })
  await waitUntil('every token of a voided key is refused', async () => (await status(without)) === 'token_revoked')
  t.equal(await status(mintToken()), 'token_revoked')
})

t.test('a starting gateway knows what ended before it started, and is not ready before it does', async (t) => {
  const gateway = await startGateway(t)
  const ask = asked(gateway.url)
  const sid = newId('ses')
  gateway.platform.producers['tokens']?.snapshot.push({ kind: 'session', id: sid, ended: true, min_version: 2 })
  const good = mintToken()
  const checks = await readiness(gateway.deps)
  t.same(
    checks.filter(({ ok, degraded }) => !ok && degraded !== true).map(({ name }) => name),
    ['floors of identity', 'floors of tokens', 'floors of orgs'],
  )
  t.equal(
    (await ask('/v1/me', { token: good })).body['code'],
    'not_current',
    'before the floors are loaded nobody is vouched for',
  )
  gateway.deps.floors.start()
  await waitUntil('the floors are loaded', () => gateway.deps.floors.checks().every(({ ok }) => ok))
  t.equal((await ask('/v1/me', { token: mintToken({ sid }) })).body['code'], 'token_revoked')
  t.equal((await ask('/v1/me', { token: good })).status, 200)
})

t.test(
  'when a producer cannot prove itself for 5 s, its tokens are 503 not_current; open routes and keys go on; it recovers by itself',
  async (t) => {
    const { ask, platform } = await ready(t)
    const [plain, inOrg] = [mintToken(), mintToken(inOrganization())]
    const code = async (token: string): Promise<unknown> => (await ask('/v1/me', { token })).body['code'] ?? 200
    const orgs = platform.producers['orgs'] as { isDown: boolean }
    orgs.isDown = true
    await waitUntil('organizations are not current', async () => (await code(inOrg)) === 'not_current', 15_000)
    t.equal(await code(plain), 200, 'a token without organization does not need them')
    t.ok((await ask('/v1/me', { token: inOrg })).headers.get('retry-after'))

    const tokens = platform.producers['tokens'] as { isDown: boolean }
    tokens.isDown = true
    await waitUntil('nobody is current', async () => (await code(plain)) === 'not_current', 15_000)
    t.equal((await ask('/.well-known/jwks.json')).status, 200, 'the keys stay up')
    t.equal((await ask('/.well-known/authzen-configuration')).status, 200)
    const open = await ask('/.well-known/authzen-configuration', { token: plain })
    t.equal(open.status, 200)
    t.notOk(
      'gatehouse-access-token' in (platform.passed.at(-1) as Echo).headers,
      'nobody is vouched for on an open route',
    )
    orgs.isDown = tokens.isDown = false
    await waitUntil('all is current again', async () => (await code(plain)) === 200 && (await code(inOrg)) === 200)
  },
)
