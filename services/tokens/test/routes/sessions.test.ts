/** Listing and ending one's own sessions, and who may not: by status code. */
import { signEs256 } from '@gatehouse/access/tokens/es256'
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import t from 'tap'
import { newEcKeyPair } from '@gatehouse/service-kit/secrets/key-pair'
import { claimsOf, openPlatform } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, signIn, person, refresh } = platform
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'

t.test('list 200: newest first, with device and address, and which one is asking', async (t) => {
  const { id } = person()
  const older = await signIn(replica, id, { userAgent: firefox })
  const newer = await signIn(replica, id, { userAgent: 'curl/8.5.0' })
  await signIn(replica, person().id)
  const { status, body } = await ask(replica, { method: 'GET', url: '/v1/me/sessions', token: older.access_token })
  t.equal(status, 200)
  t.match(body['data'], [
    { id: newer.session_id, current: false, device: { name: 'curl/8.5.0', client_address: '203.0.113.7' } },
    { id: older.session_id, current: true, device: { name: 'Firefox on Linux' } },
  ])
  t.equal((body['data'] as unknown[]).length, 2, 'nobody else’s')
  t.same(body['page'], { next_cursor: null, has_more: false })
})

t.test('list 200: page by page, each session once; expired ones are not live', async (t) => {
  const { id } = person()
  const all = []
  for (let n = 0; n < 5; n += 1) all.push(await signIn(replica, id))
  const [expired, ...live] = all as [(typeof all)[number], ...typeof all]
  await platform.age(expired.session_id, 15 * 86_400)
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await ask(replica, {
      method: 'GET',
      url: `/v1/me/sessions?limit=2${cursor && `&cursor=${cursor}`}`,
      token: live[0]?.access_token ?? '',
    })
    seen.push(...(body['data'] as { id: string }[]).map((session) => session.id))
    cursor = String((body['page'] as { next_cursor: string | null }).next_cursor ?? '')
  } while (cursor !== '')
  t.same(seen, live.map((session) => session.session_id).reverse())
})

t.test('list 400: a cursor or limit that is none', async (t) => {
  const { access_token: token } = await signIn(replica, person().id)
  for (const [query, code] of [
    ['cursor=nonsense', 'invalid_cursor'],
    [`cursor=${Buffer.from('["ses_1"]').toString('base64url')}`, 'invalid_cursor'],
    ['limit=0', 'validation_failed'],
    ['limit=201', 'validation_failed'],
    ['limit=x', 'validation_failed'],
    ['page=2', 'validation_failed'],
  ]) {
    t.match(await ask(replica, { method: 'GET', url: `/v1/me/sessions?${query}`, token }), {
      status: 400,
      body: { code },
    })
  }
})

t.test('end 204: the session is over: announced, no refresh, and ending it again is no error', async (t) => {
  const { id } = person()
  const mine = await signIn(replica, id)
  const lost = await signIn(replica, id)
  const end = () =>
    ask(replica, { method: 'DELETE', url: `/v1/me/sessions/${lost.session_id}`, token: mine.access_token })
  const { status, headers } = await end()
  t.equal(status, 204)
  t.ok(headers['gatehouse-revision'], 'the answer says which position it depends on')
  t.match((await refresh(replica, lost.refresh_token)).status, 401)
  t.equal((await end()).status, 204)
  t.same(await platform.announced(replica, lost.session_id), ['session.started.v1', 'session.ended.v1'])
  t.equal((await refresh(replica, mine.refresh_token)).status, 200, 'the other one goes on')
})

t.test('end 404: somebody else’s, nobody’s and malformed ids are one answer', async (t) => {
  const { access_token: token } = await signIn(replica, person().id)
  const theirs = await signIn(replica, person().id)
  const answers = []
  for (const id of [theirs.session_id, newId('ses'), newId('user'), 'ses_1', '%00', 'a'.repeat(200)]) {
    const { status, body } = await ask(replica, { method: 'DELETE', url: `/v1/me/sessions/${id}`, token })
    const { request_id: _, ...rest } = body
    answers.push({ status, ...rest })
  }
  t.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
  t.match(answers[0], { status: 404, code: 'not_found' })
  t.equal((await refresh(replica, theirs.refresh_token)).status, 200, 'theirs lives')
})

t.test('logout 204: this session and no other', async (t) => {
  const { id } = person()
  const here = await signIn(replica, id)
  const there = await signIn(replica, id)
  t.equal((await ask(replica, { method: 'POST', url: '/v1/auth/logout', token: here.access_token })).status, 204)
  t.equal((await refresh(replica, here.refresh_token)).status, 401)
  t.equal((await refresh(replica, there.refresh_token)).status, 200)
  t.match(
    (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.findLast(
      (event) => event.subject === here.session_id,
    ),
    { data: { reason: 'logout', min_sv: 2 }, actor: `user:${id}` },
  )
})

const logOut = (body?: object, token?: string) =>
  ask(replica, {
    method: 'POST',
    url: '/v1/auth/logout',
    ...(body !== undefined && { body }),
    ...(token !== undefined && { token }),
  })

t.test(
  'logout 204: the refresh token alone ends its session, again and again, and from any link of the chain',
  async (t) => {
    const { id } = person()
    const here = await signIn(replica, id)
    const there = await signIn(replica, id)
    const second = String((await refresh(replica, here.refresh_token)).body['refresh_token'])
    for (const token of [second, second, here.refresh_token])
      t.equal((await logOut({ refresh_token: token })).status, 204)
    t.equal((await refresh(replica, second)).status, 401)
    t.same(await platform.announced(replica, here.session_id), ['session.started.v1', 'session.ended.v1'])
    t.equal((await refresh(replica, there.refresh_token)).status, 200, 'the other session lives')
    const old = await signIn(replica, id)
    await refresh(replica, old.refresh_token)
    t.equal((await logOut({ refresh_token: old.refresh_token })).status, 204, 'exchanged already')
    t.equal((await platform.announced(replica, old.session_id)).at(-1), 'session.ended.v1')
  },
)

t.test('logout 204: unknown, mistyped and foreign secrets get the same answer and end nothing', async (t) => {
  const here = await signIn(replica, person().id)
  for (const secret of [mintSecret('gthr_').secret, `${here.refresh_token}x`, 'nonsense'])
    t.match(await logOut({ refresh_token: secret }), { status: 204, body: {} })
  t.equal((await refresh(replica, here.refresh_token)).status, 200)
})

t.test('logout: both tokens end both sessions, neither is 401, a useless access token changes nothing', async (t) => {
  const { id } = person()
  const [one, two, three] = [await signIn(replica, id), await signIn(replica, id), await signIn(replica, id)]
  t.equal((await logOut({ refresh_token: one.refresh_token }, two.access_token)).status, 204)
  t.same(
    [(await refresh(replica, one.refresh_token)).status, (await refresh(replica, two.refresh_token)).status],
    [401, 401],
  )
  for (const body of [undefined, {}]) t.match(await logOut(body), { status: 401, body: { code: 'unauthenticated' } })
  const expired = replica.deps.keyRing.sign({ ...claimsOf(three.access_token), iat: 1, exp: 2 }, new Date())
  t.equal((await logOut({}, expired)).status, 401)
  t.equal((await logOut({ refresh_token: three.refresh_token }, expired)).status, 204)
  t.equal((await refresh(replica, three.refresh_token)).status, 401)
  for (const body of [{ refresh_token: 7 }, { refresh_token: '' }, { other: 1 }, []])
    t.equal((await logOut(body)).status, 400)
})

t.test('revoke-others 204: every other session of this person ends, each announced once', async (t) => {
  const { id } = person()
  const here = await signIn(replica, id)
  const others = [await signIn(replica, id), await signIn(replica, id), await signIn(replica, id)]
  const bystander = await signIn(replica, person().id)
  t.equal(
    (await ask(replica, { method: 'POST', url: '/v1/me/sessions/revoke-others', token: here.access_token })).status,
    204,
  )
  for (const other of others) {
    t.equal((await refresh(replica, other.refresh_token)).status, 401)
    t.same(await platform.announced(replica, other.session_id), ['session.started.v1', 'session.ended.v1'])
  }
  t.equal((await refresh(replica, here.refresh_token)).status, 200)
  t.equal((await refresh(replica, bystander.refresh_token)).status, 200)
})

t.test('401: forged, foreign, unsigned, expired and missing tokens', async (t) => {
  const { access_token: good, refresh_token: refreshToken } = await signIn(replica, person().id)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = claimsOf(good)
  const { privateKey } = newEcKeyPair()
  const signWith = (head: object, body: object) => {
    const input = `${encode(head)}.${encode(body)}`
    return `${input}.${signEs256(input, privateKey)}`
  }
  const own = (body: object) => replica.deps.keyRing.sign({ ...claims, ...body } as typeof claims, new Date())
  const kid = (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid
  const bad: Record<string, string | undefined> = {
    missing: undefined,
    'another key under our kid': signWith({ alg: 'ES256', typ: 'at+jwt', kid }, claims),
    'an unknown kid': signWith({ alg: 'ES256', typ: 'at+jwt', kid: newId('key') }, claims),
    'its own key in the header': signWith({ alg: 'ES256', typ: 'at+jwt', kid, jwk: {} }, claims),
    'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    'another type': signWith({ alg: 'ES256', typ: 'JWT', kid }, claims),
    'changed claims': `${header}.${encode({ ...claims, sub: newId('user') })}.${signature}`,
    'a foreign issuer': own({ iss: 'https://elsewhere.test' }),
    'a foreign audience': own({ aud: 'elsewhere' }),
    expired: own({ iat: claims.iat - 600, exp: claims.iat - 300 }),
    'from the future': own({ iat: claims.iat + 600, exp: claims.iat + 900 }),
    'a refresh token': refreshToken,
  }
  for (const [what, token] of Object.entries(bad)) {
    const { status, body } = await ask(replica, {
      method: 'GET',
      url: '/v1/me/sessions',
      ...(token !== undefined && { token }),
    })
    t.same([status, body['code']], [401, 'unauthenticated'], what)
  }
  t.equal((await ask(replica, { method: 'GET', url: '/v1/me/sessions', token: good })).status, 200)
})

t.test('401: a token without the gateway’s assertion is nobody', async (t) => {
  const { access_token: token } = await signIn(replica, person().id)
  for (const as of ['nobody', 'identity', 'workers'] as const) {
    t.match(await ask(replica, { method: 'GET', url: '/v1/me/sessions', as, token }), { status: 401 })
  }
  t.match(
    await replica.app.inject({
      method: 'GET',
      url: '/v1/me/sessions',
      headers: { authorization: `Bearer ${token}`, [internalHeaders.accessToken]: token },
    }),
    { statusCode: 401 },
  )
})
