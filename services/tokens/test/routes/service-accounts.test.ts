/** Service accounts, their keys and the exchange, by status code; and what each change announces. */
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { mintSecret } from '@gatehouse/service-kit/secrets/opaque-token'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { claimsOf, issuer, openPlatform } from '../fixtures/platform.ts'
import { createAccount, createKey, exchange, ownedOrganization, setOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, decisions, announced } = platform
const acme = await ownedOrganization(platform, replica)
const other = await ownedOrganization(platform, replica)
const eventOf = async (subject: string, type: string) => {
  await replica.deps.spine.sequence()
  return (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.find(
    (event) => event.subject === subject && event.type === `gatehouse.tokens.${type}`,
  )
}

t.test(
  'accounts 201, 200, 204: made, listed, changed, gone; each change is announced by whoever made it',
  async (t) => {
    const org = await ownedOrganization(platform, replica)
    const made = await ask(replica, { method: 'POST', url: org.path, token: org.token, body: { name: 'Backend' } })
    const id = String(made.body['id'])
    t.match([made.status, made.body], [201, { name: 'Backend', status: 'active', created_at: /Z$/ }])
    t.match(await eventOf(id, 'service_account.created.v1'), {
      orgid: org.id,
      actor: /^user:user_/,
      data: { service_account_id: id, status: 'active' },
    })
    const second = await createAccount(platform, replica, org, 'Second')
    const first = await ask(replica, { method: 'GET', url: `${org.path}?limit=1`, token: org.token })
    t.match(first.body, { data: [{ id: second }], page: { has_more: true } })
    const cursor = String((first.body['page'] as { next_cursor: string }).next_cursor)
    t.match(
      (await ask(replica, { method: 'GET', url: `${org.path}?limit=1&cursor=${cursor}`, token: org.token })).body,
      { data: [{ id }], page: { has_more: false } },
    )

    const patch = (body: object) => ask(replica, { method: 'PATCH', url: `${org.path}/${id}`, token: org.token, body })
    t.match((await patch({ name: 'Renamed' })).body, { name: 'Renamed', status: 'active' })
    const shown = await ask(replica, { method: 'GET', url: `${org.path}/${id}`, token: org.token })
    t.match(shown, { status: 200, body: { id, name: 'Renamed' } })
    t.notOk('min_uv' in ((await eventOf(id, 'service_account.updated.v1'))?.data ?? {}), 'a new name voids nothing')
    t.match((await patch({ name: 'Renamed', status: 'active' })).status, 200)
    t.same(
      await announced(replica, id),
      ['service_account.created.v1', 'service_account.updated.v1'],
      'nothing new, nothing announced',
    )
    t.match((await patch({ status: 'disabled' })).body, { status: 'disabled' })
    await patch({ name: 'While disabled' })
    await patch({ status: 'active' })
    const updates = (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter(
      (event) => event.subject === id,
    )
    t.same(
      updates.map(({ version, data }) => [version, data['min_uv']]),
      [
        [1, undefined],
        [2, undefined],
        [3, 3],
        [4, undefined],
        [5, undefined],
      ],
      'only disabling raises the floor',
    )

    t.equal((await ask(replica, { method: 'DELETE', url: `${org.path}/${id}`, token: org.token })).status, 204)
    t.match(await eventOf(id, 'service_account.deleted.v1'), { version: 6, data: { min_uv: 6, status: 'deleted' } })
    for (const method of ['GET', 'DELETE'] as const)
      t.equal((await ask(replica, { method, url: `${org.path}/${id}`, token: org.token })).status, 404)
    t.match((await ask(replica, { method: 'GET', url: org.path, token: org.token })).body, {
      data: [{ id: second }],
      page: { has_more: false },
    })
  },
)

t.test('keys 201: shown once, kept as a hash; a replay under the same idempotency key has no secret', async (t) => {
  const account = await createAccount(platform, replica, acme)
  const body = { name: 'CI', expires_in_days: 7, permissions: ['invoice:read'] }
  const create = () =>
    ask(replica, {
      method: 'POST',
      url: `${acme.path}/${account}/keys`,
      token: acme.token,
      body,
      headers: { 'idempotency-key': 'one' },
    })
  const [made, replayed] = [await create(), await create()]
  const key = String(made.body['key'])
  t.match(key, /^gthk_dev_[A-Za-z0-9_-]{49}$/)
  t.match(
    [made.status, made.body],
    [
      201,
      {
        name: 'CI',
        prefix: key.slice(0, 13),
        last4: key.slice(-4),
        permissions: ['invoice:read'],
        status: 'active',
        last_used_at: null,
      },
    ],
  )
  const { key: _, ...rest } = made.body
  t.same([replayed.status, replayed.body], [201, rest])
  const days = (Date.parse(String(made.body['expires_at'])) - Date.parse(String(made.body['created_at']))) / 86_400_000
  t.equal(days, 7)
  t.match(await eventOf(String(made.body['id']), 'api_key.created.v1'), { data: { permissions: ['invoice:read'] } })
  const stored = JSON.stringify(
    await platform.admin`select row_to_json(k)::text as key, (select json_agg(o)::text
      from outbox o) as events, (select json_agg(i)::text from idempotency_keys i) as replays from api_keys k`,
  )
  t.notOk(stored.includes(key) || stored.includes(key.slice(13, -4)), 'the secret stands nowhere')
  const listed = await ask(replica, { method: 'GET', url: `${acme.path}/${account}/keys`, token: acme.token })
  t.same(listed.body['data'], [rest])
})

t.test('keys 204: revoked, once and again; listed as what they are', async (t) => {
  const { account, id, key, path } = await createKey(platform, replica, acme)
  const old = await createKey(platform, replica, acme, { account })
  await platform.admin`update api_keys set created_at = created_at - interval '200 days',
    expires_at = now() - interval '1 second' where last4 = ${old.key.slice(-4)}`
  for (const _ of [1, 2]) t.equal((await ask(replica, { method: 'DELETE', url: path, token: acme.token })).status, 204)
  t.same(await announced(replica, id), ['api_key.created.v1', 'api_key.revoked.v1'])
  t.match(await eventOf(id, 'api_key.revoked.v1'), {
    orgid: acme.id,
    data: { api_key_id: id, service_account_id: account, min_sv: 2 },
  })
  t.match((await ask(replica, { method: 'GET', url: `${acme.path}/${account}/keys`, token: acme.token })).body, {
    data: [
      { id: old.id, status: 'expired' },
      { id, status: 'revoked' },
    ],
  })
  t.match(await exchange(platform, replica, key), { status: 401, body: { code: 'invalid_api_key' } })
})

t.test('exchange 200: a short token of the account, bound to the key; the use is noted coarsely', async (t) => {
  const { account, id, key } = await createKey(platform, replica, acme, {
    body: { permissions: ['invoice:read', 'invoice:update'] },
  })
  const { status, body } = await exchange(platform, replica, key)
  t.match([status, body['expires_in']], [200, 300])
  const claims = claimsOf(body['access_token'])
  t.match(claims, {
    iss: issuer,
    sub: account,
    client_id: account,
    sid: id,
    sv: 1,
    uv: 1,
    org_id: acme.id,
    ov: 1,
    amr: ['api_key'],
    acr: 'aal1',
    scope: 'invoice:read invoice:update',
  })
  t.notOk('mid' in claims || 'mv' in claims)
  t.equal(claims.exp - claims.iat, 300)
  const own = await ask(replica, { method: 'GET', url: acme.path, token: String(body['access_token']) })
  t.equal(own.status, 200, 'it is a token of the organization like any other')
  t.match(decisions.asked.at(-1), { by: account })
  t.match(await ask(replica, { method: 'GET', url: '/v1/me/sessions', token: String(body['access_token']) }), {
    status: 403,
    body: { code: 'person_required' },
  })
  const used = async () =>
    (
      await platform.admin<{ at: Date }[]>`select last_used_at as at from api_keys where last4 = ${key.slice(-4)}`
    )[0]?.at.getTime()
  const first = await used()
  t.ok(first)
  await exchange(platform, replica, key)
  t.equal(await used(), first, 'a second use moments later writes nothing')
})

t.test('exchange 200: the token never outlives its key', async (t) => {
  const { key } = await createKey(platform, replica, acme)
  await platform.admin`update api_keys set expires_at = now() + interval '90 seconds' where last4 = ${key.slice(-4)}`
  const { body } = await exchange(platform, replica, key)
  t.ok(Number(body['expires_in']) <= 90 && Number(body['expires_in']) > 30)
})

t.test('exchange 401: every key that is not good has one answer', async (t) => {
  const [expired, disabled, gone, closed] = await Promise.all(
    [1, 2, 3, 4].map(async (n) => createKey(platform, replica, n === 4 ? other : acme)),
  )
  if (!expired || !disabled || !gone || !closed) throw new Error('unreachable')
  await platform.admin`update api_keys set created_at = created_at - interval '200 days', expires_at = now()
    where last4 = ${expired.key.slice(-4)}`
  await ask(replica, {
    method: 'PATCH',
    url: `${acme.path}/${disabled.account}`,
    token: acme.token,
    body: { status: 'disabled' },
  })
  await ask(replica, { method: 'DELETE', url: `${acme.path}/${gone.account}`, token: acme.token })
  setOrganization(platform, { id: other.id, status: 'suspended', version: 2 })
  await replica.deps.following.orgs.pollNow()
  const bad = {
    expired: expired.key,
    disabled: disabled.key,
    gone: gone.key,
    closed: closed.key,
    unknown: mintSecret('gthk_dev_').secret,
    garbage: 'gthk_dev_x',
    another: 'gthr_x',
    long: 'x'.repeat(200),
    ünïcode: 'gthk_dev_ü💥',
  }
  const answers = []
  for (const [what, key] of Object.entries(bad)) {
    const { status, body } = await exchange(platform, replica, key)
    const { request_id: _, ...rest } = body
    t.match([status, body['code']], [401, 'invalid_api_key'], what)
    answers.push(JSON.stringify(rest))
  }
  t.equal(new Set(answers).size, 1)
  await ask(replica, {
    method: 'PATCH',
    url: `${acme.path}/${disabled.account}`,
    token: acme.token,
    body: { status: 'active' },
  })
  t.match(
    claimsOf((await exchange(platform, replica, disabled.key)).body['access_token']),
    { uv: 3 },
    'enabled again, above the floor',
  )
  setOrganization(platform, { id: other.id, status: 'active', version: 3 })
  t.match(
    claimsOf((await exchange(platform, replica, closed.key)).body['access_token']),
    { ov: 3 },
    'orgs is asked before the answer is no',
  )
})

t.test('exchange 400 and 403: a body that is none; a service that may not ask', async (t) => {
  for (const body of [{}, { key: '' }, { key: 'x'.repeat(201) }, { key: 1 }, { key: 'x', more: 1 }]) {
    t.match(await ask(replica, { method: 'POST', url: '/internal/api-keys/exchange', body }), {
      status: 400,
      body: { code: 'validation_failed' },
    })
  }
  for (const as of ['authz', 'orgs'] as const)
    t.match(
      (await ask(replica, { method: 'POST', url: '/internal/api-keys/exchange', as, body: { key: 'x' } })).status,
      403,
    )
})

t.test('400: names, days, ceilings and changes that are none', async (t) => {
  const account = await createAccount(platform, replica, acme)
  const keys = `${acme.path}/${account}/keys`
  const rows: ['POST' | 'PATCH', string, object][] = [
    ['POST', acme.path, {}],
    ['POST', acme.path, { name: ' ' }],
    ['POST', acme.path, { name: 'x', status: 'disabled' }],
    ['PATCH', `${acme.path}/${account}`, {}],
    ['PATCH', `${acme.path}/${account}`, { status: 'deleted' }],
    ['POST', keys, { expires_in_days: 0 }],
    ['POST', keys, { expires_in_days: 367 }],
    ['POST', keys, { permissions: [] }],
    ['POST', keys, { permissions: ['everything'] }],
    ['POST', keys, { permissions: ['a:b c:d'] }],
  ]
  for (const [method, url, body] of rows)
    t.match(
      await ask(replica, { method, url, token: acme.token, body }),
      { status: 400, body: { code: 'validation_failed' } },
      JSON.stringify(body),
    )
})

t.test('403: without the permission; and nobody makes a key of rights they do not hold', async (t) => {
  t.teardown(() => void (decisions.denied.clear(), (decisions.missing = [])))
  const { account, path } = await createKey(platform, replica, acme)
  const keys = `${acme.path}/${account}/keys`
  const routes: ['GET' | 'POST' | 'PATCH' | 'DELETE', string, object?][] = [
    ['POST', acme.path, { name: 'x' }],
    ['GET', acme.path],
    ['GET', `${acme.path}/${account}`],
    ['PATCH', `${acme.path}/${account}`, { name: 'x' }],
    ['DELETE', `${acme.path}/${account}`],
    ['POST', keys, {}],
    ['GET', keys],
    ['DELETE', path],
  ]
  for (const permission of ['gatehouse:service_accounts.read', 'gatehouse:service_accounts.write'])
    decisions.denied.add(permission)
  for (const [method, url, body] of routes)
    t.match(
      await ask(replica, { method, url, token: acme.token, ...(body && { body }) }),
      { status: 403, body: { code: 'forbidden' } },
      `${method} ${url}`,
    )
  decisions.obligation = { type: 'step_up', max_age: 60 }
  const again = await ask(replica, { method: 'POST', url: acme.path, token: acme.token, body: { name: 'x' } })
  t.match(again, {
    status: 401,
    headers: { 'www-authenticate': /^Bearer error="insufficient_user_authentication".* max_age="60"$/ },
    body: { code: 'insufficient_user_authentication' },
  })
  delete decisions.obligation
  decisions.denied.clear()
  decisions.missing = ['invoice:approve']
  const refused = await ask(replica, {
    method: 'POST',
    url: keys,
    token: acme.token,
    body: { permissions: ['invoice:approve'] },
  })
  t.match([refused.status, refused.body['detail']], [403, /invoice:approve/])
  t.equal(decisions.asked.at(-1)?.what, `${account} invoice:approve`, 'asked about this account, up to the scope')
})

t.test('404: another organization’s account and key are as missing as ones that never were', async (t) => {
  const theirs = await createKey(platform, replica, other)
  const mine = await createKey(platform, replica, acme)
  const answers = []
  for (const account of [theirs.account, newId('svc'), 'svc_1', newId('user')]) {
    const at = `${acme.path}/${account}`
    for (const [method, url, body] of [
      ['GET', at],
      ['PATCH', at, { name: 'x' }],
      ['DELETE', at],
      ['GET', `${at}/keys`],
      ['POST', `${at}/keys`, {}],
      ['DELETE', `${at}/keys/${theirs.id}`],
    ] as const) {
      const answer = await ask(replica, { method, url, token: acme.token, ...(body && { body }) })
      const { request_id: _, ...rest } = answer.body
      answers.push(JSON.stringify([answer.status, rest]))
    }
  }
  for (const key of [theirs.id, newId('apk')])
    answers.push(
      JSON.stringify([
        (await ask(replica, { method: 'DELETE', url: `${acme.path}/${mine.account}/keys/${key}`, token: acme.token }))
          .status,
      ]),
    )
  t.equal((await ask(replica, { method: 'GET', url: other.path, token: acme.token })).status, 404)
  t.same(new Set(answers.map((answer) => (JSON.parse(answer) as [number])[0])), new Set([404]))
  t.equal(new Set(answers.filter((answer) => answer.length > 6)).size, 1)
  t.equal((await exchange(platform, replica, theirs.key)).status, 200, 'theirs lives')
})

t.test('409: an account has so many live keys and no more', async (t) => {
  const account = await createAccount(platform, replica, acme)
  const create = () =>
    ask(replica, { method: 'POST', url: `${acme.path}/${account}/keys`, token: acme.token, body: {} })
  const statuses = (await Promise.all(Array.from({ length: 24 }, create))).map(({ status }) => status)
  t.same(
    [statuses.filter((status) => status === 201).length, statuses.filter((status) => status === 409).length],
    [20, 4],
  )
})

t.test('503: nothing is exchanged while orgs cannot be known', async (t) => {
  const nowMs = { offset: 0 }
  const clock = {
    ...replica.deps.clock,
    now: () => replica.deps.clock.now(),
    monotonicMs: () => replica.deps.clock.monotonicMs() + nowMs.offset,
  }
  const lonely = await platform.replica(clock)
  const { key } = await createKey(platform, replica, acme)
  t.equal((await exchange(platform, lonely, key)).status, 200)
  platform.orgs.cutOff(true)
  t.teardown(() => platform.orgs.cutOff(false))
  nowMs.offset = 6000
  t.match(await exchange(platform, lonely, key), { status: 503, body: { code: 'not_current' } })
})

t.test('a starting gateway is told of keys and accounts that ended a moment ago', async (t) => {
  const revoked = await createKey(platform, replica, acme)
  const disabled = await createAccount(platform, replica, acme)
  await ask(replica, { method: 'DELETE', url: revoked.path, token: acme.token })
  await ask(replica, {
    method: 'PATCH',
    url: `${acme.path}/${disabled}`,
    token: acme.token,
    body: { status: 'disabled' },
  })
  const snapshot = async (view: string) => {
    const { payload } = await platform.askRaw(replica, {
      method: 'GET',
      url: `/internal/snapshot?view=${view}`,
      as: view === 'floors' ? 'gateway' : 'authz',
    })
    return payload
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  await waitUntil('the snapshot is there', async () => (await snapshot('floors')).length > 0)
  t.match(
    (await snapshot('floors')).filter(({ id }) => id === revoked.id || id === disabled),
    [
      { kind: 'session', id: revoked.id, ended: true, min_version: 2 },
      { kind: 'user', id: disabled, min_version: 2 },
    ],
  )
  t.match(
    (await snapshot('service-accounts')).find(({ id }) => id === disabled),
    { kind: 'service_account', organization_id: acme.id, status: 'disabled', version: 2 },
  )
})
