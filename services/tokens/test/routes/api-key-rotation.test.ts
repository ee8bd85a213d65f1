/**
 * API keys through their lives: rotated with an overlap, announced before they expire, reported when their maker is
 * gone.
 */
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import { MembershipCreated, MembershipRemoved } from '@gatehouse/contracts/events/orgs/membership'
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { remindOfExpiringKeys } from '../../src/use-cases/service-accounts/remind-of-api-keys.ts'
import { openPlatform, type Answer } from '../fixtures/platform.ts'
import { createAccount, createKey, exchange, ownedOrganization, setOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replicas = [await platform.replica(), await platform.replica()] as const
const [replica, twin] = replicas
const { ask, decisions, admin } = platform
const acme = await ownedOrganization(platform, replica)
const hourMs = 3_600_000
const many = process.env['GATEHOUSE_FULL'] === '1' ? 1000 : 16
const dayMs = 24 * hourMs

const rotate = (path: string, body: object = {}, at = replica): Promise<Answer> =>
  ask(at, { method: 'POST', url: `${path}/rotate`, token: acme.token, body })
const keysOf = async (account: string, query = '') =>
  (await ask(replica, { method: 'GET', url: `${acme.path}/${account}/keys${query}`, token: acme.token })).body[
    'data'
  ] as Record<string, string | null>[]
async function eventsAbout(id: string, type: string) {
  await replica.deps.spine.sequence()
  const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
  return events.filter((event) => event.subject === id && event.type === `gatehouse.tokens.api_key.${type}.v1`)
}
/** As if the key had been made for `days` and had `left` of them left. */
const age = (id: string, { days, left }: { days: number; left: number }) =>
  admin`update api_keys set created_at = now() - make_interval(days => ${days - left}),
    expires_at = now() + make_interval(days => ${left}) where id = ${uuidOf(id)}`

t.test(
  'rotate 201: the new key is as the old one was, which opens what it opened until the overlap ends',
  async (t) => {
    const body = { name: 'CI', expires_in_days: 30, permissions: ['invoice:read'] }
    const old = await createKey(platform, replica, acme, { body })
    const made = await rotate(old.path, { overlap_hours: 2 })
    t.match(made.body, { name: 'CI', permissions: ['invoice:read'], status: 'active', replaced_by: null })
    t.equal(made.status, 201)
    const lives = Date.parse(String(made.body['expires_at'])) - Date.parse(String(made.body['created_at']))
    t.equal(lives, 30 * dayMs, 'as long as the old one was given')
    const [fresh, before] = await keysOf(old.account)
    t.match([fresh?.['id'], before?.['id']], [made.body['id'], old.id])
    t.match(before, { status: 'active', replaced_by: made.body['id'] })
    t.equal(Date.parse(String(before?.['expires_at'])) - Date.parse(String(made.body['created_at'])), 2 * hourMs)
    for (const key of [old.key, String(made.body['key'])])
      t.equal((await exchange(platform, replica, key)).status, 200, 'both open within the overlap')
    await age(old.id, { days: 30, left: 0 })
    t.match(await exchange(platform, replica, old.key), { status: 401, body: { code: 'invalid_api_key' } })
    t.match(await eventsAbout(old.id, 'replaced'), [{ orgid: acme.id, data: { replaced_by: made.body['id'] } }])
    t.match(await eventsAbout(String(made.body['id']), 'created'), [{ data: { replaces: old.id } }])
  },
)

t.test('rotate 201: the overlap never lengthens a life; a replay tells the secret to nobody', async (t) => {
  const old = await createKey(platform, replica, acme)
  await age(old.id, { days: 90, left: 1 })
  const again = () =>
    ask(replica, {
      method: 'POST',
      url: `${old.path}/rotate`,
      token: acme.token,
      body: { overlap_hours: 168, expires_in_days: 7 },
      headers: { 'idempotency-key': 'rotated' },
    })
  const [made, replayed] = [await again(), await again()]
  const { key: _, ...rest } = made.body
  t.same([replayed.status, replayed.body], [201, rest])
  const before = (await keysOf(old.account)).find(({ id }) => id === old.id)
  t.ok(Date.parse(String(before?.['expires_at'])) - Date.parse(String(made.body['created_at'])) <= dayMs)
})

t.test('rotate 409: of many at once over two replicas one wins; what is over is rotated by nobody', async (t) => {
  const old = await createKey(platform, replica, acme)
  const answers = await Promise.all(
    Array.from({ length: many }, (_, n) => rotate(old.path, {}, n % 2 ? replica : twin)),
  )
  t.same(
    [201, 409].map((wanted) => answers.filter(({ status }) => status === wanted).length),
    [1, many - 1],
  )
  t.equal((await keysOf(old.account)).length, 2)
  const [revoked, expired] = [await createKey(platform, replica, acme), await createKey(platform, replica, acme)]
  await ask(replica, { method: 'DELETE', url: revoked.path, token: acme.token })
  await age(expired.id, { days: 90, left: 0 })
  for (const { path } of [revoked, expired]) t.match((await rotate(path)).body, { status: 409, code: 'conflict' })
  const full = await createKey(platform, replica, acme)
  for (let n = 1; n < 20; n += 1) await createKey(platform, replica, acme, { account: full.account })
  t.match((await rotate(full.path)).body, { status: 409, detail: /at most 20/ })
})

t.test('rotate 400, 403, 404: no overlap that is none; nobody gets a secret of rights they do not hold', async (t) => {
  t.teardown(() => void (decisions.denied.clear(), (decisions.missing = [])))
  const { path } = await createKey(platform, replica, acme)
  for (const body of [{ overlap_hours: 0 }, { overlap_hours: 169 }, { expires_in_days: 0 }, { name: 'x' }])
    t.equal((await rotate(path, body)).status, 400)
  const other = await ownedOrganization(platform, replica)
  const theirs = await createKey(platform, replica, other)
  const mine = await createAccount(platform, replica, acme)
  for (const url of [`${acme.path}/${theirs.account}/keys/${theirs.id}`, `${acme.path}/${mine}/keys/${theirs.id}`])
    t.equal((await rotate(url)).status, 404)
  decisions.missing = ['invoice:approve']
  t.match((await rotate(path)).body, { status: 403, detail: /invoice:approve/ })
  decisions.denied.add('gatehouse:service_accounts.write')
  t.equal((await rotate(path)).status, 403)
  t.same(await eventsAbout(path.slice(path.lastIndexOf('/') + 1), 'replaced'), [])
})

t.test('a key is announced 14 and 3 days before it expires, once each, whichever replica looks', async (t) => {
  const { id } = await createKey(platform, replica, acme)
  const look = () => Promise.all(replicas.map(({ deps }) => remindOfExpiringKeys(deps)))
  const told = async () => (await eventsAbout(id, 'expiring')).map(({ data }) => data['days_left'])
  for (const [left, wanted] of [
    [15, []],
    [13, [14]],
    [4, [14]],
    [2, [14, 3]],
    [1, [14, 3]],
  ] as const) {
    await age(id, { days: 90, left })
    await look()
    await look()
    t.same(await told(), wanted, `${left} days left`)
  }
  const [event] = await eventsAbout(id, 'expiring')
  t.match(event, { orgid: acme.id, actor: 'system', data: { api_key_id: id, maker: /^user_/ } })
})

t.test('a key whose end nobody would miss is announced to nobody', async (t) => {
  const made = () => createKey(platform, replica, acme)
  const [short, rotated, revoked, disabled] = [await made(), await made(), await made(), await made()]
  const closed = await ownedOrganization(platform, replica)
  const shut = await createKey(platform, replica, closed)
  const late = await made()
  await age(short.id, { days: 3, left: 2 })
  await rotate(rotated.path)
  await ask(replica, { method: 'DELETE', url: revoked.path, token: acme.token })
  const body = { status: 'disabled' }
  await ask(replica, { method: 'PATCH', url: `${acme.path}/${disabled.account}`, token: acme.token, body })
  setOrganization(platform, { id: closed.id, status: 'suspended', version: 2 })
  await replica.deps.following.orgs.pollNow()
  for (const { id } of [disabled, shut, late]) await age(id, { days: 90, left: 2 })
  await remindOfExpiringKeys(replica.deps)
  for (const { id } of [short, rotated, revoked, disabled, shut]) t.same(await eventsAbout(id, 'expiring'), [])
  t.match(await eventsAbout(late.id, 'expiring'), [{ data: { days_left: 3 } }], 'found late: the nearer one alone')
})

t.test('keys of somebody who was removed live on, are listed as theirs, and are reported once', async (t) => {
  const { id: owner } = platform.person()
  const { id: member } = platform.person()
  const { id: org } = platform.organizationOf(owner)
  const membership = {
    organization_id: org,
    user_id: member,
    status: 'active' as const,
    is_owner: false,
    attributes: {},
  }
  const subject = newId('mem')
  const about = { ...membership, membership_id: subject }
  platform.orgs.announce(MembershipCreated, { subject, version: 1, data: { ...about, roles: [] } })
  const tokenOf = async (id: string) => (await platform.signIn(replica, id, { organization_id: org })).access_token
  const path = `/v1/organizations/${org}/service-accounts`
  const [ours, theirs] = [
    { id: org, path, token: await tokenOf(owner) },
    { id: org, path, token: await tokenOf(member) },
  ]
  const account = await createAccount(platform, replica, ours)
  const kept = await createKey(platform, replica, ours, { account })
  const [left, over] = [
    await createKey(platform, replica, theirs, { account }),
    await createKey(platform, replica, theirs, { account }),
  ]
  await ask(replica, { method: 'DELETE', url: over.path, token: ours.token })
  const removed = { ...about, status: 'removed' as const, min_mv: 2 }
  platform.orgs.announce(MembershipRemoved, { subject, version: 2, data: removed })
  await waitUntil('the removal is known', async () => (await eventsAbout(left.id, 'maker_left')).length > 0)
  t.match(await eventsAbout(left.id, 'maker_left'), [{ orgid: org, data: { maker: member } }])
  for (const { id } of [kept, over]) t.same(await eventsAbout(id, 'maker_left'), [])
  const list = async (query: string) =>
    (await ask(replica, { method: 'GET', url: `${path}/${account}/keys${query}`, token: ours.token })).body['data']
  t.match(await list(''), [
    { id: over.id, created_by: `user:${member}`, maker_status: 'gone' },
    { id: left.id, created_by: `user:${member}`, maker_status: 'gone' },
    { id: kept.id, created_by: `user:${owner}`, maker_status: 'active' },
  ])
  t.same(
    ((await list(`?maker=${member}`)) as { id: string }[]).map(({ id }) => id),
    [over.id, left.id],
  )
  t.same(await list(`?maker=${newId('user')}`), [])
  t.equal((await exchange(platform, replica, left.key)).status, 200, 'it lives on')
  await age(left.id, { days: 90, left: 2 })
  await remindOfExpiringKeys(replica.deps)
  t.match(await eventsAbout(left.id, 'expiring'), [{ data: { maker: null } }], 'who is gone is told nothing')
})

t.test(
  'keys of the platform: rotated with a reason, announced, and reported when their operator is gone',
  async (t) => {
    const { id: operator } = platform.person()
    const { access_token: token } = await platform.signIn(replica, operator)
    const reason = 'Ticket 4717'
    const call = (path: string, body?: object) =>
      ask(replica, {
        method: body ? 'POST' : 'GET',
        url: `/v1/platform/service-accounts${path}`,
        token,
        ...(body && { body }),
      })
    const account = String((await call('', { name: 'Ledger', reason })).body['id'])
    const old = String((await call(`/${account}/keys`, { reason })).body['id'])
    t.equal((await call(`/${account}/keys/${old}/rotate`, {})).status, 400, 'no reason')
    const made = await call(`/${account}/keys/${old}/rotate`, { reason })
    const id = String(made.body['id'])
    t.match([made.status, made.body], [201, { key: /^gthk_dev_/, maker_status: 'active' }])
    t.equal((await call(`/${account}/keys/${old}/rotate`, { reason })).status, 409)
    t.match(await eventsAbout(old, 'replaced'), [{ data: { organization_id: null, replaced_by: id, reason } }])
    t.match((await call(`/${account}/keys?maker=${operator}`)).body, { data: [{ id }, { id: old }] })
    await age(id, { days: 90, left: 10 })
    await remindOfExpiringKeys(replica.deps)
    t.match(await eventsAbout(id, 'expiring'), [{ data: { organization_id: null, days_left: 14, maker: operator } }])
    decisions.denied.add('gatehouse:platform.service_accounts')
    t.equal((await call(`/${account}/keys/${id}/rotate`, { reason })).status, 403)
    decisions.denied.clear()
    platform.identity.announce(UserDisabled, { subject: operator, version: 2, data: { user_id: operator, min_uv: 2 } })
    await waitUntil('the end is known', async () => (await eventsAbout(id, 'maker_left')).length > 0)
    t.match(await eventsAbout(id, 'maker_left'), [{ data: { organization_id: null, maker: operator } }])
  },
)
