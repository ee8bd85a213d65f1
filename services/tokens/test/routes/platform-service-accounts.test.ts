/**
 * Service accounts of the platform: made by operators with a reason, seen by no organization, and exchanged for one
 * organization at a time, which is told.
 */
import { newId, uuidOf } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { askProtocol } from '../fixtures/openid.ts'
import { claimsOf, openPlatform, type Answer } from '../fixtures/platform.ts'
import { createAccount, createKey, exchange, ownedOrganization, setOrganization } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { ask, decisions } = platform
const { access_token: token } = await platform.signIn(replica, platform.person().id)
const reason = 'Ticket 4714'
const collection = '/v1/platform/service-accounts'
const call = (method: 'GET' | 'POST', path = '', body?: object): Promise<Answer> =>
  ask(replica, { method, url: collection + path, token, ...(body && { body }) })
const [acme, globex] = [await ownedOrganization(platform, replica), await ownedOrganization(platform, replica)]

const makeAccount = async () => String((await call('POST', '', { name: 'Ledger', reason })).body['id'])
async function makeKey(account: string): Promise<{ id: string; key: string }> {
  const { body } = await call('POST', `/${account}/keys`, { reason, expires_in_days: 7 })
  return { id: String(body['id']), key: String(body['key']) }
}
const eventsAbout = async (subject: string) => {
  await replica.deps.spine.sequence()
  return (await replica.deps.spine.changes({ after: 0, limit: 1000 })).events.filter((one) => one.subject === subject)
}
const used = async (account: string) =>
  (await eventsAbout(account)).filter(({ type }) => type === 'gatehouse.tokens.service_account.used.v1')

t.test('201, 200, 204: made, listed and deleted; each change is the platform’s, with its reason', async (t) => {
  const made = await call('POST', '', { name: 'Ledger', reason })
  const id = String(made.body['id'])
  t.match([made.status, made.body], [201, { name: 'Ledger', status: 'active' }])
  t.match((await call('GET')).body, { data: [{ id, name: 'Ledger' }], page: { has_more: false } })
  t.match((await call('GET', `/${id}`)).body, { id })
  const key = await call('POST', `/${id}/keys`, { name: 'blue', reason, expires_in_days: 7 })
  t.match([key.status, key.body], [201, { key: /^gthk_dev_/, permissions: null }])
  const keyId = String(key.body['id'])
  const listed = await call('GET', `/${id}/keys`)
  t.match(listed.body, { data: [{ id: keyId, name: 'blue', status: 'active' }] })
  t.notOk('key' in (listed.body['data'] as object[])[0]!)
  t.equal((await call('POST', `/${id}/keys/${keyId}/revoke`, { reason })).status, 204)
  t.equal((await call('POST', `/${id}/keys/${keyId}/revoke`, { reason })).status, 204, 'again: as it was wanted')
  t.equal((await call('POST', `/${id}/delete`, { reason })).status, 204)
  for (const again of [await call('POST', `/${id}/delete`, { reason }), await call('GET', `/${id}`)])
    t.equal(again.status, 404)
  for (const subject of [id, keyId])
    for (const { orgid, actor, data } of await eventsAbout(subject))
      t.match([orgid, actor, data], [undefined, /^user:user_/, { organization_id: null, reason }], subject)
  t.match(await platform.announced(replica, id), ['service_account.created.v1', 'service_account.deleted.v1'])
})

t.test('400: no change without a reason; 403 before anybody is told what exists; 401: nobody', async (t) => {
  const account = await makeAccount()
  const { id: key } = await makeKey(account)
  const changes = [
    ['', { name: 'x' }],
    [`/${account}/delete`, {}],
    [`/${account}/keys`, {}],
    [`/${account}/keys/${key}/revoke`, {}],
  ] as const
  for (const [path, body] of changes) t.equal((await call('POST', path, body)).status, 400, path)
  for (const permission of ['platform.read', 'platform.service_accounts'])
    decisions.denied.add(`gatehouse:${permission}`)
  const foreign = `/${newId('svc')}`
  for (const of of [`/${account}`, foreign]) {
    for (const path of ['', of, `${of}/keys`]) t.equal((await call('GET', path)).status, 403)
    for (const path of ['/delete', '/keys', `/keys/${key}/revoke`])
      t.equal((await call('POST', of + path, { reason })).status, 403)
  }
  t.equal((await call('POST', '', { name: 'x', reason })).status, 403)
  decisions.denied.clear()
  t.equal((await ask(replica, { method: 'GET', url: collection })).status, 401)
})

t.test('404: an operator reaches no account of an organization here, and an organization none of these', async (t) => {
  const theirs = await createKey(platform, replica, acme)
  for (const path of [`/${theirs.account}`, `/${theirs.account}/keys`]) t.equal((await call('GET', path)).status, 404)
  for (const path of ['/delete', '/keys', `/keys/${theirs.id}/revoke`])
    t.equal((await call('POST', `/${theirs.account}${path}`, { reason })).status, 404)
  t.equal((await exchange(platform, replica, theirs.key)).status, 200, 'nothing came of it')

  const account = await makeAccount()
  const { id: key } = await makeKey(account)
  const asOwner = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    ask(replica, { method, url: acme.path + path, token: acme.token, ...(body && { body }) })
  t.equal((await asOwner('GET', `/${account}`)).status, 404)
  t.equal((await asOwner('GET', `/${account}/keys`)).status, 404)
  t.equal((await asOwner('PATCH', `/${account}`, { status: 'disabled' })).status, 404)
  t.equal((await asOwner('POST', `/${account}/keys`, {})).status, 404)
  t.equal((await asOwner('DELETE', `/${account}/keys/${key}`)).status, 404)
  t.equal((await asOwner('DELETE', `/${account}`)).status, 404)
  const listed = (await asOwner('GET', '')).body['data'] as { id: string }[]
  t.notOk(listed.some(({ id }) => id === account))
  t.match((await call('GET', `/${account}`)).body, { status: 'active' })
})

t.test('200: exchanged for the organization that is named, which is told once a day', async (t) => {
  const account = await makeAccount()
  const { id: keyId, key } = await makeKey(account)
  for (const org of [acme, globex]) {
    const { status, body } = await exchange(platform, replica, key, org.id)
    t.equal(status, 200)
    t.match(claimsOf(String(body['access_token'])), {
      sub: account,
      sid: keyId,
      org_id: org.id,
      ov: 1,
      of_platform: true,
      scope: 'gatehouse:authz.evaluate',
    })
  }
  t.equal((await exchange(platform, replica, key, acme.id)).status, 200)
  t.match(
    (await used(account)).map(({ orgid, actor, data }) => ({ orgid, actor, data })),
    [acme, globex].map(({ id }) => ({
      orgid: id,
      actor: `service_account:${account}`,
      data: { service_account_id: account, organization_id: id, api_key_id: keyId },
    })),
  )
  t.equal((await used(account)).length, 2)
  await platform.admin`update platform_account_uses set used_on = used_on - 1 where org_id = ${uuidOf(acme.id)}`
  const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(platform, replica, key, acme.id)))
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]))
  t.same(
    (await used(account)).map(({ orgid }) => orgid),
    [acme.id, globex.id, acme.id],
    'of many at once one is the first of the next day',
  )
})

t.test('403: without an organization, for one that is unknown or closed, and a key of another', async (t) => {
  const account = await makeAccount()
  const { key } = await makeKey(account)
  const code = async (given: string, org?: string) => (await exchange(platform, replica, given, org)).body['code']
  t.equal(await code(key), 'organization_required')
  t.equal(await code(key, newId('org')), 'organization_unavailable')
  const org = await ownedOrganization(platform, replica)
  setOrganization(platform, { id: org.id, status: 'suspended', version: 2 })
  await waitUntil('the suspension is known', async () => (await code(key, org.id)) === 'organization_unavailable')
  setOrganization(platform, { id: org.id, status: 'active', version: 3 })
  t.equal((await exchange(platform, replica, key, org.id)).status, 200, 'open again: known at once')

  const theirs = await createKey(platform, replica, acme, { account: await createAccount(platform, replica, acme) })
  t.equal(await code(theirs.key, globex.id), 'organization_unavailable', 'a key of an organization opens no other')
  t.match(claimsOf(String((await exchange(platform, replica, theirs.key, acme.id)).body['access_token'])), {
    org_id: acme.id,
    of_platform: undefined,
  })
  t.same((await used(theirs.account)).length, 0, 'its own is told nothing')
})

t.test('401: a revoked key and a deleted account open nothing, and gateways are told the floors', async (t) => {
  const [one, two] = [await makeAccount(), await makeAccount()]
  const [revoked, orphaned] = [await makeKey(one), await makeKey(two)]
  for (const { key } of [revoked, orphaned]) t.equal((await exchange(platform, replica, key, acme.id)).status, 200)
  await call('POST', `/${one}/keys/${revoked.id}/revoke`, { reason })
  await call('POST', `/${two}/delete`, { reason })
  for (const { key } of [revoked, orphaned])
    for (const org of [acme.id, newId('org'), undefined])
      t.match((await exchange(platform, replica, key, org)).body, { status: 401, code: 'invalid_api_key' })
  t.match((await eventsAbout(revoked.id)).at(-1)?.data, { min_sv: 2 })
  t.match((await eventsAbout(two)).at(-1)?.data, { min_uv: 2 })
  t.same(await platform.admin`select * from platform_account_uses where service_account_id = ${uuidOf(two)}`, [])
})

t.test('400: client credentials have no place for an organization', async (t) => {
  const account = await makeAccount()
  const { key } = await makeKey(account)
  const grant = { grant_type: 'client_credentials', client_id: account, client_secret: key }
  const form = new URLSearchParams(grant).toString()
  const answer = await askProtocol(platform, replica, { url: '/oauth2/token', form })
  t.match([answer.statusCode, answer.json()], [400, { error: 'unauthorized_client' }])
})
