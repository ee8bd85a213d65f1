/**
 * An organization by forms: members, roles of one, invitations, the rule for second factors. Who may do what is
 * answered by the services alone.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import t, { type Test } from 'tap'
import { browserToken, openBrowser, openPages, refusal, session } from '../fixtures/visitor.ts'

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
    attributes: {},
    joined_at: at,
  }
  answers[`GET /v1/organizations/${org}/members`] = ({ query }) => ({
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

t.test('several are invited by one form, until one cannot be; an invitation is taken back', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const invitation = {
    id: 'inv_01k4zq3v5xe6hvd8c6mwh9q0zk',
    email: 'ben@example.com',
    roles: ['member'],
    status: 'pending',
    created_at: at,
    expires_at: at,
  }
  const invitations = `/v1/organizations/${org}/invitations`
  answers[`GET ${invitations}`] = () => ({ body: { ...list, data: [invitation] } })
  answers[`POST ${invitations}`] = ({ body }) =>
    body['email'] === 'known@example.com' ? refusal('already_member') : { status: 201, body: invitation }
  answers[`DELETE ${invitations}/${invitation.id}`] = () => ({ status: 204 })
  const path = `/organization/invitations?organization=${org}`
  const roles = { 'role.member': 'on', 'role.admin': 'on' }
  await browser.send(path, { action: 'invite', email: 'a@example.com' })
  t.match((await browser.open(path)).body, 'href="#roles"', 'without a role nobody is invited')
  await browser.send(path, { action: 'invite', email: 'a@example.com, b@example.com a@example.com', ...roles })
  t.same(
    of(`POST ${invitations}`).map(({ body }) => body),
    ['a@example.com', 'b@example.com'].map((email) => ({ email, roles: ['member', 'admin'] })),
  )
  t.match((await browser.open(path)).body, 'The invitations are on their way.')
  await browser.send(path, { action: 'invite', email: 'c@example.com known@example.com d@example.com', ...roles })
  const refused = (await browser.open(path)).body
  t.match(refused, 'value="known@example.com d@example.com"', 'the rest is kept')
  t.match(refused, 'belongs to the organization already')
  const many = Array.from({ length: 21 }, (_, index) => `p${index}@example.com`).join(' ')
  const before = of(`POST ${invitations}`).length
  await browser.send(path, { action: 'invite', email: many, ...roles })
  t.equal(of(`POST ${invitations}`).length, before, 'too many at once are none')
  t.equal((await browser.send(path, { action: 'revoke', invitation: invitation.id })).headers.location, path)
  t.equal(of(`DELETE ${invitations}/${invitation.id}`).length, 1)
})

t.test('the rule for second factors; who requires one steps up first and comes back', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const settings = `/v1/organizations/${org}/settings`
  answers[`GET ${settings}`] = () => ({
    body: { mfa: { mode: 'optional', required_from: null } },
    headers: { etag: '"7"' },
  })
  answers[`PATCH ${settings}`] = ({ body, headers }) =>
    headers['if-match'] !== '"7"'
      ? refusal('precondition_failed')
      : (body['mfa'] as { mode: string }).mode === 'required'
        ? refusal('insufficient_user_authentication', {}, { 'www-authenticate': 'Bearer acr_values="aal2"' })
        : { body: { mfa: { mode: 'off', required_from: null } } }
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
    [{ capture: 'join' }, { capture: 'off' }],
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
