/** `/v1/organizations/:org/settings`, by status code: the rules on those who act for it, their event and floor. */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import { OrganizationUpdated } from '@gatehouse/contracts/events/orgs/organization'
import { newId } from '@gatehouse/service-kit/ids/type-id'
import t from 'tap'
import { openRig, type Answer } from '../fixtures/rig.ts'

const rig = await openRig(t)
const { send, world } = rig
const owner = rig.person()
const future = '2999-01-01T00:00:00.000Z'

async function organization() {
  const { id: org } = await rig.organization(owner)
  const path = `/v1/organizations/${org}/settings`
  return {
    org,
    read: () => send('GET', path, { by: owner, org }),
    /** As whoever signed in with a second factor. */
    change: (mfa: object, more: { ifMatch?: unknown; acr?: string } = {}): Promise<Answer> =>
      send('PATCH', path, {
        by: owner,
        org,
        acr: more.acr ?? 'aal2',
        body: { mfa },
        ...(more.ifMatch !== undefined && { headers: { 'if-match': String(more.ifMatch) } }),
      }),
    /** As whoever signed in with a second factor. */
    ruleRoles: (rules: object[], acr = 'aal2'): Promise<Answer> =>
      send('PATCH', path, { by: owner, org, acr, body: { mfa_roles: rules } }),
    rule: (rules: object, more: { from?: string; confirm?: boolean; authTime?: number } = {}): Promise<Answer> =>
      send('PATCH', more.confirm === undefined ? path : `${path}?confirm=${more.confirm}`, {
        by: owner,
        org,
        body: rules,
        authTime: more.authTime,
        headers: { [internalHeaders.clientAddress]: more.from ?? '203.0.113.7' },
      }),
    announced: async () => (await rig.events.listOf(OrganizationUpdated)).filter(({ subject }) => subject === org),
  }
}

t.test('200: nothing is required of a new organization; a change is answered, announced and read', async (t) => {
  const { read, change, announced } = await organization()
  const before = await read()
  t.match(before, { status: 200, body: { mfa: { mode: 'off', required_from: null } }, headers: { etag: '"1"' } })
  const changed = await change({ mode: 'required', required_from: future })
  t.match(changed, {
    status: 200,
    body: { mfa: { mode: 'required', required_from: future } },
    headers: { etag: '"2"' },
  })
  t.same((await read()).body, changed.body)
  const [event] = await announced()
  t.match(event, { version: 2, data: { status: 'active', changed: ['settings.mfa'], mfa_required_from: future } })
  t.notOk('min_ov' in (event?.data ?? {}), 'nothing ends before the date')
})

t.test('200: required from now on: every access token for the organization is void, once', async (t) => {
  const { change, announced } = await organization()
  t.match(await change({ mode: 'required' }), { status: 200, body: { mfa: { mode: 'required' } } })
  t.match(await change({ mode: 'required', required_from: '2020-01-01T00:00:00Z' }), { status: 200 })
  t.match(await change({ mode: 'optional' }), { body: { mfa: { mode: 'optional', required_from: null } } })
  t.match(await change({ mode: 'optional' }), { status: 200 })
  const events = await announced()
  t.same(
    events.map(({ data }) => (data as { min_ov?: number }).min_ov),
    [2, undefined, undefined],
    'and what is so already is announced to nobody',
  )
  t.equal((events.at(-1)?.data as OrganizationUpdated).mfa_required_from, null)
})

t.test('412: an old version; of many changes of one version one is made', async (t) => {
  const { change, read } = await organization()
  const ifMatch = (await read()).headers['etag']
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      change({ mode: 'required', required_from: `29${10 + n}-01-01T00:00:00Z` }, { ifMatch }),
    ),
  )
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.match(
    answers.find(({ status }) => status !== 200),
    { status: 412, body: { code: 'precondition_failed' } },
  )
  t.equal((await change({ mode: 'off' }, { ifMatch: '"1"' })).status, 412)
  t.equal((await read()).headers['etag'], '"2"')
})

t.test('401: whoever requires of others what they have not; it may be taken back with one factor', async (t) => {
  const { change, read } = await organization()
  const refused = await change({ mode: 'required', required_from: future }, { acr: 'aal1' })
  t.match(refused, { status: 401, body: { code: 'insufficient_user_authentication' } })
  t.match(refused.headers['www-authenticate'], /acr_values="aal2"/)
  t.match((await read()).body, { mfa: { mode: 'off' } })
  t.equal((await change({ mode: 'optional' }, { acr: 'aal1' })).status, 200)
})

t.test('400: what is no rule', async (t) => {
  const { change } = await organization()
  for (const mfa of [
    {},
    { mode: 'maybe' },
    { mode: 'off', required_from: future },
    { mode: 'required', required_from: 'soon' },
    { mode: 'required', required_from: null },
    { mode: 'required', more: 1 },
  ])
    t.equal((await change(mfa)).status, 400, JSON.stringify(mfa))
})

t.test('403, and 404 for another organization', async (t) => {
  const { org, read, change } = await organization()
  const other = await organization()
  const elsewhere = `/v1/organizations/${other.org}/settings`
  t.equal((await send('GET', elsewhere, { by: owner, org })).status, 404)
  t.equal((await send('PATCH', elsewhere, { by: owner, org, body: { mfa: { mode: 'off' } } })).status, 404)
  t.equal((await send('GET', elsewhere, { by: owner, org: newId('org') })).status, 404)
  world.denied.add('gatehouse:settings.read').add('gatehouse:settings.write')
  t.equal((await read()).status, 403)
  t.equal((await change({ mode: 'off' })).status, 403)
  world.denied.clear()
})

t.test('200: rules on sessions are announced; what only widens them ends no access', async (t) => {
  const { rule, read, announced } = await organization()
  const rules = {
    session_idle_seconds: 3600,
    session_lifetime_seconds: 86_400,
    allowed_addresses: ['203.0.113.0/24', '2001:db8::/32'],
    sign_in_methods: ['password', 'passkey'],
  }
  t.match(await rule(rules), { status: 200, body: rules, headers: { etag: '"2"' } })
  for (const wider of [
    { session_idle_seconds: 7200 },
    { session_lifetime_seconds: null },
    { allowed_addresses: ['203.0.113.0/24', '2001:db8::/32', '10.0.0.0/8'] },
    { sign_in_methods: [] },
    { invitations_by: 'owners' },
  ])
    t.match(await rule(wider), { status: 200, body: wider }, JSON.stringify(wider))
  t.match(await rule({ session_idle_seconds: 7200 }), { status: 200 }, 'as it is already: announced to nobody')
  for (const stricter of [{ session_idle_seconds: 300 }, { allowed_addresses: ['203.0.113.0/24'] }])
    t.match(await rule(stricter), { status: 200, body: stricter })
  const events = (await announced()).map(({ version, data }) => ({ version, ...(data as OrganizationUpdated) }))
  t.same(
    events.map(({ version, changed, min_ov: floor }) => [version === floor, ...changed]),
    [
      [
        true,
        'settings.session_idle_seconds',
        'settings.session_lifetime_seconds',
        'settings.allowed_addresses',
        'settings.sign_in_methods',
      ],
      [false, 'settings.session_idle_seconds'],
      [false, 'settings.session_lifetime_seconds'],
      [false, 'settings.allowed_addresses'],
      [false, 'settings.sign_in_methods'],
      [false, 'settings.invitations_by'],
      [true, 'settings.session_idle_seconds'],
      [true, 'settings.allowed_addresses'],
    ],
  )
  t.same(events[0]?.access_rules, rules)
  t.match((await read()).body, { invitations_by: 'owners', sign_in_methods: [] })
})

t.test('409: a change that would refuse the session that makes it, unless it is confirmed', async (t) => {
  const { rule, read } = await organization()
  const refused = { status: 409, body: { code: 'own_session_refused' } }
  const hourAgo = Math.floor(Date.now() / 1000) - 3600
  const cases = [
    [{ allowed_addresses: ['10.0.0.0/8'] }, {}],
    [{ sign_in_methods: ['passkey'] }, {}],
    [{ session_lifetime_seconds: 1800 }, { authTime: hourAgo }],
  ] as const
  for (const [rules, more] of cases) {
    t.match(await rule(rules, more), refused, JSON.stringify(rules))
    t.match(await rule(rules, { ...more, confirm: false }), refused)
  }
  t.match((await read()).headers, { etag: '"1"' })
  for (const [rules, more] of cases)
    t.match(await rule(rules, { ...more, confirm: true }), { status: 200, body: rules })
})

t.test('400: what is no rule on sessions', async (t) => {
  const { rule } = await organization()
  for (const rules of [
    {},
    { session_idle_seconds: 299 },
    { session_lifetime_seconds: 0 },
    { session_lifetime_seconds: 31_622_401 },
    { session_idle_seconds: 300.5 },
    { allowed_addresses: ['10.0.0.1/8'] },
    { allowed_addresses: ['10.0.0.0/8', '10.0.0.0/8'] },
    { allowed_addresses: 'any' },
    { allowed_addresses: Array.from({ length: 101 }, (_, n) => `10.0.${n}.0/24`) },
    { sign_in_methods: ['magic'] },
    { invitations_by: 'nobody' },
  ])
    t.equal((await rule(rules)).status, 400, JSON.stringify(rules).slice(0, 80))
  t.match(await rule({ allowed_addresses: ['10.0.0.0/8', 'here'] }), {
    body: { errors: [{ path: '/allowed_addresses/1' }] },
  })
})

t.test('403: where owners invite, nobody else does; they go on as before', async (t) => {
  const { org, rule } = await organization()
  const member = rig.person()
  await rig.join({ org, owner, person: member, roles: ['admin'] })
  t.equal((await rule({ invitations_by: 'owners' })).status, 200)
  const inviting = (by: typeof owner) =>
    send('POST', `/v1/organizations/${org}/invitations`, {
      by,
      org,
      body: { email: `${newId('inv')}@example.com`, roles: ['viewer'] },
    })
  t.match(await inviting(member), { status: 403, body: { code: 'forbidden' } })
  t.equal((await inviting(owner)).status, 201)
  t.equal((await rule({ invitations_by: 'permitted' })).status, 200)
  t.equal((await inviting(member)).status, 201)
})

t.test('by role: rules are announced; one that begins now voids every access token, once', async (t) => {
  const { ruleRoles, read, change, announced } = await organization()
  t.match((await read()).body, { mfa_roles: [] })
  const later = { role: 'owner', mode: 'required', required_from: future }
  const offered = { role: 'viewer', mode: 'optional', required_from: null }
  t.match(await ruleRoles([{ role: 'viewer', mode: 'optional' }, later]), { body: { mfa_roles: [later, offered] } })
  t.match(await ruleRoles([later, { role: 'admin', mode: 'required' }]), { status: 200, headers: { etag: '"3"' } })
  const { body } = await read()
  const [admin] = (body as unknown as { mfa_roles: { role: string }[] }).mfa_roles
  t.match(admin, { role: 'admin', required_from: /^20\d\d-/ })
  t.match(await ruleRoles([{ role: 'admin', mode: 'required' }, later]), { body: { mfa_roles: [admin, later] } })
  t.match((await read()).headers, { etag: '"3"' }, 'what is so already goes on and is announced to nobody')
  t.equal((await ruleRoles([{ role: 'admin', mode: 'required', required_from: future }])).status, 200)
  t.equal((await ruleRoles([{ role: 'admin', mode: 'required' }])).status, 200, 'from now on again')
  t.equal((await ruleRoles([], 'aal1')).status, 200, 'taken back, which takes one factor')
  t.match((await change({ mode: 'optional' })).body, { mfa_roles: [] })
  const told = (await announced()).map(({ data }) => data as OrganizationUpdated)
  t.same(
    told.map(({ changed, min_ov, mfa_roles }) => [changed.join(), min_ov, mfa_roles?.map(({ role }) => role).join()]),
    [
      ['settings.mfa_roles', undefined, 'owner'],
      ['settings.mfa_roles', 3, 'admin,owner'],
      ['settings.mfa_roles', undefined, 'admin'],
      ['settings.mfa_roles', 5, 'admin'],
      ['settings.mfa_roles', undefined, ''],
      ['settings.mfa', undefined, ''],
    ],
  )
})

t.test(
  'by role: 401 for whoever has not the factor, 400 for what is no rule; a deleted role keeps its rule',
  async (t) => {
    const { ruleRoles, read } = await organization()
    const required = { role: 'admin', mode: 'required' }
    t.match(await ruleRoles([required], 'aal1'), { status: 401, body: { code: 'insufficient_user_authentication' } })
    for (const rule of [
      {},
      { role: 'admin' },
      { role: 'admin', mode: 'off' },
      { role: 'No Key', mode: 'optional' },
      { role: 'admin', mode: 'optional', required_from: future },
      { ...required, required_from: 'soon' },
      { ...required, more: 1 },
    ])
      t.equal((await ruleRoles([rule])).status, 400, JSON.stringify(rule))
    t.match(await ruleRoles([required, required]), { status: 400, body: { errors: [{ path: '/mfa_roles/1/role' }] } })
    t.teardown(() => world.unknownRoles.clear())
    world.unknownRoles.add('auditor')
    const auditor = { role: 'auditor', mode: 'required' }
    t.match(await ruleRoles([required, auditor]), { status: 400, body: { errors: [{ path: '/mfa_roles/1/role' }] } })
    t.match((await read()).body, { mfa_roles: [] })
    world.unknownRoles.clear()
    t.equal((await ruleRoles([auditor])).status, 200)
    world.unknownRoles.add('auditor')
    t.match(await ruleRoles([required, auditor]), { status: 200, body: { mfa_roles: [{}, { role: 'auditor' }] } })
  },
)
