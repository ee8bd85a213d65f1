/** The key set, and what readers of tokens load and follow. */
import { createAssertionSigner, generateServiceKey } from '@gatehouse/access/tokens/assertion'
import t from 'tap'
import { loadKeyRing } from '../../src/use-cases/keys/keep-signing-keys.ts'
import { openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person } = platform
const lines = async (view: string, as: 'gateway' | 'nobody' = 'gateway') => {
  const answer = await platform.askRaw(replica, { method: 'GET', url: `/internal/snapshot?view=${view}`, as })
  return {
    status: answer.statusCode,
    records:
      answer.statusCode === 200
        ? answer.body
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : [],
  }
}

t.test('the key set shows public halves only, to the world for a minute, to services at once', async (t) => {
  const world = await ask(replica, { method: 'GET', url: '/.well-known/jwks.json' })
  t.equal(world.status, 200)
  t.equal(world.headers['cache-control'], 'public, max-age=60')
  const keys = world.body['keys'] as Record<string, unknown>[]
  const [es256, rs256, ...more] = keys.sort((a, b) => String(a['alg']).localeCompare(String(b['alg'])))
  t.match(es256, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: /^key_/ })
  t.match(rs256, { kty: 'RSA', e: 'AQAB', alg: 'RS256', use: 'sig', kid: /^key_/ })
  t.same(more, [], 'one of each algorithm')
  for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
    t.notOk(member in (es256 ?? {}) || member in (rs256 ?? {}), `no ${member}`)
  const inside = (await ask(replica, { method: 'GET', url: '/internal/jwks', as: 'orgs' })).body['keys'] as object[]
  t.same(new Set(inside.map((key) => JSON.stringify(key))), new Set(keys.map((key) => JSON.stringify(key))))
  t.equal((await ask(replica, { method: 'GET', url: '/internal/jwks', as: 'tokens' })).status, 403)
  t.equal((await ask(replica, { method: 'GET', url: '/internal/jwks', as: 'nobody' })).status, 401)
})

t.test('changes tell every event in order; only the services that follow may ask', async (t) => {
  await signIn(replica, person().id)
  const { status, body } = await ask(replica, { method: 'GET', url: '/internal/changes?after=0', as: 'workers' })
  t.equal(status, 200)
  const events = body['events'] as { position: number; type: string }[]
  t.same(
    events.map((event) => event.position),
    events.map((_, index) => index + 1),
    'without a gap',
  )
  t.equal(events[0]?.type, 'gatehouse.tokens.signing_key.created.v1')
  t.equal(body['head'], events.length)
  t.equal((await ask(replica, { method: 'GET', url: '/internal/changes?after=0', as: 'nobody' })).status, 401)
})

t.test('floors: sessions that ended lately, and keys that were voided', async (t) => {
  const { id } = person()
  const here = await signIn(replica, id)
  const gone = await signIn(replica, id)
  const longGone = await signIn(replica, id)
  for (const session of [gone, longGone])
    await ask(replica, { method: 'DELETE', url: `/v1/me/sessions/${session.session_id}`, token: here.access_token })
  await platform.admin`update sessions set floor_changed_at = floor_changed_at - interval '601 seconds'
    where id = (select id from sessions where status = 'ended' order by id desc limit 1)`
  const { records } = await lines('floors')
  t.match(records[0], { epoch: /./, position: Number })
  t.same(records.slice(1, -1), [{ kind: 'session', id: gone.session_id, ended: true, min_version: 2 }])
  t.same(records.at(-1), { end: true })
})

t.test('state: live sessions', async (t) => {
  const { id } = person()
  const live = await signIn(replica, id)
  const { records } = await lines('state')
  t.match(
    records.find((record) => record['id'] === live.session_id),
    { kind: 'session', user_id: id, status: 'active', version: 1, min_version: 0 },
  )
  t.equal((await lines('nonsense')).status, 404)
  t.equal((await lines('state', 'nobody')).status, 401)
})

t.test('a voided key is gone from the key set, signs nothing, and is a floor', async (t) => {
  const before = await signIn(replica, person().id)
  const voided = replica.deps.keyRing.jwks(new Date()).keys.map(({ kid }) => kid)
  await platform.admin`update signing_keys set voided_at = now()`
  await loadKeyRing(replica.deps)
  t.same(replica.deps.keyRing.jwks(new Date()).keys, [])
  t.match(
    await platform.refresh(replica, before.refresh_token),
    { status: 503, body: { code: 'unavailable' } },
    'no key, no token, nothing exchanged',
  )
  t.same(
    new Set((await lines('floors')).records.filter(({ kind }) => kind === 'kid').map(({ id }) => id)),
    new Set(voided),
  )
  const second = await platform.replica()
  t.equal((await platform.refresh(second, before.refresh_token)).status, 200, 'a new key was made at the next start')
  const made = second.deps.keyRing.jwks(new Date()).keys.map(({ kid }) => kid)
  t.equal(made.length, 2)
  t.notOk(made.some((kid) => voided.includes(kid)))
})

t.test('an assertion of a service nobody pinned is no caller', async (t) => {
  const { privateJwk } = generateServiceKey('gateway')
  const stranger = createAssertionSigner({ service: 'gateway', privateJwk })
  const answer = await replica.app.inject({
    method: 'GET',
    url: '/.well-known/jwks.json',
    headers: {
      authorization: `Bearer ${stranger.assertionFor('tokens', { method: 'GET', path: '/.well-known/jwks.json' })}`,
    },
  })
  t.equal(answer.statusCode, 401)
})
