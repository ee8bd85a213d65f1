/**
 * What every page has in common: nothing from elsewhere, never framed, forms of ours alone, and an error that is a
 * page.
 */
import { definePage, pageBodyLimitBytes } from '@gatehouse/contracts/http/page'
import { pageRoutes } from '@gatehouse/contracts/http/pages'
import t, { type Test } from 'tap'
import {
  browserToken,
  csrfIn,
  issuer,
  openBrowser,
  openPages,
  refusal,
  session,
  settingsOfOrganization,
} from '../fixtures/visitor.ts'

const mailed = ['/verify-email', '/reset-password', '/email/confirm', '/email/undo', '/invitations/accept']
const paths = pageRoutes.filter(({ methods }) => methods.length > 1).map(({ path }) => path)
const token = `gtvl_${'t'.repeat(49)}`

const org = 'org_01k4zq3v5xe6hvd8c6mwh9q0zk'
const role = {
  id: 'role_01k4zq3v5xe6hvd8c6mwh9q0zk',
  key: 'member',
  name: 'Member <script>',
  permissions: [],
  inherits: [],
  scope: 'platform',
  created_at: '2026-01-01T00:00:00.000Z',
}

const activity = {
  id: 'aev_01k4zq3v5xe6hvd8c6mwh9q0zk',
  occurred_at: '2026-01-01T00:00:00.000Z',
  action: 'unheard.of<script>',
  outcome: 'success',
  actor: { type: 'user', id: session.user_id },
  target: { type: 'session', id: session.session_id },
  organization_id: null,
  client_address: '203.0.113.9',
  user_agent: null,
  request_id: null,
  data: {},
}

const organization = {
  id: org,
  name: 'Acme <i>',
  slug: 'acme',
  logo_url: null,
  colors: { background: '#ffffff', text: '#1f2933' },
  deletion_due_at: null,
  created_at: '2026-01-01T00:00:00.000Z',
}

const domain = {
  id: 'dom_01k4zq3v5xe6hvd8c6mwh9q0zk',
  name: 'acme.example',
  status: 'pending',
  capture: 'off',
  record: { name: '_gatehouse.acme.example', value: 'v=<script>' },
  last_check: 'missing',
  checked_at: '2026-01-01T00:00:00.000Z',
  created_at: '2026-01-01T00:00:00.000Z',
}

const notification = {
  id: 'ntf_01k4zq3v5xe6hvd8c6mwh9q0zk',
  kind: 'membership.joined',
  title: 'Ben <i> joined',
  organization_id: org,
  data: {},
  occurred_at: '2026-01-01T00:00:00.000Z',
  read_at: null,
}

/** Neighbours that answer what pages of a signed-in person ask. */
async function openSignedIn(t: Test, language = 'en') {
  const pages = await openPages(t)
  const { answers } = pages
  const list = { page: { next_cursor: null, has_more: false } }
  answers['POST /internal/browser-sessions/token'] = ({ body }) => ({
    body: { ...browserToken, organization_id: body['organization_id'] === null ? null : org },
  })
  answers[`GET /v1/organizations/${org}/members`] = () => ({
    body: {
      ...list,
      data: [
        {
          id: 'mem_01k4zq3v5xe6hvd8c6mwh9q0zk',
          user: { id: session.user_id, name: 'Ann "<i>"', email: 'ann@example.com' },
          is_owner: true,
          status: 'active',
          attributes: {},
          joined_at: '2026-01-01T00:00:00.000Z',
        },
      ],
    },
  })
  answers[`GET /v1/organizations/${org}/members/${session.user_id}/roles`] = () => ({
    body: { user: { id: session.user_id }, roles: ['member'] },
  })
  answers[`GET /v1/organizations/${org}/roles`] = () => ({ body: { ...list, data: [role] } })
  answers[`GET /v1/organizations/${org}/invitations`] = () => ({
    body: {
      ...list,
      data: [
        {
          id: 'inv_01k4zq3v5xe6hvd8c6mwh9q0zk',
          email: 'ben@example.com',
          roles: ['member'],
          status: 'pending',
          created_at: '2026-01-01T00:00:00.000Z',
          expires_at: '2026-02-01T00:00:00.000Z',
        },
      ],
    },
  })
  answers[`GET /v1/organizations/${org}/settings`] = () => ({ body: settingsOfOrganization })
  answers[`GET /v1/organizations/${org}`] = () => ({ body: organization })
  answers[`GET /v1/organizations/${org}/domains`] = () => ({ body: { ...list, data: [domain] } })
  answers['GET /v1/me/notifications'] = () => ({ body: { ...list, data: [notification], unread_count: 1 } })
  answers['GET /v1/me/notification-preferences'] = () => ({
    body: { kinds: [{ kind: 'security.alert', in_app: true, digest: false, required: true }] },
  })
  answers['GET /v1/me'] = () => ({
    body: {
      id: session.user_id,
      name: 'Ann "<i>"',
      email: 'ann@example.com',
      email_verified: true,
      created_at: '2026-01-01T00:00:00.000Z',
    },
  })
  answers['GET /v1/me/mfa'] = () => ({ body: { totp: null, passkeys: { count: 0 }, recovery_codes: { left: 3 } } })
  answers['GET /v1/me/passkeys'] = () => ({
    body: {
      data: [
        {
          id: 'pky_01k4zq3v5xe6hvd8c6mwh9q0zj',
          name: 'Key <script>',
          synced: false,
          created_at: '2026-01-01T00:00:00.000Z',
          last_used_at: null,
        },
      ],
    },
  })
  answers['GET /v1/me/organizations'] = () => ({
    body: {
      ...list,
      data: [organization],
    },
  })
  answers['GET /v1/me/activity'] = () => ({ body: { ...list, data: [activity] } })
  answers['GET /v1/me/consents'] = () => ({
    body: {
      ...list,
      data: [
        {
          id: 'cns_01k4zq3v5xe6hvd8c6mwh9q0zk',
          client: { id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zk', name: 'Board "<i>"' },
          organization_id: null,
          scope: ['openid', 'invoices:read'],
          created_at: '2026-01-01T00:00:00.000Z',
          updated_at: '2026-01-01T00:00:00.000Z',
        },
      ],
    },
  })
  answers['GET /v1/me/remembered-devices'] = () => ({
    body: {
      data: [
        {
          id: 'rmd_01k4zq3v5xe6hvd8c6mwh9q0zk',
          current: true,
          name: 'Firefox <i>',
          created_at: '2026-01-01T00:00:00.000Z',
          last_used_at: '2026-01-01T00:00:00.000Z',
          expires_at: '2026-02-01T00:00:00.000Z',
        },
      ],
    },
  })
  answers['GET /v1/me/sessions'] = () => ({
    body: {
      data: [
        {
          id: session.session_id,
          current: false,
          device: { name: 'Phone', client_address: null },
          impersonated_by: null,
          created_at: '2026-01-01T00:00:00.000Z',
          last_seen_at: '2026-01-01T00:00:00.000Z',
        },
      ],
      ...list,
    },
  })
  const browser = openBrowser(pages.app, language)
  return { ...pages, browser }
}

/** Opens a page as far as it goes: links of mails with their secret, pages of an account signed in. */
async function openPage({ browser }: Awaited<ReturnType<typeof openSignedIn>>, path: string) {
  if (/^\/(account|organization|device|signout)/.test(path))
    browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  else browser.cookies.delete('__Host-gatehouse_session')
  if (mailed.includes(path)) await browser.open(`${path}?token=${token}`)
  return browser.open(path === '/organization/member' ? `${path}?user=${session.user_id}` : path)
}

for (const language of ['en', 'de'])
  t.test(`every page, ${language}: its policy, its weight, and nothing from anywhere else`, async (t) => {
    const pages = await openSignedIn(t, language)
    let shown = 0
    const nonces = new Set<string>()
    for (const path of paths) {
      const answer = await openPage(pages, path)
      const policy = String(answer.headers['content-security-policy'])
      for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
        t.ok(policy.includes(part), `${path}: ${part}`)
      t.notMatch(policy, /unsafe|\*|https?:/, path)
      t.equal(answer.headers['x-frame-options'], 'DENY')
      t.equal(answer.headers['cache-control'], 'no-store')
      t.equal(answer.headers['referrer-policy'], 'same-origin')
      if (answer.statusCode !== 200) continue
      shown += 1
      const html = answer.body
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
      nonces.add(nonce)
      t.match(html, `<html lang="${language}">`)
      t.ok(html.length < 30_000, `${path}: ${html.length} bytes`)
      t.notMatch(html, /\son[a-z]+=|\sstyle=|<style|<iframe|javascript:/i, path)
      t.notMatch(html, /(src|href|action)="(https?:)?\/\//, `${path} loads and sends nothing elsewhere`)
      t.notMatch(html, /<script>|<i>/, 'what people wrote is text')
      for (const [tag] of html.matchAll(/<(script|link rel="stylesheet")[^>]*>/g))
        t.ok(tag.includes(`nonce="${nonce}"`), tag)
      t.equal((html.match(/<h1>/g) ?? []).length, 1)
      for (const [, id] of html.matchAll(/<label for="([^"]+)"/g)) t.match(html, `id="${id}"`)
      t.notMatch(html, token, 'no secret of a link is in a page')
    }
    t.ok(shown >= 28, `${shown} pages were shown`)
    t.equal(nonces.size, shown, 'no nonce is used twice')
  })

/** Of the deepest page: the session's token, a token for the organization, and what is shown of it. */
const mostCalls = 4

t.test('a page asks for what it shows, and for nothing twice', async (t) => {
  const pages = await openSignedIn(t)
  const counts: Record<string, number> = {}
  for (const path of paths) {
    const before = pages.calls.length
    await openPage(pages, path)
    const asked = pages.calls.slice(before).map(({ key, query, body }) => JSON.stringify([key, query, body]))
    t.equal(new Set(asked).size, asked.length, `${path}: ${asked.join(' ')}`)
    t.ok(asked.length <= mostCalls, `${path}: ${asked.join(' ')}`)
    counts[path] = asked.length
  }
  t.match(counts, { '/signin': 0, '/signup': 0, '/account': 2, '/account/sessions': 3, '/organization/members': 2 })
})

t.test('a form of another site, another browser or no browser reaches nobody', async (t) => {
  const pages = await openSignedIn(t)
  const { browser, app, calls } = pages
  const other = openBrowser(app)
  const othersToken = csrfIn((await other.open('/forgot-password')).body) ?? ''
  const posted = pageRoutes.filter(({ methods }) => (methods as readonly string[]).includes('POST'))
  t.ok(posted.length > 20)
  for (const { path } of posted) {
    await openPage(pages, path)
    const own = csrfIn((await browser.open('/forgot-password')).body) ?? ''
    const before = calls.length
    const attempts: [string, Record<string, string>, Record<string, string>][] = [
      ['no token', {}, {}],
      ['the token of another browser', { csrf: othersToken }, {}],
      ['a changed token', { csrf: `${own.slice(0, -1)}${own.endsWith('A') ? 'B' : 'A'}` }, {}],
      ['another origin', { csrf: own }, { origin: 'https://evil.example' }],
      ['a part of our name', { csrf: own }, { origin: `${issuer}.evil.example` }],
      ['another scheme', { csrf: own }, { origin: issuer.replace('https', 'http') }],
      ['an opaque origin', { csrf: own }, { origin: 'null' }],
      ['another site', { csrf: own }, { 'sec-fetch-site': 'cross-site' }],
      ['a neighbouring site', { csrf: own }, { 'sec-fetch-site': 'same-site' }],
      ['an address typed by hand', { csrf: own }, { 'sec-fetch-site': 'none' }],
    ]
    for (const [name, fields, headers] of attempts) {
      const answer = await browser.post(path, { email: 'x@example.com', decision: 'approved', ...fields }, headers)
      t.equal(answer.statusCode, 403, `${path}, ${name}`)
      t.match(answer.headers['content-type'], 'text/html')
    }
    t.equal(calls.length, before, `${path}: nobody was asked`)
  }
})

t.test('only the gateway may ask', async (t) => {
  const { app } = await openPages(t)
  for (const { path } of pageRoutes)
    for (const method of ['GET', 'POST'] as const) {
      const answer = await app.inject({ method, url: path })
      t.ok([401, 404, 405].includes(answer.statusCode), `${method} ${path}: ${answer.statusCode}`)
    }
})

t.test('whatever goes wrong is a page that says what to do', async (t) => {
  const pages = await openSignedIn(t)
  const { browser, answers } = pages
  const isPage = (answer: Awaited<ReturnType<typeof browser.open>>, status: number, name: string): void => {
    t.equal(answer.statusCode, status, name)
    t.match(answer.headers['content-type'], 'text/html', name)
    t.match(answer.body, 'id="again"', name)
    t.match(answer.headers['content-security-policy'], "frame-ancestors 'none'", name)
  }
  isPage(await browser.open('/signin?next=a&next=b'), 400, 'a parameter twice')
  isPage(await browser.open('/signin?next=%zz'), 400, 'a parameter that cannot be decoded')
  isPage(await browser.open('/reset-password'), 400, 'a page of a link without a link')
  isPage(await browser.open('/reset-password?token=%3Cscript%3E'), 400, 'a link that is none')
  const large = { payload: `csrf=x&password=${'x'.repeat(pageBodyLimitBytes)}` }
  isPage(await browser.ask('POST', '/signin/password', large), 413, 'a form that is too large')
  isPage(await browser.ask('POST', '/signin', { payload: 'email=a&email=b' }), 400, 'a field twice')
  const json = await browser.ask('POST', '/signin', { payload: '{}', headers: { 'content-type': 'application/json' } })
  t.equal(json.statusCode, 415)
  t.match(json.headers['content-type'], 'text/html')
  answers['POST /internal/browser-sessions/token'] = () => refusal('not_current')
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  isPage(await browser.open('/account'), 503, 'a neighbour that does not know')
  browser.cookies.delete('__Host-gatehouse_session')
  answers['POST /v1/auth/password/forgot'] = () => refusal('unavailable')
  const back = await browser.send('/forgot-password', { email: 'ann@example.com' })
  t.equal(back.headers.location, '/forgot-password', 'a form comes back')
  t.match((await browser.open('/forgot-password')).body, 'value="ann@example.com"', 'with what was typed')
})

t.test('the script and the style: small, immutable, one each', async (t) => {
  const { browser } = await openSignedIn(t)
  for (const [path, type, most] of [
    ['/assets/passkey.js', 'text/javascript', 10_000],
    ['/assets/pages.css', 'text/css', 10_000],
  ] as const) {
    const answer = await browser.open(path)
    t.equal(answer.statusCode, 200)
    t.match(answer.headers['content-type'], type)
    t.match(answer.headers['cache-control'], 'immutable')
    t.ok(answer.body.length < most, `${path}: ${answer.body.length} bytes`)
  }
})

t.test('the address of a page is written once', (t) => {
  t.equal(new Set(pageRoutes.map(({ path }) => path)).size, pageRoutes.length)
  t.equal(definePage({ operationId: 'x', path: '/x', methods: ['GET'] }).path, '/x')
  t.end()
})
