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
  await browser.send(path, { action: 'invite', email: 'a@example.com, b@example.com a@example.com', role: 'member' })
  t.same(
    of(`POST ${invitations}`).map(({ body }) => body),
    ['a@example.com', 'b@example.com'].map((email) => ({ email, roles: ['member'] })),
  )
  t.match((await browser.open(path)).body, 'The invitations are on their way.')
  await browser.send(path, { action: 'invite', email: 'c@example.com known@example.com d@example.com', role: 'member' })
  const refused = (await browser.open(path)).body
  t.match(refused, 'value="known@example.com d@example.com"', 'the rest is kept')
  t.match(refused, 'belongs to the organization already')
  const many = Array.from({ length: 21 }, (_, index) => `p${index}@example.com`).join(' ')
  const before = of(`POST ${invitations}`).length
  await browser.send(path, { action: 'invite', email: many, role: 'member' })
  t.equal(of(`POST ${invitations}`).length, before, 'too many at once are none')
  t.equal((await browser.send(path, { action: 'revoke', invitation: invitation.id })).headers.location, path)
  t.equal(of(`DELETE ${invitations}/${invitation.id}`).length, 1)
})

t.test('the rule for second factors; who requires one steps up first and comes back', async (t) => {
  const { browser, answers, of } = await openAdmin(t)
  const settings = `/v1/organizations/${org}/settings`
  answers[`GET ${settings}`] = () => ({ body: { mfa: { mode: 'optional', required_from: null } } })
  answers[`PATCH ${settings}`] = ({ body }) =>
    (body['mfa'] as { mode: string }).mode === 'required'
      ? refusal('insufficient_user_authentication', {}, { 'www-authenticate': 'Bearer acr_values="aal2"' })
      : { body: { mfa: { mode: 'off', required_from: null } } }
  answers['POST /v1/auth/step-up'] = () => ({ body: { status: 'challenge', challenge: 'gthc_x', next: ['totp'] } })
  const path = `/organization/settings?organization=${org}`
  t.match((await browser.open(path)).body, /id="mfa-optional"[^>]*checked/)
  t.equal((await browser.send(path, { mfa: 'off' })).headers.location, path)
  t.same(of(`PATCH ${settings}`)[0]?.body, { mfa: { mode: 'off' } })
  t.equal(
    (await browser.send(path, { mfa: 'required' })).headers.location,
    `/signin/code?next=%2Forganization%2Fsettings&organization=${org}`,
  )
})

t.test('who may not, sees no page', async (t) => {
  const { browser, answers, calls } = await openAdmin(t)
  for (const [page, route] of [
    ['members', 'members'],
    ['invitations', 'invitations'],
    ['settings', 'settings'],
    ['member', `members/${ben}/roles`],
  ] as const) {
    const path = `/organization/${page}`
    answers[`GET /v1/organizations/${org}/${route}`] = () => refusal('forbidden')
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
