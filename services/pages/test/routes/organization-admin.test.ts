/**
 * An organization by forms: members, roles of one, invitations, the rule for second factors. Who may do what is
 * answered by the services alone.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import t, { type Test } from 'tap'
import { browserToken, openBrowser, openPages, refusal, session, settingsOfOrganization } from '../fixtures/visitor.ts'

const org = 'org_01k4zq3v5xe6hvd8c6mwh9q0zk'
const foreign = 'org_01k4zq3v5xe6hvd8c6mwh9q0zm'
const ben = 'user_01k4zq3v5xe6hvd8c6mwh9q0zm'
const list = { page: { next_cursor: null, has_more: false } }
const at = '2026-01-01T00:00:00.000Z'

const acme = {
  id: org,
  name: 'Acme',
  slug: 'acme',
  logo_url: null,
  colors: { background: '#000000', text: '#ffffff' },
  deletion_due_at: null,
  created_at: at,
}
const etagIn = (html: string): string =>
  /name="etag" value="&quot;(.*?)&quot;"/.exec(html)?.[1]?.replace(/.*/, '"$&"') ?? ''

async function openAdmin(t: Test) {
  const pages = await openPages(t)
  const { answers } = pages
  answers['POST /internal/browser-sessions/token'] = ({ body }) => {
    const asked = body['organization_id']
    if (asked === foreign) return refusal('not_found')
    return {
      body: {
        ...browserToken,
        access_token: asked === null ? 'a.b.c' : 'for.the.org',
        organization_id: asked === null ? null : org,
      },
    }
  }
  answers[`GET /v1/organizations/${org}/roles`] = () => ({
    body: {
      ...list,
      data: ['member', 'admin'].map((key) => ({
        id: 'role_01k4zq3v5xe6hvd8c6mwh9q0zk',
        key,
        name: `Role ${key}`,
        permissions: [],
        inherits: [],
        scope: 'platform',
        created_at: at,
      })),
    },
  })
  const browser = openBrowser(pages.app)
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  return { ...pages, browser }
}

t.test('members are listed, one is removed, with a token for this organization', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const member = {
    id: 'mem_01k4zq3v5xe6hvd8c6mwh9q0zk',
    user: { id: ben, name: 'Ben', email: 'ben@example.com' },
    is_owner: false,
    status: 'active',
    attributes: {},
    joined_at: at,
  }
  const members = `/v1/organizations/${org}/members`
  answers[`GET ${members}`] = ({ query }) => ({
    body: { data: [member], page: { next_cursor: query.includes('cursor=') ? null : 'n', has_more: true } },
  })
  answers[`DELETE /v1/organizations/${org}/members/${ben}`] = () => ({ status: 204 })
  const page = (await browser.open(`/organization/members?organization=${org}`)).body
  t.match(page, `id="remove-${ben}"`)
  t.match(page, `/organization/member?organization=${org}&amp;user=${ben}`)
  t.match(page, `/organization/members?organization=${org}&amp;cursor=n`)
  const removed = await browser.send(`/organization/members?organization=${org}`, { user: ben })
  t.equal(removed.headers.location, `/organization/members?organization=${org}`)
  t.equal(of(`DELETE /v1/organizations/${org}/members/${ben}`)[0]?.headers[internalHeaders.accessToken], 'for.the.org')
  t.equal((await browser.open('/organization/members')).statusCode, 200, 'without a name, the one acted for')
  t.equal((await browser.send('/organization/members', { user: '../x' })).statusCode, 404)
  const found = (await browser.open(`/organization/members?organization=${org}&search=+B%26n+&sort=-joined_at`)).body
  t.equal(of(`GET ${members}`).at(-1)?.query, 'limit=20&search=B%26n&sort=-joined_at')
  t.match(found, 'value="B&amp;n"')
  t.match(found, `organization=${org}&amp;search=B%26n&amp;sort=-joined_at&amp;cursor=n`, 'the rest of the same list')
  await browser.open('/organization/members?search=+&sort=name')
  t.equal(of(`GET ${members}`).at(-1)?.query, 'limit=20', 'nothing is looked for, in no order anybody knows')
})

t.test('a member is suspended with a reason, and let in again', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const member = `/v1/organizations/${org}/members/${ben}`
  const shown = { id: 'mem_01k4zq3v5xe6hvd8c6mwh9q0zk', user: { id: ben, name: 'Ben', email: 'ben@example.com' } }
  let status = 'active'
  answers[`GET /v1/organizations/${org}/members`] = () => ({
    body: { ...list, data: [{ ...shown, is_owner: false, status, attributes: {}, joined_at: at }] },
  })
  answers[`GET ${member}/roles`] = () => ({ body: { user: { id: ben }, roles: ['member'] } })
  answers[`POST ${member}/suspend`] = () => {
    status = 'suspended'
    return { status: 204 }
  }
  answers[`POST ${member}/reactivate`] = () => ({ status: 204 })
  const [listed, one] = [
    `/organization/members?organization=${org}`,
    `/organization/member?organization=${org}&user=${ben}`,
  ]
  t.notMatch((await browser.open(listed)).body, `id="reactivate-${ben}"`)
  t.equal((await browser.send(one, { action: 'suspend' })).headers.location, one)
  t.match((await browser.open(one)).body, 'href="#reason"', 'not without a reason')
  t.equal((await browser.send(one, { action: 'suspend', reason: 'On leave' })).headers.location, listed)
  t.same(of(`POST ${member}/suspend`)[0]?.body, { reason: 'On leave' })
  const suspended = (await browser.open(listed)).body
  t.match(suspended, '(suspended)')
  t.match(suspended, `id="reactivate-${ben}"`)
  t.equal((await browser.send(listed, { action: 'reactivate', user: ben })).headers.location, listed)
  t.equal(of(`POST ${member}/reactivate`).length, 1)
  t.equal(of(`DELETE ${member}`).length, 0, 'nobody is removed')
  answers[`POST ${member}/suspend`] = () => refusal('conflict')
  await browser.send(one, { action: 'suspend', reason: 'On leave' })
  t.match((await browser.open(one)).body, 'value="On leave"', 'an owner is not: what was typed is kept')
})

t.test('roles of a member are those whose boxes are set', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const roles = `/v1/organizations/${org}/members/${ben}/roles`
  answers[`GET ${roles}`] = () => ({ body: { user: { id: ben }, roles: ['member'] } })
  answers[`PUT ${roles}`] = ({ body }) => ({ body: { user: { id: ben }, roles: body['roles'] } })
  const path = `/organization/member?organization=${org}&user=${ben}`
  const page = (await browser.open(path)).body
  t.match(page, /id="role\.member"[^>]*checked/)
  t.notMatch(page, /id="role\.admin"[^>]*checked/)
  t.equal((await browser.send(path, { 'role.admin': 'on', 'role.member': 'on' })).headers.location, path)
  t.same(of(`PUT ${roles}`)[0]?.body, { roles: ['admin', 'member'] })
  answers[`PUT ${roles}`] = () => refusal('forbidden')
  const refused = await browser.send(path, { 'role.admin': 'on' })
  t.equal(refused.statusCode, 403)
  t.match(refused.body, 'You may not do this.')
  t.equal((await browser.open('/organization/member')).statusCode, 404, 'nobody is named')
})

t.test('several are invited by one form; an invitation is sent again and taken back', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const id = 'inv_01k4zq3v5xe6hvd8c6mwh9q0zk'
  const invitation = {
    id,
    email: 'ben@example.com',
    roles: ['member'],
    status: 'pending',
    created_at: at,
    expires_at: at,
  }
  const [invitations, batches] = ['invitations', 'invitation-batches'].map((one) => `/v1/organizations/${org}/${one}`)
  answers[`GET ${invitations}`] = () => ({ body: { ...list, data: [invitation] } })
  const codes: Record<string, string> = { 'known@example.com': 'already_member', 'twice@example.com': 'conflict' }
  answers[`POST ${batches}`] = ({ body }) => {
    const wanted = body['invitations'] as { email: string }[]
    if (body['expires_in_days'] === 31)
      return refusal('validation_failed', { errors: [{ path: '/expires_in_days', message: 'x' }] })
    if (wanted.some(({ email }) => !email.includes('@')))
      return refusal('validation_failed', { errors: [{ path: '/invitations/0/email', message: 'x' }] })
    const data = wanted.map(({ email }) => {
      const code = codes[email] ?? null
      return { email, code, invitation: code === null ? { ...invitation, email } : null }
    })
    return { body: { data } }
  }
  answers[`POST ${invitations}/${id}/resend`] = () => ({ body: invitation })
  answers[`DELETE ${invitations}/${id}`] = () => ({ status: 204 })
  const path = `/organization/invitations?organization=${org}`
  const roles = { 'role.member': 'on', 'role.admin': 'on' }
  const sent = async (fields: Record<string, string>): Promise<string> => {
    await browser.send(path, { action: 'invite', once: 'once-1', ...fields })
    return (await browser.open(path)).body
  }
  t.match(await sent({ email: 'a@example.com' }), 'href="#roles"', 'without a role nobody is invited')
  const email = 'a@example.com, b@example.com a@example.com'
  t.match(await sent({ email, expires_in_days: '14', ...roles }), 'The invitations are on their way.')
  const [call] = of(`POST ${batches}`)
  t.equal(call?.headers['idempotency-key'], 'once-1', 'a form is one request however often it is sent')
  t.same(call?.body, {
    invitations: ['a@example.com', 'b@example.com'].map((one) => ({ email: one, roles: ['member', 'admin'] })),
    expires_in_days: 14,
  })
  const refused = await sent({ email: 'c@example.com known@example.com twice@example.com', ...roles })
  t.match(refused, 'value="known@example.com twice@example.com"', 'whoever was not invited is kept')
  t.match(refused, 'belongs to the organization already')
  t.match(await sent({ email: 'twice@example.com', ...roles }), 'is invited already')
  t.match(await sent({ email: 'nobody', ...roles }), 'id="email-error"')
  const late = await sent({ email: 'd@example.com', expires_in_days: '31', ...roles })
  t.match(late, 'id="expires_in_days-error"')
  t.match(late, 'value="d@example.com"')
  const many = Array.from({ length: 51 }, (_, index) => `p${index}@example.com`).join(' ')
  const before = of(`POST ${batches}`).length
  t.match(await sent({ email: many, ...roles }), 'You cannot add any more.')
  t.equal(of(`POST ${batches}`).length, before, 'too many at once are none')
  t.equal((await browser.send(path, { action: 'resend', invitation: id })).headers.location, path)
  t.equal(of(`POST ${invitations}/${id}/resend`).length, 1)
  t.match((await browser.open(path)).body, 'The invitation is sent again.')
  t.equal((await browser.send(path, { action: 'revoke', invitation: id })).headers.location, path)
  t.equal(of(`DELETE ${invitations}/${id}`).length, 1)
  await browser.open(`${path}&search=ben`)
  t.equal(of(`GET ${invitations}`).at(-1)?.query, 'limit=20&search=ben')
})

t.test('the rule for second factors; who requires one steps up first and comes back', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const settings = `/v1/organizations/${org}/settings`
  answers[`GET ${settings}`] = () => ({ body: settingsOfOrganization, headers: { etag: '"7"' } })
  answers[`PATCH ${settings}`] = ({ body, headers }) =>
    headers['if-match'] !== '"7"'
      ? refusal('precondition_failed')
      : (body['mfa'] as { mode: string }).mode === 'required'
        ? refusal('insufficient_user_authentication', {}, { 'www-authenticate': 'Bearer acr_values="aal2"' })
        : { body: settingsOfOrganization }
  answers['POST /v1/auth/step-up'] = () => ({ body: { status: 'challenge', challenge: 'gthc_x', next: ['totp'] } })
  const path = `/organization/settings?organization=${org}`
  t.match((await browser.open(path)).body, /id="mfa-optional"[^>]*checked/)
  const etag = etagIn((await browser.open(path)).body)
  t.equal((await browser.send(path, { mfa: 'off', etag })).headers.location, path)
  t.same(of(`PATCH ${settings}`)[0]?.body, { mfa: { mode: 'off' } })
  t.match((await browser.open(path)).body, 'Saved.')
  for (const stale of [{ etag: '"6"' }, {}]) {
    await browser.send(path, { mfa: 'off', ...stale })
    t.match((await browser.open(path)).body, 'Somebody has changed it in between.')
  }
  t.equal(
    (await browser.send(path, { mfa: 'required', etag })).headers.location,
    `/signin/code?next=%2Forganization%2Fsettings&organization=${org}`,
  )
})

t.test('rules for sessions and invitations; who would be refused by them confirms it', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const settings = `/v1/organizations/${org}/settings`
  answers[`GET ${settings}`] = () => ({ body: settingsOfOrganization, headers: { etag: '"7"' } })
  answers[`PATCH ${settings}`] = ({ body, query, headers }) => {
    if (headers['if-match'] !== '"7"') return refusal('precondition_failed')
    if (body['session_idle_seconds'] === 0)
      return refusal('validation_failed', { errors: [{ path: '/session_idle_seconds', message: 'x' }] })
    if ((body['allowed_addresses'] as string[]).includes('here'))
      return refusal('validation_failed', { errors: [{ path: '/allowed_addresses/1', message: 'x' }] })
    return query === 'confirm=true' ? { body: settingsOfOrganization } : refusal('own_session_refused')
  }
  const path = `/organization/settings?organization=${org}`
  const shown = (await browser.open(path)).body
  t.match(shown, /id="session_idle_minutes"[^>]*value="90"/)
  t.match(shown, 'value="192.0.2.0/24 2001:db8::/32"')
  for (const set of ['method\\.passkey', 'join_requests', 'owners_invite'])
    t.match(shown, new RegExp(`id="${set}"[^>]*checked`), set)
  for (const unset of ['method\\.password', 'method\\.email_code'])
    t.notMatch(shown, new RegExp(`id="${unset}"[^>]*checked`), unset)
  t.notMatch(shown, 'id="confirm"', 'nothing is confirmed unasked')
  const form = { action: 'rules', etag: etagIn(shown), session_idle_minutes: '7,5', 'method.password': 'on' }
  await browser.send(path, { ...form, allowed_addresses: ' 192.0.2.0/24, 192.0.2.0/24 ' })
  t.same(of(`PATCH ${settings}`)[0]?.body, {
    session_idle_seconds: 450,
    session_lifetime_seconds: null,
    allowed_addresses: ['192.0.2.0/24'],
    sign_in_methods: ['password'],
    join_requests: false,
    invitations_by: 'permitted',
  })
  t.equal(of(`PATCH ${settings}`)[0]?.query, '')
  const asked = (await browser.open(path)).body
  t.match(asked, 'This would refuse you as well.')
  t.match(asked, 'id="confirm"')
  t.match(asked, /id="session_idle_minutes"[^>]*value="7,5"/, 'what was typed is kept')
  t.match(asked, /id="method\.password"[^>]*checked/)
  t.notMatch(asked, /id="owners_invite"[^>]*checked/)
  await browser.send(path, { ...form, confirm: 'on' })
  t.match((await browser.open(path)).body, 'Saved.')
  for (const [name, value] of [
    ['session_idle_minutes', 'soon'],
    ['allowed_addresses', '192.0.2.0/24 here'],
  ] as const) {
    await browser.send(path, { ...form, [name]: value })
    const wrong = (await browser.open(path)).body
    t.match(wrong, `id="${name}-error"`)
    t.match(wrong, `value="${value}"`)
  }
  await browser.send(path, { ...form, etag: '"6"', confirm: 'on' })
  t.match((await browser.open(path)).body, 'Somebody has changed it in between.')
})

t.test('a name and colours are saved unless somebody was faster; both colours or none', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const key = `/v1/organizations/${org}`
  answers[`GET ${key}`] = () => ({ body: acme, headers: { etag: '"3"' } })
  answers[`PATCH ${key}`] = ({ body, headers }) => {
    if (headers['if-match'] !== '"3"') return refusal('precondition_failed')
    const colors = body['colors'] as { text: string } | null
    return colors?.text === '#eeeeee'
      ? refusal('validation_failed', { errors: [{ path: '/colors/text', message: 'x' }] })
      : { body: acme }
  }
  const path = `/organization/profile?organization=${org}`
  const etag = etagIn((await browser.open(path)).body)
  await browser.send(path, { etag, name: 'Acme', background: '#ffffff', text: '#1f2933' })
  t.same(of(`PATCH ${key}`)[0]?.body, { name: 'Acme', colors: { background: '#ffffff', text: '#1f2933' } })
  await browser.send(path, { etag, name: 'Acme', background: '', text: '' })
  t.same(of(`PATCH ${key}`)[1]?.body, { name: 'Acme', colors: null })
  await browser.send(path, { etag, name: 'Acme', background: '#ffffff', text: '' })
  t.match((await browser.open(path)).body, 'href="#text"')
  t.equal(of(`PATCH ${key}`).length, 2, 'one colour alone is none')
  await browser.send(path, { etag, name: 'Acme', background: '#ffffff', text: '#eeeeee' })
  const unreadable = (await browser.open(path)).body
  t.match(unreadable, /id="text-error"/, 'what cannot be read is said at its field')
  t.match(unreadable, 'value="#eeeeee"')
  await browser.send(path, { etag: '"2"', name: 'Other', background: '', text: '' })
  t.match((await browser.open(path)).body, 'Somebody has changed it in between.')
})

t.test('an organization is deleted by its short name, and restored before its grace is over', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const due = '2026-02-01T00:00:00.000Z'
  answers[`GET /v1/organizations/${org}`] = () => ({ body: acme, headers: { etag: '"3"' } })
  answers[`DELETE /v1/organizations/${org}`] = ({ query }) =>
    query === 'slug=acme' ? { status: 202, body: { deletion_due_at: due } } : refusal('conflict')
  answers['GET /v1/me/organizations'] = ({ query }) => ({
    body: { ...list, data: query.includes('status=deleting') ? [{ ...acme, deletion_due_at: due }] : [] },
  })
  answers[`POST /v1/organizations/${org}/restore`] = () => ({ body: acme })
  const path = `/organization/profile?organization=${org}`
  t.equal((await browser.send(path, { action: 'delete', slug: 'acne' })).headers.location, path)
  t.match((await browser.open(path)).body, 'This is not possible any more.')
  const deleted = await browser.send(path, { action: 'delete', slug: ' acme ' })
  t.equal(deleted.headers.location, '/account/organizations')
  const listed = (await browser.open('/account/organizations')).body
  t.match(listed, /will be erased on[^<]*Feb/)
  t.match(listed, `id="restore-${org}"`)
  t.notMatch(listed, `id="manage-${org}"`, 'nobody acts for it')
  await browser.send('/account/organizations', { action: 'restore', organization: org })
  t.equal(of(`POST /v1/organizations/${org}/restore`).length, 1)
  t.match((await browser.open('/account/organizations')).body, 'The organization is restored.')
})

t.test('a domain is claimed, looked for in DNS, opened to its people and given up', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const domains = `/v1/organizations/${org}/domains`
  const id = 'dom_01k4zq3v5xe6hvd8c6mwh9q0zk'
  const domain = {
    id,
    name: 'acme.example',
    status: 'pending',
    capture: 'off',
    record: { name: '_gatehouse.acme.example', value: 'gatehouse=abc' },
    last_check: null as string | null,
    checked_at: null,
    created_at: at,
  }
  answers[`GET ${domains}`] = () => ({ body: { ...list, data: [domain] } })
  answers[`POST ${domains}`] = ({ body }) =>
    body['name'] === 'acme.example' ? { status: 201, body: domain } : refusal('conflict')
  answers[`POST ${domains}/${id}/verify`] = () => {
    Object.assign(domain, { status: domain.last_check === null ? 'pending' : 'verified', last_check: 'missing' })
    return { body: domain }
  }
  answers[`PATCH ${domains}/${id}`] = ({ body }) => ({ body: { ...domain, ...body } })
  answers[`DELETE ${domains}/${id}`] = () => ({ status: 204 })
  const path = `/organization/domains?organization=${org}`
  const says = async (fields: Record<string, string>, text: string): Promise<void> => {
    t.equal((await browser.send(path, fields)).headers.location, path)
    t.match((await browser.open(path)).body, text)
  }
  await says({ action: 'add', name: ' acme.example ' }, 'gatehouse=abc')
  await says({ action: 'add', name: 'other.example' }, 'You have this domain already.')
  await says({ action: 'verify', domain: id }, 'no such record was found')
  await says({ action: 'verify', domain: id }, 'The domain is proven.')
  await says({ action: 'join', domain: id }, 'Saved.')
  await says({ action: 'off', domain: id }, 'Saved.')
  t.same(
    of(`PATCH ${domains}/${id}`).map(({ body }) => body),
    [{ capture: 'offer' }, { capture: 'off' }],
  )
  await says({ action: 'remove', domain: id }, 'It is removed.')
  t.equal((await browser.send(path, { action: 'remove', domain: '../x' })).statusCode, 404)
})

t.test('who may not, sees no page', async (t) => {
  const { browser, answers, calls } = await openAdmin(t)
  for (const [page, route] of [
    ['members', 'members'],
    ['invitations', 'invitations'],
    ['settings', 'settings'],
    ['domains', 'domains'],
    ['profile', ''],
    ['member', `members/${ben}/roles`],
  ] as const) {
    const path = `/organization/${page}`
    answers[`GET /v1/organizations/${org}${route === '' ? '' : `/${route}`}`] = () => refusal('forbidden')
    t.equal((await browser.open(`${path}?organization=${org}&user=${ben}`)).statusCode, 403, page)
    t.equal((await browser.open(`${path}?organization=${foreign}&user=${ben}`)).statusCode, 404, `${page} of others`)
  }
  t.notOk(
    calls.some(({ key }) => key.includes(foreign)),
    'nobody was asked about others',
  )
  answers['POST /internal/browser-sessions/token'] = () => refusal('unauthenticated')
  t.equal(
    (await browser.open(`/organization/members?organization=${org}`)).headers.location,
    `/signin?next=%2Forganization%2Fmembers&organization=${org}`,
  )
})
