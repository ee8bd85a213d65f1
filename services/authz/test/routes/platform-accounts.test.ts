/**
 * A service account of the platform at the decision point: it asks about anybody of the organization its token names,
 * and does nothing else, there or anywhere.
 */
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import {
  ServiceAccountCreated,
  ServiceAccountDeleted,
  ServiceAccountUpdated,
} from '@gatehouse/contracts/events/tokens/service-account'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { waitUntil } from '@gatehouse/test-kit/wait-until'
import t from 'tap'
import { openPlatform } from '../fixtures/platform.ts'
import { accountToken, decide, giveRoles } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const [acme, globex] = [await platform.withInvoices(replica), await platform.withInvoices(replica)]
const ofPlatform = { of_platform: true, scope: 'gatehouse:authz.evaluate' }

function makeAccount(): string {
  const id = newId('svc')
  const ids = { service_account_id: id, organization_id: null }
  platform.tokens.announce(ServiceAccountCreated, { subject: id, version: 1, data: { ...ids, status: 'active' } })
  return id
}
const tokenFor = (id: string, orgId: string, more: object = {}) =>
  accountToken(platform, { id, orgId }, { ...ofPlatform, ...more })
const about = ({ id }: { id: string }) => ({ type: 'user', id })
const account = makeAccount()

t.test('200: in each organization it names, it is told about anybody there and about nobody else', async (t) => {
  for (const [here, there] of [
    [acme, globex],
    [globex, acme],
  ] as const) {
    const token = tokenFor(account, here.org.id)
    const asked = (subject: { type: string; id: string }, action = 'read') =>
      decide(platform, replica, token, { action, subject })
    t.match(await asked(about(here.owner)), { status: 200, decision: true })
    t.match(await asked(about(there.owner)), { decision: false, code: 'subject_not_permitted' })
    t.match(await asked({ type: 'service_account', id: account }), { decision: false }, 'it may do nothing itself')
    for (const [path, body] of [
      ['/access/v1/evaluations', { evaluations: [{}] }],
      ['/access/v1/search/subject', { subject: { type: 'user' } }],
      ['/access/v1/search/resource', { resource: { type: 'invoice' } }],
      ['/access/v1/search/action', {}],
      ['/v1/authz/plan', { resource: { type: 'invoice' } }],
    ] as const) {
      const question = { subject: about(here.owner), action: { name: 'read' }, resource: { type: 'invoice', id: '1' } }
      const answer = await platform.ask(replica, { method: 'POST', url: path, token, body: { ...question, ...body } })
      t.equal(answer.status, 200, path)
      t.notMatch(JSON.stringify(answer.body), there.owner.id, path)
    }
    const plan = { subject: about(here.owner), action: { name: 'read' }, resource: { type: 'invoice' } }
    t.match((await platform.ask(replica, { method: 'POST', url: '/v1/authz/plan', token, body: plan })).body, {
      plan: 'always_allow',
    })
    const found = await platform.ask(replica, {
      method: 'POST',
      url: '/access/v1/search/subject',
      token,
      body: { ...plan, subject: { type: 'user' }, resource: { type: 'invoice', id: '1' } },
    })
    t.match(found.body, { results: [about(here.owner)] })
  }
})

t.test('403: every other route of the service, whatever the account could do there', async (t) => {
  const token = tokenFor(account, acme.org.id)
  const others = publicRoutes.filter(
    ({ service, auth, principals }) => service === 'authz' && auth !== 'open' && principals !== 'any_and_platform',
  )
  t.ok(others.length > 30)
  for (const { method, path, operationId } of others) {
    const url = path.replace(':org', acme.org.id).replace(/:\w+/g, 'x')
    t.equal(
      (await platform.ask(replica, { method, url, token, body: method === 'GET' ? undefined : {} })).status,
      403,
      operationId,
    )
  }
})

t.test('404: no organization gives it a role, and none finds it', async (t) => {
  const given = await giveRoles(platform, replica, {
    account: { id: account, orgId: acme.org.id },
    roles: ['invoice-clerk'],
    by: acme.owner,
  })
  t.equal(given.status, 404)
})

t.test('200: an organization that wants none of it denies the question to the account', async (t) => {
  const other = await platform.withInvoices(replica)
  const token = tokenFor(account, other.org.id)
  const asked = () => decide(platform, replica, token, { action: 'read', subject: about(other.owner) })
  t.match(await asked(), { decision: true })
  const made = await platform.ask(replica, {
    method: 'POST',
    url: `/v1/organizations/${other.org.id}/policies`,
    token: platform.tokenOf(other.owner),
    body: {
      key: 'no-ledger',
      effect: 'deny',
      resource_type: 'gatehouse',
      actions: ['authz.evaluate'],
      when: `user.id == "${account}"`,
    },
  })
  t.equal(made.status, 201, JSON.stringify(made.body))
  t.match(await asked(), { decision: false, code: 'subject_not_permitted' })
  t.match(
    await decide(platform, replica, tokenFor(makeAccount(), other.org.id), {
      action: 'read',
      subject: about(other.owner),
    }),
    { decision: true },
    'another account is not meant',
  )
})

t.test(
  'a token that is newer than what is known waits; disabled, deleted or suspended, nothing is answered',
  async (t) => {
    const other = await platform.withInvoices(replica)
    const mine = makeAccount()
    const askedWith = (token: string) =>
      decide(platform, replica, token, { action: 'read', subject: about(other.owner) })
    const asked = (uv = 1) => askedWith(tokenFor(mine, other.org.id, { uv }))
    const known = tokenFor(mine, other.org.id)
    for (const _ of [1, 2]) t.match(await askedWith(known), { decision: true })
    t.match(await asked(), { decision: true })
    t.match(await asked(7), { status: 503, code: 'revision_unavailable' })
    const ids = { service_account_id: mine, organization_id: null }
    const say = (status: 'active' | 'disabled', version: number) =>
      platform.tokens.announce(ServiceAccountUpdated, {
        subject: mine,
        version,
        data: { ...ids, status, changed: ['status'] },
      })
    say('disabled', 2)
    await waitUntil(
      'a caller who asked before is looked at again',
      async () => (await askedWith(known)).decision === false,
    )
    t.match(await asked(2), { decision: false, code: 'subject_not_permitted' })
    say('active', 3)
    t.match(await asked(3), { decision: true })
    platform.orgs.announce(OrganizationUpdated, {
      subject: other.org.id,
      orgid: other.org.id,
      version: 50,
      data: { organization_id: other.org.id, status: 'suspended', changed: ['status'] },
    })
    await waitUntil('the suspension is known', async () => (await asked(3)).decision === false)
    platform.tokens.announce(ServiceAccountDeleted, {
      subject: mine,
      version: 4,
      data: { ...ids, status: 'deleted', min_uv: 4 },
    })
    t.match(await asked(4), { decision: false })
  },
)
