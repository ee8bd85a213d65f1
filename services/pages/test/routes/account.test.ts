/**
 * One's own account by forms: what is changed, what is shown once, and one more step where the sign-in is too old or
 * too weak.
 */
import { internalHeaders } from '@gatehouse/contracts/common/services'
import t, { type Test } from 'tap'
import { browserToken, openBrowser, openPages, refusal, session } from '../fixtures/visitor.ts'

async function openAccount(t: Test) {
  const pages = await openPages(t)
  pages.answers['POST /internal/browser-sessions/token'] = () => ({ body: browserToken })
  pages.answers['GET /v1/me/mfa'] = () => ({
    body: { totp: null, passkeys: { count: 0 }, recovery_codes: { left: 10 } },
  })
  const browser = openBrowser(pages.app)
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  return { ...pages, browser }
}

t.test('an authenticator app is set up with the key of the page, which is kept until its first code', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  answers['POST /v1/me/mfa/totp'] = () => ({
    status: 201,
    body: { secret: 'JBSWY3DPEHPK3PXP', otpauth_url: 'otpauth://totp/G:a?secret=JBSWY3DPEHPK3PXP', qr_svg: '<svg/>' },
  })
  answers['POST /v1/me/mfa/totp/confirm'] = ({ body }) =>
    body['code'] === '123456' ? { status: 204 } : refusal('invalid_code')
  t.equal(
    (await browser.send('/account/authenticator', { action: 'begin' })).headers.location,
    '/account/authenticator',
  )
  t.match((await browser.open('/account/authenticator')).body, /<svg class="qr"[\s\S]*JBSWY3DPEHPK3PXP/)
  await browser.send('/account/authenticator', { action: 'confirm', code: '000000' })
  const page = await browser.open('/account/authenticator')
  t.match(page.body, 'JBSWY3DPEHPK3PXP')
  t.match(page.body, 'The code is wrong')
  await browser.send('/account/authenticator', { action: 'confirm', code: '123 456' })
  t.notMatch((await browser.open('/account/authenticator')).body, 'JBSWY3DPEHPK3PXP')
  t.equal(of('POST /v1/me/mfa/totp').length, 1, 'a key is made once')
  t.equal(of('POST /v1/me/mfa/totp')[0]?.headers[internalHeaders.accessToken], browserToken.access_token)
})

t.test('recovery codes are shown once', async (t) => {
  const { browser, answers } = await openAccount(t)
  answers['POST /v1/me/mfa/recovery-codes'] = () => ({
    status: 201,
    body: { recovery_codes: ['abcd-efgh', 'ijkl-mnop'] },
  })
  const made = await browser.send('/account/recovery-codes', {})
  t.equal(made.headers.location, '/account/recovery-codes')
  t.match((await browser.open('/account/recovery-codes')).body, 'ijkl-mnop')
  t.notMatch((await browser.open('/account/recovery-codes')).body, 'ijkl-mnop')
})

t.test('where a stronger sign-in is asked for, one more step leads back to the page', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  const challenge = `gthc_${'x'.repeat(49)}`
  let isRaised = false
  answers['POST /v1/me/mfa/recovery-codes'] = () =>
    isRaised
      ? { status: 201, body: { recovery_codes: ['abcd-efgh'] } }
      : refusal(
          'insufficient_user_authentication',
          {},
          {
            'www-authenticate': 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="900"',
          },
        )
  answers['POST /v1/auth/step-up'] = () => ({ body: { status: 'challenge', challenge, next: ['password'] } })
  answers['POST /v1/auth/challenge'] = () => {
    isRaised = true
    const { access_token } = browserToken
    return {
      body: {
        status: 'authenticated',
        access_token,
        token_type: 'Bearer',
        expires_in: 300,
        session_id: session.session_id,
        user: { id: session.user_id },
        organization: null,
      },
    }
  }
  const refused = await browser.send('/account/recovery-codes', {})
  t.equal(refused.headers.location, '/signin/password?next=%2Faccount%2Frecovery-codes')
  t.match(of('POST /v1/auth/step-up')[0]?.body, { acr_values: 'aal2' })
  const raised = await browser.send('/signin/password?next=%2Faccount%2Frecovery-codes', { password: 'mine' })
  t.equal(raised.headers.location, '/account/recovery-codes')
  t.match(of('POST /v1/auth/challenge')[0]?.body, { challenge, step: 'password', password: 'mine' })
  t.equal(of('POST /internal/browser-sessions').length, 0, 'the session is the same one')
  t.equal(browser.cookies.get('__Host-gatehouse_session'), session.cookie_value)
  await browser.send('/account/recovery-codes', {})
  t.match((await browser.open('/account/recovery-codes')).body, 'abcd-efgh')
})

t.test('what an application was allowed is shown and taken back', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  const consent = 'cns_01k4zq3v5xe6hvd8c6mwh9q0zk'
  const allowed = {
    id: consent,
    client: { id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zk', name: 'Board' },
    organization_id: null,
    scope: ['openid', 'email', 'invoices:read'],
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  }
  const page = { next_cursor: null, has_more: false }
  answers['GET /v1/me/consents'] = () => ({ body: { data: [allowed], page } })
  answers[`DELETE /v1/me/consents/${consent}`] = () => ({ status: 204 })
  const shown = await browser.open('/account/applications')
  t.match(shown.body, 'who you are, your email address, invoices:read')
  t.match(shown.body, `id="withdraw-${consent}"`)
  const answer = await browser.send('/account/applications', { consent })
  t.match([answer.statusCode, answer.headers.location], [303, '/account/applications'])
  t.equal(of(`DELETE /v1/me/consents/${consent}`).length, 1)
  answers['GET /v1/me/consents'] = () => ({ body: { data: [], page } })
  t.match(
    (await browser.open('/account/applications')).body,
    /signed out and has to ask again[\s\S]*You allowed none yet/,
  )
  t.equal((await browser.send('/account/applications', { consent: '../x' })).statusCode, 404)
})

t.test('devices are signed out, one or all the others', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  const other = 'ses_01k4zq3v5xe6hvd8c6mwh9q0zk'
  answers['GET /v1/me/sessions'] = () => ({
    body: {
      data: [session.session_id, other].map((id, index) => ({
        id,
        current: index === 0,
        device: { name: `Device ${index}`, client_address: null },
        impersonated_by: index === 0 ? null : 'user_01k4zq3v5xe6hvd8c6mwh9q0zn',
        created_at: '2026-01-01T00:00:00.000Z',
        last_seen_at: '2026-01-01T00:00:00.000Z',
      })),
      page: { next_cursor: null, has_more: false },
    },
  })
  answers[`DELETE /v1/me/sessions/${other}`] = () => ({ status: 204 })
  answers['POST /v1/me/sessions/revoke-others'] = () => ({ status: 204 })
  const remembered = {
    id: 'rmd_01k4zq3v5xe6hvd8c6mwh9q0zk',
    current: true,
    name: 'Firefox',
    created_at: '2026-01-01T00:00:00.000Z',
    last_used_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-02-01T00:00:00.000Z',
  }
  answers['GET /v1/me/remembered-devices'] = () => ({ body: { data: [remembered] } })
  answers[`DELETE /v1/me/remembered-devices/${remembered.id}`] = () => ({ status: 204 })
  const page = await browser.open('/account/sessions')
  t.match(page.body, `id="end-${other}"`)
  t.equal(page.body.split('an operator who looks at your account').length, 2, 'a session of an operator is named')
  t.notMatch(page.body, `id="end-${session.session_id}"`)
  await browser.send('/account/sessions', { action: 'end', session: other })
  await browser.send('/account/sessions', { action: 'end-others' })
  t.equal(of(`DELETE /v1/me/sessions/${other}`).length, 1)
  t.equal(of('POST /v1/me/sessions/revoke-others').length, 1)
  t.match(page.body, `id="forget-${remembered.id}"`)
  await browser.send('/account/sessions', { action: 'forget', device: remembered.id })
  t.equal(of(`DELETE /v1/me/remembered-devices/${remembered.id}`).length, 1)
  t.match((await browser.open('/account/sessions')).body, 'asks for the second step')
  t.equal((await browser.send('/account/sessions', { action: 'end', session: '../x' })).statusCode, 404)
})

t.test('a password is changed with the present one, beside whose field a refusal stands', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  answers['POST /v1/auth/password/change'] = ({ body }) =>
    body['new_password'] === 'weak'
      ? refusal('weak_password', { errors: [{ path: '/new_password', message: 'x' }] })
      : { status: 204 }
  await browser.send('/account/password', { current_password: 'old', password: 'weak' })
  t.match((await browser.open('/account/password')).body, 'id="password-error"')
  await browser.send('/account/password', { current_password: 'old', password: 'a new long password' })
  t.same(of('POST /v1/auth/password/change').at(-1)?.body, {
    current_password: 'old',
    new_password: 'a new long password',
  })
  t.match((await browser.open('/account/password')).body, 'Your password is changed.')
})

t.test('a session that is over leads to the sign-in and back', async (t) => {
  const { browser, answers } = await openAccount(t)
  answers['POST /internal/browser-sessions/token'] = () => refusal('unauthenticated')
  for (const path of ['/account', '/account/passkeys', '/account/sessions'])
    t.equal((await browser.open(path)).headers.location, `/signin?next=${encodeURIComponent(path)}`)
  t.equal((await browser.send('/account', { name: 'x' })).headers.location, '/signin?next=%2Faccount')
})

t.test(
  'an organization that has come to require more keeps nobody from their account, and is stepped up for',
  async (t) => {
    const { browser, answers, of } = await openAccount(t)
    const request = 'azr_01k4zq3v5xe6hvd8c6mwh9q0zj'
    answers['POST /internal/browser-sessions/token'] = ({ body }) =>
      body['organization_id'] === null
        ? { body: browserToken }
        : refusal('insufficient_user_authentication', {}, { 'www-authenticate': 'Bearer acr_values="aal2"' })
    answers['POST /v1/auth/step-up'] = () => ({ body: { status: 'challenge', challenge: 'gthc_x', next: ['totp'] } })
    answers[`GET /internal/authorizations/${request}`] = () => ({
      body: {
        id: request,
        client: { id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zj', name: 'Board' },
        redirect_host: 'app.example',
        redirect_source: 'https://app.example',
        scope: ['openid'],
        organization_id: null,
        expires_at: '2099-01-01T00:00:00.000Z',
        needs: ['consent'],
        organizations: [],
        prompt: [],
      },
    })
    answers[`POST /v1/me/authorizations/${request}`] = () => ({ body: { continue_at: 'https://id.example.com/x' } })
    t.equal((await browser.open('/account/authenticator')).statusCode, 200)
    t.equal((await browser.open('/signin')).headers.location, '/account')
    const approved = await browser.send(`/consent?request=${request}`, { decision: 'approved' })
    t.equal(approved.headers.location, `/signin/code?request=${request}`)
    t.match(of('POST /v1/auth/step-up')[0]?.body, { acr_values: 'aal2' })
    const denied = await browser.send(`/consent?request=${request}`, { decision: 'denied' })
    t.equal(denied.headers.location, 'https://id.example.com/x', 'to refuse needs no more')
  },
)

t.test('organizations are shown, acted for, left and founded, a form that is sent twice once', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  const [acme, other] = ['org_01k4zq3v5xe6hvd8c6mwh9q0zk', 'org_01k4zq3v5xe6hvd8c6mwh9q0zm']
  const mine = [acme, other].map((id, index) => ({
    id,
    name: `Organization ${index}`,
    slug: `o${index}`,
    logo_url: null,
    colors: null,
    deletion_due_at: null,
    created_at: '2026-01-01T00:00:00.000Z',
  }))
  let last: unknown = acme
  answers['GET /v1/me/organizations'] = () => ({ body: { data: mine, page: { next_cursor: null, has_more: false } } })
  answers['POST /internal/browser-sessions/token'] = ({ body }) => {
    if (typeof body['organization_id'] === 'string' && ![acme, other].includes(body['organization_id']))
      return refusal('not_found')
    last = body['organization_id'] ?? last
    const organization = body['organization_id'] === null ? null : last
    return { body: { ...browserToken, access_token: `for.${String(organization)}.it`, organization_id: organization } }
  }
  answers['POST /v1/organizations'] = () =>
    of('POST /v1/organizations').length === 1
      ? refusal('idempotency_in_progress')
      : { status: 201, body: mine[0] as object }
  answers[`DELETE /v1/organizations/${other}/members/${session.user_id}`] = () => ({ status: 204 })
  answers[`DELETE /v1/organizations/${acme}/members/${session.user_id}`] = () => refusal('last_owner')
  const path = '/account/organizations'
  const shown = (await browser.open(path)).body
  t.match(shown, `id="switch-${other}"`)
  t.notMatch(shown, `id="switch-${acme}"`, 'which is acted for')
  t.equal((await browser.send(path, { action: 'switch', organization: other })).headers.location, path)
  t.match((await browser.open(path)).body, `id="switch-${acme}"`)
  t.equal((await browser.send(path, { action: 'leave', organization: other })).headers.location, path)
  t.match((await browser.open(path)).body, 'You have left it.')
  const [left] = of(`DELETE /v1/organizations/${other}/members/${session.user_id}`)
  t.equal(left?.headers[internalHeaders.accessToken], `for.${other}.it`, 'one leaves as its member')
  await browser.send(path, { action: 'leave', organization: acme })
  t.match((await browser.open(path)).body, 'An organization needs an owner')
  for (const foreign of ['org_01k4zq3v5xe6hvd8c6mwh9q0zn', '../x', ''])
    t.equal((await browser.send(path, { action: 'switch', organization: foreign })).statusCode, 404, foreign)
  const once = /name="once" value="([^"]+)"/.exec(shown)?.[1] ?? ''
  for (let sent = 0; sent < 2; sent++) await browser.send(path, { action: 'create', name: 'New', once })
  t.same(
    of('POST /v1/organizations').map(({ headers, body }) => [headers['idempotency-key'], body['name']]),
    [
      [once, 'New'],
      [once, 'New'],
      [once, 'New'],
    ],
    'the first is asked for again while the same form is being answered',
  )
  t.match((await browser.open(path)).body, 'The organization is there.')
})

t.test('activity is read newest first, a page at a time', async (t) => {
  const { browser, answers } = await openAccount(t)
  const event = {
    id: 'aev_01k4zq3v5xe6hvd8c6mwh9q0zk',
    occurred_at: '2026-01-01T12:30:00.000Z',
    action: 'session.started',
    outcome: 'success',
    actor: { type: 'user', id: session.user_id },
    target: { type: 'session', id: session.session_id },
    organization_id: null,
    client_address: '203.0.113.9',
    user_agent: null,
    request_id: null,
    data: {},
  }
  const asked: string[] = []
  answers['GET /v1/me/activity'] = ({ query }) => {
    asked.push(query)
    return { body: { data: [event], page: { next_cursor: query.includes('cursor=') ? null : 'a/b', has_more: true } } }
  }
  const first = (await browser.open('/account/activity')).body
  t.match(first, /Signed in<\/strong>.*203\.0\.113\.9/)
  t.match(first, 'href="/account/activity?cursor=a%2Fb"')
  t.notMatch((await browser.open('/account/activity?cursor=a%2Fb')).body, 'id="older"')
  t.same(asked, ['limit=20&order=desc', 'limit=20&order=desc&cursor=a%2Fb'])
})

t.test('a copy of one’s data is a file; deletion says its day and can be taken back', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  answers['GET /v1/me/export'] = () => ({ body: { exported_at: '2026-01-01T00:00:00.000Z', user: { name: 'Ann' } } })
  answers['DELETE /v1/me'] = () => ({ body: { deletion_due_at: '2026-02-03T00:00:00.000Z' } })
  answers['POST /v1/me/deletion/undo'] = () => ({ status: 204 })
  const file = await browser.send('/account/data', { action: 'export' })
  t.equal(file.statusCode, 200)
  t.equal(file.headers['content-disposition'], 'attachment; filename="my-data.json"')
  t.equal(file.headers['cache-control'], 'no-store')
  t.match(JSON.parse(file.body), { user: { name: 'Ann' } })
  t.equal((await browser.send('/account/data', { action: 'delete' })).headers.location, '/account/data')
  t.match((await browser.open('/account/data')).body, /id="due">Feb 3, 2026/)
  await browser.send('/account/data', { action: 'keep' })
  t.match((await browser.open('/account/data')).body, 'Your account stays.')
  t.equal(of('POST /v1/me/deletion/undo').length, 1)
  await browser.send('/account/data', { action: 'nonsense' })
  t.equal(of('DELETE /v1/me').length, 1)
})

t.test('another address is asked for with the present password', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  answers['POST /v1/me/email'] = ({ body }) =>
    body['current_password'] === 'mine' ? { status: 202, body: { status: 'accepted' } } : refusal('invalid_credentials')
  await browser.send('/account/address', { email: 'new@example.com', current_password: 'wrong' })
  const refused = (await browser.open('/account/address')).body
  t.match(refused, 'value="new@example.com"')
  t.notMatch(refused, 'wrong"')
  await browser.send('/account/address', { email: ' new@example.com', current_password: 'mine' })
  t.match((await browser.open('/account/address')).body, 'a mail to it is on its way')
  t.same(of('POST /v1/me/email').at(-1)?.body, { email: 'new@example.com', current_password: 'mine' })
})

t.test('notifications: what one was told, and two boxes for each kind', async (t) => {
  const { browser, answers, of } = await openAccount(t)
  const preferences = 'GET /v1/me/notification-preferences'
  const kinds = [
    { kind: 'security.alert', in_app: true, digest: false, required: true },
    { kind: 'membership.joined', in_app: true, digest: false, required: false },
    { kind: 'webhook.disabled', in_app: false, digest: true, required: false },
  ]
  answers[preferences] = () => ({ body: { kinds } })
  answers['PATCH /v1/me/notification-preferences'] = () => ({ body: { kinds } })
  answers['GET /v1/me/notifications'] = ({ query }) => ({
    body: { data: [], unread_count: 0, page: { next_cursor: query.includes('cursor=') ? null : 'n', has_more: false } },
  })
  answers['POST /v1/me/notifications/read-all'] = () => ({ body: { count: 2 } })
  const page = (await browser.open('/account/notifications')).body
  t.match(page, /id="in_app\.security\.alert"[^>]*disabled/)
  t.match(page, /id="digest\.webhook\.disabled"[^>]*checked/)
  t.match(of('GET /v1/me/notifications')[0]?.query, /locale=en/)
  await browser.send('/account/notifications', {
    action: 'save',
    'in_app.webhook.disabled': 'on',
    'digest.security.alert': 'on',
    'digest.unheard.of': 'on',
  })
  t.same(of('PATCH /v1/me/notification-preferences')[0]?.body, {
    kinds: [
      { kind: 'security.alert', digest: true },
      { kind: 'membership.joined', digest: false, in_app: false },
      { kind: 'webhook.disabled', digest: false, in_app: true },
    ],
  })
  await browser.send('/account/notifications', { action: 'read' })
  t.equal(of('POST /v1/me/notifications/read-all').length, 1)
  t.match((await browser.open('/account/notifications')).body, 'All is read.')
})
