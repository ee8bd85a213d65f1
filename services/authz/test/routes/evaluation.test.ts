/** POST /access/v1/evaluation and the internal checks, by what they answer. */
import t from 'tap'
import { UserDisabled } from '@gatehouse/contracts/events/identity/user'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { encodeRevision } from '@gatehouse/service-kit/context/revision'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { openPlatform, type Answer } from '../fixtures/platform.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const contextOf = (answer: Answer) => answer.body['context'] as { revision: string; reason: { code: string } }
const reasonOf = (answer: Answer) => contextOf(answer).reason

t.test('200: roles allow and deny, an owner by ownership, whoever just joined at once', async (t) => {
  const clerk = platform.join(org, platform.person(), { roles: ['invoice-clerk'] })
  const reader = platform.join(org, platform.person(), { roles: ['invoice-reader', 'no-such-role'] })
  t.match((await platform.evaluate(replica, clerk, { action: 'create' })).body, {
    decision: true,
    context: { reason: { code: 'granted_by_role', role: 'invoice-clerk' } },
  })
  t.match((await platform.evaluate(replica, clerk, { action: 'read' })).body, { decision: true })
  t.match((await platform.evaluate(replica, reader, { action: 'create' })).body, {
    decision: false,
    context: { reason: { code: 'not_granted' } },
  })
  t.match((await platform.evaluate(replica, owner, { action: 'approve', properties: { amount: 1 } })).body, {
    decision: true,
    context: { reason: { role: 'owner' } },
  })
  t.match(
    (await platform.evaluate(replica, owner, { action: 'purge' })).body,
    { decision: false },
    'no wildcard covers a sensitive permission',
  )
})

t.test('200: a policy decides on resource and membership attributes', async (t) => {
  const clerk = platform.join(org, platform.person(), {
    roles: ['invoice-clerk'],
    attributes: { department: 'sales', limit: 100 },
  })
  const approve = async (properties: object) => platform.evaluate(replica, clerk, { action: 'approve', properties })
  t.match((await approve({ department: 'sales', amount: 100 })).body, {
    decision: true,
    context: { reason: { code: 'granted_by_policy', policy: 'approve-own-department' } },
  })
  t.match((await approve({ department: 'sales', amount: 101 })).body, { decision: false })
  t.match((await approve({ department: 'law', amount: 1 })).body, { decision: false })
  t.match((await approve({ department: 'sales' })).body, {
    decision: false,
    context: { reason: { code: 'not_granted_for_missing_attribute', detail: 'missing: resource.amount' } },
  })
  t.match((await approve({ department: 'sales', amount: 1, locked: true })).body, {
    decision: false,
    context: { reason: { code: 'denied_by_policy', policy: 'locked-stays' } },
  })
  t.match(
    (await approve({ department: 'sales', amount: 1, colour: 'red', __proto__: 1 })).body,
    { decision: true },
    'unknown properties are ignored',
  )
})

t.test('200 false: another subject, an unknown type or action', async (t) => {
  const ask = async (o: object) => platform.evaluate(replica, owner, { action: 'read', ...o })
  t.match(reasonOf(await ask({ subject: { id: newId('user') } })), { code: 'subject_not_permitted' })
  t.match(reasonOf(await ask({ subject: { type: 'service_account' } })), { code: 'subject_not_permitted' })
  t.match(reasonOf(await ask({ type: 'planet', properties: { amount: 'x' } })), { code: 'unknown_resource_type' })
  t.match(reasonOf(await ask({ action: 'eat' })), { code: 'unknown_action' })
  t.match(reasonOf(await ask({ type: '__proto__', action: 'constructor' })), { code: 'unknown_resource_type' })
})

t.test('400: what the caller may not assert, of the wrong type, or no evaluation at all', async (t) => {
  const forged = async (o: object) => platform.evaluate(replica, owner, { action: 'approve', ...o })
  for (const [name, o, path] of [
    ['a stored resource attribute', { properties: { risk: 'none' } }, '/resource/properties/risk'],
    [
      'a stored membership attribute',
      { subject: { properties: { department: 'sales' } } },
      '/subject/properties/department',
    ],
    ['ownership', { subject: { properties: { is_owner: true } } }, '/subject/properties/is_owner'],
    ['the time', { context: { time: '2020-01-01T00:00:00Z' } }, '/context/time'],
    ['a number as text', { properties: { amount: '1' } }, '/resource/properties/amount'],
  ] as const) {
    t.match((await forged(o)).body, { status: 400, code: 'invalid_attribute', errors: [{ path }] }, name)
  }
  const token = platform.tokenOf(owner)
  for (const body of [
    {},
    { subject: 'me' },
    { subject: { type: 'user', id: owner.id }, action: { name: 'x' }, resource: { type: 'invoice' } },
    [],
    null,
  ]) {
    t.equal(
      (await platform.ask(replica, { method: 'POST', url: '/access/v1/evaluation', token, body })).status,
      400,
      JSON.stringify(body),
    )
  }
  t.equal((await forged({ context: { at_least: '%%%' } })).status, 400)
})

t.test('401 without a token, 403 without an organization', async (t) => {
  const body = {
    subject: { type: 'user', id: owner.id },
    action: { name: 'read' },
    resource: { type: 'invoice', id: '1' },
  }
  const url = '/access/v1/evaluation'
  t.equal((await platform.ask(replica, { method: 'POST', url, body })).status, 401)
  t.equal(
    (await platform.ask(replica, { method: 'POST', url, body, as: 'nobody', token: platform.tokenOf(owner) })).status,
    401,
  )
  t.match(
    (await platform.ask(replica, { method: 'POST', url, body, token: platform.tokenOf({ id: owner.id }) })).body,
    { status: 403, code: 'organization_required' },
  )
})

t.test('503: what the token or the asker knows and this replica does not, and never a denial', async (t) => {
  const future = platform.orgs.head() + 5
  t.match(
    (await platform.evaluate(replica, owner, { action: 'read', token: platform.tokenOf(owner, { mv: 9 }) })).body,
    { status: 503, code: 'revision_unavailable' },
  )
  t.match(
    (
      await platform.evaluate(replica, owner, {
        action: 'read',
        context: { at_least: encodeRevision([['orgs', future]]) },
      })
    ).body,
    { status: 503, code: 'revision_unavailable' },
  )
  const { revision } = contextOf(await platform.evaluate(replica, owner, { action: 'read' }))
  t.match((await platform.evaluate(replica, owner, { action: 'read', context: { at_least: revision } })).body, {
    decision: true,
  })
  t.match(
    (
      await platform.evaluate(replica, owner, {
        action: 'read',
        context: {
          at_least: encodeRevision([
            ['workers', 999],
            ['orgs', 1],
          ]),
        },
      })
    ).body,
    { decision: true },
  )
})

t.test('200 false: a disabled person, a suspended organization, somebody who left', async (t) => {
  const gone = platform.join(org, platform.person(), { roles: ['invoice-reader'] })
  t.match((await platform.evaluate(replica, gone, { action: 'read' })).body, { decision: true })
  const left = platform.leave(gone)
  await replica.deps.following.orgs.pollNow()
  t.match(reasonOf(await platform.evaluate(replica, gone, { action: 'read' })), { code: 'not_a_member' })
  const back = platform.join(org, gone, { membershipId: gone.membershipId, version: left.mv + 1 })
  t.match(
    reasonOf(await platform.evaluate(replica, back, { action: 'read' })),
    { code: 'not_granted' },
    'who joins again begins with the roles of that joining',
  )

  const disabled = platform.join(org, platform.person(), { isOwner: true })
  t.match((await platform.evaluate(replica, disabled, { action: 'read' })).body, { decision: true })
  platform.identity.announce(UserDisabled, {
    subject: disabled.id,
    userid: disabled.id,
    version: 2,
    data: { user_id: disabled.id, min_uv: 2 },
  })
  await replica.deps.following.identity.pollNow()
  t.match(reasonOf(await platform.evaluate(replica, disabled, { action: 'read' })), { code: 'user_disabled' })

  const other = platform.organization()
  const boss = platform.join(other, platform.person(), { isOwner: true })
  t.match((await platform.evaluate(replica, boss, { action: 'read' })).body, { decision: true })
  platform.orgs.announce(OrganizationUpdated, {
    subject: other.id,
    orgid: other.id,
    version: 2,
    data: { organization_id: other.id, status: 'suspended', changed: ['status'] },
  })
  await replica.deps.following.orgs.pollNow()
  t.match(reasonOf(await platform.evaluate(replica, boss, { action: 'read' })), { code: 'organization_suspended' })
})

t.test('the same token gets the other answer when ownership or an attribute changes', async (t) => {
  const member = platform.join(org, platform.person(), {
    roles: ['invoice-clerk'],
    attributes: { department: 'sales', limit: 10 },
  })
  const token = platform.tokenOf(member)
  const approve = () =>
    platform.evaluate(replica, member, { action: 'approve', token, properties: { department: 'sales', amount: 50 } })
  t.match((await approve()).body, { decision: false })
  platform.changeAttributes(member, { department: 'sales', limit: 60 })
  await replica.deps.following.orgs.pollNow()
  t.match((await approve()).body, { decision: true })
})

t.test('internal: permissions of the person whose token travels along, at both scopes', async (t) => {
  const member = platform.join(org, platform.person(), { roles: ['member'] })
  const administrator = await platform.administrator(replica)
  const check = (o: { as?: 'orgs' | 'gateway'; token?: string; scope?: string; permissions?: string[] }) =>
    platform.ask(replica, {
      method: 'POST',
      url: '/internal/permissions/check',
      as: o.as ?? 'orgs',
      token: o.token,
      body: {
        scope: o.scope ?? 'organization',
        permissions: o.permissions ?? ['gatehouse:members.read', 'gatehouse:members.remove'],
      },
    })
  t.same((await check({ token: platform.tokenOf(member) })).body, { decisions: [true, false] })
  t.same((await check({ token: platform.tokenOf(owner) })).body, { decisions: [true, true] })
  t.same(
    (await check({ token: platform.tokenOf({ id: owner.id }) })).body,
    { decisions: [false, false] },
    'no organization, no permission in one',
  )
  const platformScope = { scope: 'platform', permissions: ['gatehouse:catalog.write', 'gatehouse:members.read'] }
  t.same((await check({ token: platform.tokenOf(administrator), ...platformScope })).body, { decisions: [true, false] })
  t.same((await check({ token: platform.tokenOf(owner), ...platformScope })).body, { decisions: [false, false] })
  t.same(
    (await check({ token: platform.tokenOf(owner), permissions: ['gatehouse:catalog.write', 'nonsense', 'x:y'] })).body,
    { decisions: [false, false, false] },
  )
  t.equal((await check({})).status, 401)
  t.equal((await check({ as: 'gateway', token: platform.tokenOf(owner) })).status, 403)
})

t.test('internal: which roles a person may give', async (t) => {
  const admin = platform.join(org, platform.person(), { roles: ['admin'] })
  await replica.deps.following.orgs.pollNow()
  const check = (userId: string, roles: string[], orgId = org.id) =>
    platform.ask(replica, {
      method: 'POST',
      url: '/internal/roles/check-grantable',
      as: 'orgs',
      body: { organization_id: orgId, granted_by: userId, roles },
    })
  t.same((await check(admin.id, ['member', 'viewer', 'admin'])).body, { unknown: [], refused: [] })
  t.same((await check(admin.id, ['invoice-clerk', 'owner', 'platform-admin', 'nobody'])).body, {
    unknown: ['platform-admin', 'nobody'],
    refused: ['invoice-clerk', 'owner'],
  })
  t.same((await check(owner.id, ['invoice-clerk', 'invoice-purger'])).body, { unknown: [], refused: [] })
  t.same(
    (await check(newId('user'), ['member'])).body,
    { unknown: [], refused: ['member'] },
    'a stranger may give nothing',
  )
  t.same((await check(owner.id, ['member'], newId('org'))).body, { unknown: [], refused: ['member'] })
})

t.test('internal: which roles a member holds', async (t) => {
  const member = platform.join(org, platform.person(), { roles: ['viewer', 'admin'] })
  await replica.deps.following.orgs.pollNow()
  const roles = (userId: string, { orgId = org.id, as = 'tokens' } = {}) =>
    platform.ask(replica, {
      method: 'POST',
      url: '/internal/members/roles',
      as: as as 'tokens',
      body: { organization_id: orgId, user_id: userId },
    })
  t.same((await roles(member.id)).body, { roles: ['admin', 'viewer'] })
  t.match((await roles(owner.id)).body['roles'], ['owner'], 'an owner is one, though nobody gave that role')
  t.same((await roles(newId('user'))).body, { roles: [] }, 'a stranger has none')
  t.same((await roles(member.id, { orgId: newId('org') })).body, { roles: [] }, 'and nobody elsewhere')
  t.equal((await roles(member.id, { as: 'orgs' })).status, 403)
})

t.test('the well-known document says where to ask', async (t) => {
  const { body } = await platform.ask(replica, { method: 'GET', url: '/.well-known/authzen-configuration' })
  t.same(body, {
    policy_decision_point: 'https://gatehouse.test',
    access_evaluation_endpoint: 'https://gatehouse.test/access/v1/evaluation',
    access_evaluations_endpoint: 'https://gatehouse.test/access/v1/evaluations',
    search_subject_endpoint: 'https://gatehouse.test/access/v1/search/subject',
    search_resource_endpoint: 'https://gatehouse.test/access/v1/search/resource',
    search_action_endpoint: 'https://gatehouse.test/access/v1/search/action',
  })
})
