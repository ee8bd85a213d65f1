/**
 * Service accounts at the decision point: the roles they hold, what their keys may, whom they may ask about, and what
 * follows when they end.
 */
import t from 'tap'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import { openPlatform } from '../fixtures/platform.ts'
import { accountToken, decide, giveRoles, makeAccount, setStatus } from '../fixtures/service-accounts.ts'

const platform = await openPlatform(t)
const replica = await platform.replica()
const { org, owner } = await platform.withInvoices(replica)
const self = (id: string) => ({ type: 'service_account', id })
const user = (id: string) => ({ type: 'user', id })

t.test(
  '200: an account holds what it was given, from the next check on; its roles are read, replaced and announced',
  async (t) => {
    const account = makeAccount(platform, org.id)
    const token = accountToken(platform, account)
    t.match(await decide(platform, replica, token, { action: 'create', subject: self(account.id) }), {
      status: 200,
      decision: false,
      code: 'not_granted',
    })
    const given = await giveRoles(platform, replica, { account, roles: ['invoice-clerk', 'evaluator'], by: owner })
    t.match(
      [given.status, given.body],
      [200, { service_account: { id: account.id }, roles: ['evaluator', 'invoice-clerk'] }],
    )
    t.match(await decide(platform, replica, token, { action: 'create', subject: self(account.id) }), {
      decision: true,
      code: 'granted_by_role',
    })
    t.match(await decide(platform, replica, token, { action: 'purge', subject: self(account.id) }), { decision: false })
    const path = `/v1/organizations/${org.id}/service-accounts/${account.id}/roles`
    for (const asker of [platform.tokenOf(owner), token])
      t.match((await platform.ask(replica, { method: 'GET', url: path, token: asker })).body, {
        roles: ['evaluator', 'invoice-clerk'],
      })
    await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
    t.match(await decide(platform, replica, token, { action: 'create', subject: self(account.id) }), {
      decision: false,
    })
    const { events } = await replica.deps.spine.changes({ after: 0, limit: 1000 })
    t.match(
      events.filter(({ subject }) => subject === account.id),
      [
        {
          type: 'gatehouse.authz.service_account_roles.changed.v1',
          orgid: org.id,
          version: 1,
          data: { before: [], after: ['evaluator', 'invoice-clerk'] },
        },
        { version: 2, data: { before: ['evaluator', 'invoice-clerk'], after: ['evaluator'] } },
      ],
    )
  },
)

t.test(
  '200: rights are those of the account up to the scope of the key; a wildcard in it covers nothing sensitive',
  async (t) => {
    const account = makeAccount(platform, org.id)
    await giveRoles(platform, replica, { account, roles: ['invoice-clerk', 'invoice-purger'], by: owner })
    const rows: [string | undefined, string, boolean, string][] = [
      [undefined, 'create', true, 'granted_by_role'],
      [undefined, 'purge', true, 'granted_by_role'],
      ['invoice:read', 'read', true, 'granted_by_role'],
      ['invoice:read', 'create', false, 'insufficient_scope'],
      ['invoice:*', 'create', true, 'granted_by_role'],
      ['invoice:*', 'purge', false, 'insufficient_scope'],
      ['invoice:read invoice:purge', 'purge', true, 'granted_by_role'],
      ['gatehouse:*', 'create', false, 'insufficient_scope'],
      ['invoice:approve', 'approve', false, 'not_granted_for_missing_attribute'],
    ]
    for (const [scope, action, decision, code] of rows) {
      const token = accountToken(platform, account, scope === undefined ? {} : { scope })
      t.match(
        await decide(platform, replica, token, { action, subject: self(account.id) }),
        { status: 200, decision, code },
        `${scope} ${action}`,
      )
    }
  },
)

t.test('200: with the right to evaluate it asks about anybody of its organization, as they are', async (t) => {
  const account = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
  const token = accountToken(platform, account)
  const ask = (
    subject: { type: string; id: string },
    more: { action?: string; properties?: object; token?: string } = {},
  ) => decide(platform, replica, more.token ?? token, { action: 'create', subject, ...more })
  const clerk = platform.join(org, platform.person(), {
    roles: ['invoice-clerk'],
    attributes: { department: 'sales', limit: 100 },
  })
  t.match(await ask(user(clerk.id)), { decision: true, code: 'granted_by_role' }, 'who has just joined is found')
  t.match(
    await ask(user(clerk.id), { action: 'approve', properties: { department: 'sales', amount: 100 } }),
    { decision: true, code: 'granted_by_policy' },
    'with the attributes of the membership',
  )
  t.match(await ask(user(clerk.id), { action: 'approve', properties: { department: 'sales', amount: 101 } }), {
    decision: false,
  })
  t.match(await ask(user(owner.id)), { decision: true })
  t.match(
    await ask(user(clerk.id), { token: accountToken(platform, account, { scope: 'gatehouse:authz.evaluate' }) }),
    { decision: true },
    'the scope is the key’s, not the subject’s',
  )
  const worker = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account: worker, roles: ['invoice-clerk'], by: owner })
  t.match(await ask(self(worker.id)), { decision: true }, 'another service account too')

  const elsewhere = platform.join(platform.organization(), platform.person(), { isOwner: true })
  const theirs = makeAccount(platform, elsewhere.orgId)
  for (const [what, subject] of Object.entries({
    'of another organization': user(elsewhere.id),
    unknown: user(newId('user')),
    'no id at all': user('me'),
    'a prototype': user('__proto__'),
    'another type': { type: 'robot', id: clerk.id },
    'another’s account': self(theirs.id),
  })) {
    t.match(await ask(subject), { status: 200, decision: false, code: 'subject_not_permitted' }, what)
  }
  const gone = platform.leave(clerk)
  t.match(await ask(user(gone.id)), { decision: true }, 'until it is heard of')
  await replica.deps.following.orgs.pollNow()
  t.match(await ask(user(gone.id)), { decision: false, code: 'not_a_member' })
})

t.test('200 false: without the right, beyond the key, or as a person, nobody else is asked about', async (t) => {
  const account = makeAccount(platform, org.id)
  const token = accountToken(platform, account)
  const ask = (by: string) => decide(platform, replica, by, { action: 'create', subject: user(owner.id) })
  t.match(await ask(token), { status: 200, decision: false, code: 'subject_not_permitted' })
  await giveRoles(platform, replica, { account, roles: ['evaluator'], by: owner })
  t.match(await ask(token), { decision: true })
  t.match(await ask(accountToken(platform, account, { scope: 'invoice:*' })), {
    decision: false,
    code: 'subject_not_permitted',
  })
  const admin = platform.join(org, platform.person(), { roles: ['admin', 'evaluator'] })
  t.match(
    await ask(platform.tokenOf(admin)),
    { decision: false, code: 'subject_not_permitted' },
    'a person asks about themselves, whatever they hold',
  )
})

t.test('an account that is disabled, enabled, deleted: at once, and a deleted one has no roles left', async (t) => {
  const account = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account, roles: ['invoice-clerk'], by: owner })
  const ask = (uv: number) =>
    decide(platform, replica, accountToken(platform, account, { uv }), { action: 'create', subject: self(account.id) })
  t.match(await ask(1), { decision: true })
  setStatus(platform, account, { status: 'disabled', version: 2 })
  t.match(
    await ask(2),
    { decision: false, code: 'service_account_disabled' },
    'the token itself says that there is news',
  )
  setStatus(platform, account, { status: 'active', version: 3 })
  t.match(await ask(3), { decision: true })
  t.match(await ask(9), { status: 503, code: 'revision_unavailable' }, 'a token that knows more than tokens has said')
  setStatus(platform, account, { status: 'deleted', version: 4 })
  await replica.deps.following.tokens.pollNow()
  t.match(await ask(4), { decision: false, code: 'service_account_disabled' })
  t.equal((await giveRoles(platform, replica, { account, roles: [], by: owner })).status, 404)
  t.same((await replica.deps.factCache.serviceAccount({ orgId: org.id, serviceAccountId: account.id }))?.roles, [])
})

t.test('403: nobody gives or takes what they do not hold, an account within its scope included', async (t) => {
  const account = makeAccount(platform, org.id)
  const admin = platform.join(org, platform.person(), { roles: ['admin'] })
  const reader = platform.join(org, platform.person(), { roles: ['invoice-reader'] })
  t.match((await giveRoles(platform, replica, { account, roles: ['invoice-clerk'], by: admin })).body, {
    status: 403,
    code: 'forbidden',
  })
  t.equal((await giveRoles(platform, replica, { account, roles: ['evaluator', 'viewer'], by: admin })).status, 200)
  t.equal((await giveRoles(platform, replica, { account, roles: [], by: reader })).status, 403)
  const manager = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account: manager, roles: ['admin'], by: owner })
  t.equal(
    (await giveRoles(platform, replica, { account, roles: ['viewer'], by: accountToken(platform, manager) })).status,
    200,
    'an account that may manage does',
  )
  t.equal(
    (
      await giveRoles(platform, replica, {
        account,
        roles: ['evaluator'],
        by: accountToken(platform, manager, { scope: 'gatehouse:roles.assign' }),
      })
    ).status,
    403,
    'but not beyond its key',
  )
  t.match((await giveRoles(platform, replica, { account, roles: ['owner', 'nobody'], by: owner })).body, {
    status: 400,
    code: 'validation_failed',
    errors: [{ path: '/roles/0' }, { path: '/roles/1' }],
  })
})

t.test('404: another organization’s account is as missing as one that never was', async (t) => {
  const theirs = makeAccount(platform, platform.organization().id)
  for (const id of [theirs.id, newId('svc')]) {
    t.match((await giveRoles(platform, replica, { account: { id, orgId: org.id }, roles: [], by: owner })).body, {
      status: 404,
      code: 'not_found',
    })
    t.match(
      (
        await platform.ask(replica, {
          method: 'GET',
          url: `/v1/organizations/${org.id}/service-accounts/${id}/roles`,
          token: platform.tokenOf(owner),
        })
      ).body,
      { status: 404, code: 'not_found' },
    )
  }
})

t.test('a key hands on what its account holds up to the scope: what the asker lacks of that is named', async (t) => {
  const account = makeAccount(platform, org.id)
  await giveRoles(platform, replica, { account, roles: ['invoice-clerk', 'viewer'], by: owner })
  const admin = platform.join(org, platform.person(), { roles: ['admin'] })
  const missing = async (token: string, permissions?: string[]) =>
    (
      await platform.ask(replica, {
        method: 'POST',
        url: '/internal/service-accounts/check-grantable',
        as: 'tokens',
        token,
        body: { service_account_id: account.id, ...(permissions && { permissions }) },
      })
    ).body['missing']
  t.same(await missing(platform.tokenOf(owner)), [])
  t.same(await missing(platform.tokenOf(admin)), ['invoice:approve', 'invoice:create', 'invoice:read'])
  t.same(await missing(platform.tokenOf(admin), ['invoice:read']), ['invoice:read'])
  t.same(await missing(platform.tokenOf(admin), ['invoice:*', 'gatehouse:members.read']), [
    'invoice:approve',
    'invoice:create',
    'invoice:read',
  ])
  t.same(
    await missing(platform.tokenOf(admin), ['gatehouse:members.read', 'invoice:purge']),
    [],
    'a scope above what is held hands on nothing',
  )
  t.same(await missing(accountToken(platform, account)), [], 'an account may hand on what it holds')
  t.same(await missing(accountToken(platform, account, { scope: 'invoice:read' })), ['*:*'], 'and no more than its key')
  t.equal(
    (
      await platform.ask(replica, {
        method: 'POST',
        url: '/internal/service-accounts/check-grantable',
        as: 'orgs',
        token: platform.tokenOf(owner),
        body: { service_account_id: account.id },
      })
    ).status,
    403,
  )
})

t.test('a snapshot of tokens is believed: what it does not name is gone, with its roles', async (t) => {
  const [kept, gone] = [makeAccount(platform, org.id), makeAccount(platform, org.id)]
  for (const account of [kept, gone])
    await giveRoles(platform, replica, { account, roles: ['invoice-clerk'], by: owner })
  platform.tokens.restore([
    { kind: 'service_account', id: kept.id, organization_id: org.id, status: 'active', version: 1 },
    { kind: 'something', id: 'x', version: 1 },
  ])
  await replica.deps.following.tokens.pollNow()
  t.match(await decide(platform, replica, accountToken(platform, kept), { action: 'create', subject: self(kept.id) }), {
    decision: true,
  })
  t.match(await decide(platform, replica, accountToken(platform, gone), { action: 'create', subject: self(gone.id) }), {
    decision: false,
    code: 'service_account_disabled',
  })
})

t.test(
  '503: while tokens cannot be known nothing is said of service accounts, and people are not affected',
  async (t) => {
    const offset = { ms: 0 }
    const { clock } = replica.deps
    const lonely = await platform.replica({
      clock: { ...clock, now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + offset.ms },
    })
    const account = makeAccount(platform, org.id)
    await lonely.deps.following.tokens.pollNow()
    const token = accountToken(platform, account)
    t.equal((await decide(platform, lonely, token, { action: 'read', subject: self(account.id) })).status, 200)
    platform.tokens.cutOff(true)
    offset.ms = 6000
    await Promise.all(
      [lonely.deps.following.identity, lonely.deps.following.orgs, lonely.deps.following.own].map((follower) =>
        follower.pollNow(),
      ),
    )
    t.match(await decide(platform, lonely, token, { action: 'read', subject: self(account.id) }), {
      status: 503,
      code: 'not_current',
    })
    t.match((await giveRoles(platform, lonely, { account, roles: [], by: owner })).body, {
      status: 503,
      code: 'not_current',
    })
    t.match((await platform.evaluate(lonely, owner, { action: 'read' })).status, 200)
  },
)

t.test('200: the catalog, whole or one application, is read by a key too; declaring one takes a person', async (t) => {
  const token = accountToken(platform, makeAccount(platform, org.id))
  const read = (url: string) => platform.ask(replica, { method: 'GET', url, token })
  const whole = await read('/v1/authz/catalog')
  const one = await read('/v1/authz/catalog/invoices')
  t.same([whole.status, one.status], [200, 200])
  t.same(
    (whole.body['data'] as { key: string }[]).find(({ key }) => key === 'invoices'),
    one.body,
  )
  t.match(await read('/v1/authz/catalog/nothing'), { status: 404 })
  const declared = await platform.ask(replica, {
    method: 'PUT',
    url: '/v1/authz/catalog/invoices',
    token,
    body: one.body,
  })
  t.match([declared.status, declared.body['code']], [403, 'person_required'])
})
