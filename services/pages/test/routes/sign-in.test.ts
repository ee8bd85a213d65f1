/** Signing in by forms alone: what is asked of whom, what the browser keeps, and where it is led. */
import {
  browserHeader,
  deviceHeader,
  internalHeaders,
  rememberedDeviceHeader,
} from '@gatehouse/contracts/common/services'
import t, { type Test } from 'tap'
import { authenticated, browserToken, csrfIn, openBrowser, openPages, refusal, session } from '../fixtures/visitor.ts'

const request = 'azr_01k4zq3v5xe6hvd8c6mwh9q0zj'

async function openWithLogin(t: Test) {
  const pages = await openPages(t)
  pages.answers['POST /v1/auth/login'] = () => ({ body: authenticated, headers: { [deviceHeader]: 'known-device' } })
  pages.answers['POST /internal/browser-sessions'] = () => ({ status: 201, body: session })
  pages.answers['POST /internal/browser-sessions/token'] = ({ body }) =>
    body['cookie_value'] === session.cookie_value ? { body: browserToken } : refusal('unauthenticated')
  return { ...pages, browser: openBrowser(pages.app) }
}

t.test('address, then password: the browser gets a session and none of the tokens', async (t) => {
  const { browser, of, calls } = await openWithLogin(t)
  t.match((await browser.open('/signin?login_hint=%22ann@example.com')).body, 'value="&quot;ann@example.com"')
  const first = await browser.send('/signin', { email: ' ann@example.com ' })
  t.equal(first.statusCode, 303)
  t.equal(first.headers.location, '/signin/password')
  const before = browser.cookies.get('__Host-gatehouse_browser')
  const page = await browser.open('/signin/password')
  t.match(page.body, 'ann@example.com')
  const last = await browser.send('/signin/password', { password: 'a right password' })
  t.equal(last.headers.location, '/account')
  const [login] = of('POST /v1/auth/login')
  t.match(login?.body, { email: 'ann@example.com', password: 'a right password' })
  t.equal(login?.headers[browserHeader], before, 'the sign-in is bound to this browser')
  t.equal(login?.headers[internalHeaders.clientAddress], '203.0.113.9')
  t.equal(login?.headers[internalHeaders.userAgent], 'Test/1.0')
  t.same(of('POST /internal/browser-sessions')[0]?.body, { access_token: 'at.of.login' })
  t.equal(browser.cookies.get('__Host-gatehouse_session'), session.cookie_value)
  t.equal(browser.cookies.get('__Host-gatehouse_device'), 'known-device')
  t.not(browser.cookies.get('__Host-gatehouse_browser'), before, 'and has a new name after it (fixation)')
  for (const value of browser.cookies.values()) t.notMatch(value, /at\.of\.login|gthr_/)
  for (const { name, httpOnly, secure, sameSite, path, domain } of last.cookies as unknown as Record<string, unknown>[])
    t.same(
      { httpOnly, secure, sameSite, path, domain },
      { httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: undefined },
      String(name),
    )
  t.ok(
    calls.every(({ headers }) => !('cookie' in headers)),
    'no service sees a cookie',
  )
})

t.test('a wrong password comes back as the same page, once, with nothing secret in it', async (t) => {
  const { browser, answers } = await openWithLogin(t)
  answers['POST /v1/auth/login'] = () => refusal('invalid_credentials')
  await browser.send('/signin', { email: 'ann@example.com' })
  const answer = await browser.send('/signin/password', { password: 'a wrong password' })
  t.equal(answer.statusCode, 303)
  t.equal(answer.headers.location, '/signin/password')
  const shown = await browser.open('/signin/password')
  t.match(shown.body, 'The address or the password is wrong.')
  t.match(shown.body, /role="alert" tabindex="-1" autofocus/i)
  t.match(shown.body, '<title>There is a problem')
  t.notMatch(shown.body, 'a wrong password')
  t.notMatch((await browser.open('/signin/password')).body, 'role="alert"')
  const empty = await browser.send('/signin/password', {})
  t.equal(empty.statusCode, 303)
  t.match((await browser.open('/signin/password')).body, /aria-invalid="true"/)
})

t.test('after the sign-in a person is led to pages of ours and nowhere else', async (t) => {
  const { browser } = await openWithLogin(t)
  const led = async (query: string): Promise<string> => {
    browser.cookies.clear()
    const first = await browser.send(`/signin${query}`, { email: 'ann@example.com' })
    return String((await browser.send(String(first.headers.location), { password: 'x' })).headers.location)
  }
  t.equal(await led('?next=%2Faccount%2Fsessions'), '/account/sessions')
  for (const evil of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/account/../../evil',
    '/account%0d%0aLocation: x',
    '/account@evil.example',
    'javascript:alert(1)',
    '/account?x=//evil.example',
    '/assets/pages.css',
    '/oauth2/authorize',
    ' /account',
    '/ACCOUNT',
  ])
    t.equal(await led(`?next=${encodeURIComponent(evil)}`), '/account', evil)
  for (const evil of ['azr_', 'azr_../x', `${request}/x`, `${request}&next=//evil`])
    t.equal(await led(`?request=${encodeURIComponent(evil)}`), '/account', evil)
})

t.test('a second step is asked for until it is answered; a sign-in that is over begins anew', async (t) => {
  const { browser, answers, of } = await openWithLogin(t)
  const challenge = `gthc_${'x'.repeat(49)}`
  answers['POST /v1/auth/login'] = () => ({ body: { status: 'challenge', challenge, next: ['totp', 'recovery_code'] } })
  answers['POST /v1/auth/challenge'] = ({ body }) =>
    body['code'] === '123456' ? { body: authenticated } : refusal('invalid_code')
  await browser.send('/signin?next=%2Faccount%2Fsessions', { email: 'ann@example.com' })
  const step = await browser.send('/signin/password?next=%2Faccount%2Fsessions', { password: 'x' })
  t.equal(step.headers.location, '/signin/code?next=%2Faccount%2Fsessions')
  const wrong = await browser.send(String(step.headers.location), { code: '000000' })
  t.equal(wrong.headers.location, step.headers.location)
  const page = await browser.open(String(step.headers.location))
  t.match(page.body, 'The code is wrong or was used already.')
  t.match(page.body, 'id="use-recovery_code"')
  const form = { csrf: csrfIn(page.body) ?? '', code: '123 456' }
  const right = await browser.post(String(step.headers.location), form)
  t.equal(right.headers.location, '/account/sessions')
  t.match(of('POST /v1/auth/challenge').at(-1)?.body, { challenge, step: 'totp', code: '123456' })
  const twice = await browser.post(String(step.headers.location), form)
  t.equal(twice.statusCode, 403, 'the same form sent again is of a browser that has signed in since')
  answers['POST /v1/auth/challenge'] = () => refusal('invalid_token')
  browser.cookies.clear()
  await browser.send('/signin', { email: 'ann@example.com' })
  await browser.send('/signin/password', { password: 'x' })
  const over = await browser.send('/signin/code', { code: '123456' })
  t.equal(over.headers.location, '/signin')
  t.match((await browser.open('/signin')).body, 'start again')
  t.equal((await browser.open('/signin/code')).headers.location, '/signin', 'and its steps are gone')
})

t.test('a device is remembered where that is offered and wanted, and says so at the next sign-in', async (t) => {
  const { browser, answers, of } = await openWithLogin(t)
  const challenged = { status: 'challenge', challenge: 'gthc_x', next: ['totp', 'recovery_code'] }
  const offered = { ...challenged, remember_device_days: 20 }
  answers['POST /v1/auth/login'] = () => ({ body: offered })
  answers['POST /v1/auth/challenge'] = ({ body }) => ({
    body: authenticated,
    headers: body['remember_device'] === true ? { [rememberedDeviceHeader]: 'gtrd_mine' } : {},
  })
  const answered = async (path: string, fields: Record<string, string>) => {
    browser.cookies.delete('__Host-gatehouse_session')
    await browser.send('/signin', { email: 'ann@example.com' })
    await browser.send('/signin/password', { password: 'x' })
    const answer = await browser.send(path, { code: '123456', ...fields })
    return { answer, body: of('POST /v1/auth/challenge').at(-1)?.body ?? {} }
  }
  t.notOk('remember_device' in (await answered('/signin/code', {})).body, 'nobody is remembered unasked')
  t.notOk('remember_device' in (await answered('/signin/recovery-code', { remember_device: 'on' })).body)
  answers['POST /v1/auth/login'] = () => ({ body: challenged })
  t.notOk('remember_device' in (await answered('/signin/code', { remember_device: 'on' })).body, 'it was not offered')
  t.notOk(browser.cookies.has('__Host-gatehouse_remembered'))
  answers['POST /v1/auth/login'] = () => ({ body: offered })
  const { answer, body } = await answered('/signin/code', { remember_device: 'on' })
  t.equal(body['remember_device'], true)
  const cookie = answer.cookies.find(({ name }) => name === '__Host-gatehouse_remembered')
  t.match(cookie, { value: 'gtrd_mine', maxAge: 20 * 86_400, httpOnly: true, secure: true, sameSite: 'Lax' })
  await answered('/signin/code', {})
  t.equal(of('POST /v1/auth/login').at(-1)?.headers[rememberedDeviceHeader], 'gtrd_mine')
})

t.test('an application’s request brings its language and its organization to every page on its way', async (t) => {
  const { browser, answers } = await openWithLogin(t)
  const organization = 'org_01k4zq3v5xe6hvd8c6mwh9q0zk'
  const brand = { name: 'Acme <i>', logo_url: null, colors: { background: '#102030', text: '#ffffff' } }
  const authorization = {
    id: request,
    client: { id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zk', name: 'Board', policy_uri: null, tos_uri: null },
    redirect_host: 'board.example',
    redirect_source: 'https://board.example',
    scope: ['openid'],
    organization_id: organization,
    expires_at: '2099-01-01T00:00:00.000Z',
    needs: ['sign_in'],
    organizations: [],
    prompt: [],
    ui_locales: 'fr de-CH en',
  }
  answers[`GET /internal/authorizations/${request}`] = () => ({ body: authorization })
  const key = `GET /internal/organizations/${organization}/brand`
  answers[key] = () => ({ body: { brand } })
  await browser.send(`/signin?request=${request}`, { email: 'ann@example.com' })
  for (const path of ['/signin', '/signin/password']) {
    const page = await browser.open(`${path}?request=${request}`)
    t.match(page.body, '<html lang="de">', path)
    t.equal(page.headers['content-language'], 'de')
    t.match(page.body, '<p class="brand">Acme &lt;i></p>', path)
    const nonce = /style-src 'nonce-([^']+)'/.exec(String(page.headers['content-security-policy']))?.[1]
    t.match(page.body, `<style nonce="${nonce}">.brand{background:#102030;color:#ffffff}</style>`)
  }
  t.match((await browser.open('/signin')).body, '<html lang="en">', 'and to no other page')
  for (const background of ['red', '#fff}body{display:none', 'url(//evil.example)', '#12345', '']) {
    answers[key] = () => ({ body: { brand: { ...brand, colors: { background, text: '#ffffff' } } } })
    t.notMatch((await browser.open(`/signin?request=${request}`)).body, '<style', background)
  }
  for (const gone of [() => ({ body: { brand: null } }), () => refusal('unavailable')]) {
    answers[key] = gone
    const page = await browser.open(`/signin?request=${request}`)
    t.equal(page.statusCode, 200)
    t.notMatch(page.body, 'class="brand"')
  }
})

t.test('a sign-in of one browser is of no use in another', async (t) => {
  const { browser, answers, app } = await openWithLogin(t)
  answers['POST /v1/auth/login'] = () => ({ body: { status: 'challenge', challenge: 'gthc_x', next: ['totp'] } })
  await browser.send('/signin', { email: 'ann@example.com' })
  await browser.send('/signin/password', { password: 'x' })
  t.equal((await browser.open('/signin/code')).statusCode, 200)
  const other = openBrowser(app)
  await other.open('/signin')
  other.cookies.set('__Host-gatehouse_flow', browser.cookies.get('__Host-gatehouse_flow') ?? '')
  t.equal((await other.open('/signin/code')).headers.location, '/signin')
  const sealed = browser.cookies.get('__Host-gatehouse_flow') ?? ''
  t.notMatch(Buffer.from(sealed, 'base64url').toString('latin1'), 'gthc_')
  for (const broken of ['', 'x', sealed.slice(1), `${sealed}AA`]) {
    browser.cookies.set('__Host-gatehouse_flow', broken)
    t.equal((await browser.open('/signin/code')).headers.location, '/signin')
  }
})

t.test('a neighbour that is not current is asked again, but a step is answered once', async (t) => {
  const { browser, answers, of } = await openWithLogin(t)
  let late = 2
  answers['POST /v1/auth/login'] = () =>
    late-- > 0 ? refusal('not_current') : { body: { status: 'challenge', challenge: 'gthc_x', next: ['totp'] } }
  answers['POST /v1/auth/challenge'] = () => refusal('not_current')
  await browser.send('/signin', { email: 'ann@example.com' })
  t.equal((await browser.send('/signin/password', { password: 'x' })).headers.location, '/signin/code')
  t.equal(of('POST /v1/auth/login').length, 3)
  t.equal((await browser.send('/signin/code', { code: '123456' })).headers.location, '/signin/code')
  t.equal(of('POST /v1/auth/challenge').length, 1)
  t.match((await browser.open('/signin/code')).body, 'This does not work at the moment.')
})

t.test(
  'an application’s request: what it is for is shown, and where nothing is asked the browser goes on',
  async (t) => {
    const { browser, answers, of } = await openWithLogin(t)
    const authorization = {
      id: request,
      client: {
        id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zj',
        name: 'Board <b>',
        policy_uri: 'https://app.example/privacy?a=1&b="',
        tos_uri: 'javascript:alert(1)',
      },
      redirect_host: 'app.example:8443',
      redirect_source: 'https://app.example:8443',
      scope: ['openid', 'email', 'board:read'],
      organization_id: null,
      expires_at: '2099-01-01T00:00:00.000Z',
      needs: ['sign_in', 'consent'],
      organizations: [],
      login_hint: 'ann@example.com',
      prompt: [],
    }
    answers[`GET /internal/authorizations/${request}`] = ({ headers }) => ({
      body: { ...authorization, needs: headers[internalHeaders.accessToken] ? ['consent'] : authorization.needs },
    })
    answers[`POST /v1/me/authorizations/${request}`] = () => ({
      body: { continue_at: 'https://id.example.com/oauth2/authorize/continue?continuation=gtac_x' },
    })
    const cancelled = await browser.send(`/signin?request=${request}`, { action: 'cancel' })
    t.equal(cancelled.headers.location, `/oauth2/authorize/continue?cancel=${request}`)
    t.equal((await browser.send('/signin', { action: 'cancel' })).headers.location, '/signin', 'where nobody waits')
    const page = await browser.open(`/signin?request=${request}`)
    t.match(page.body, 'Board &lt;b>')
    t.match(page.body, 'value="ann@example.com"')
    t.match(page.headers['content-security-policy'], "form-action 'self' https://app.example:8443;")
    await browser.send(`/signin?request=${request}`, { email: 'ann@example.com' })
    const signedIn = await browser.send(`/signin/password?request=${request}`, { password: 'x' })
    t.equal(signedIn.headers.location, `/consent?request=${request}`)
    const asked = await browser.open(`/consent?request=${request}`)
    t.match(asked.body, 'your email address')
    t.match(asked.body, 'board:read')
    const link = 'href="https://app.example/privacy?a=1&amp;b=&quot;" rel="noopener noreferrer"'
    t.ok(asked.body.includes(link), 'a page of the application, told nothing of ours')
    t.notMatch(asked.body, 'javascript:', 'what is no page of the web is not shown')
    for (const [decision, button] of [
      ['approved', 'approve'],
      ['denied', 'deny'],
    ]) {
      t.match(asked.body, `id="${button}"`)
      const settled = await browser.send(`/consent?request=${request}`, { decision: decision ?? '' })
      t.match(settled.headers.location, /^https:\/\/id\.example\.com\/oauth2\/authorize\/continue/)
      t.equal(of(`POST /v1/me/authorizations/${request}`).at(-1)?.body['decision'], decision)
    }
    const settledSoFar = of(`POST /v1/me/authorizations/${request}`).length
    const framed = await browser.post(
      `/consent?request=${request}`,
      { decision: 'approved' },
      { origin: 'https://evil.example' },
    )
    t.equal(framed.statusCode, 403)
    t.equal(of(`POST /v1/me/authorizations/${request}`).length, settledSoFar)
    answers[`GET /internal/authorizations/${request}`] = () => ({ body: { ...authorization, needs: [] } })
    t.match((await browser.open(`/consent?request=${request}`)).headers.location, /continuation=/)
    answers[`GET /internal/authorizations/${request}`] = () => refusal('not_found')
    t.equal((await browser.open(`/consent?request=${request}`)).statusCode, 404)
  },
)

t.test('several organizations: one is chosen', async (t) => {
  const { browser, answers, of } = await openWithLogin(t)
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  const [one, two] = ['org_01k4zq3v5xe6hvd8c6mwh9q0zj', 'org_01k4zq3v5xe6hvd8c6mwh9q0zk']
  answers[`GET /internal/authorizations/${request}`] = () => ({
    body: {
      id: request,
      client: { id: 'client_01k4zq3v5xe6hvd8c6mwh9q0zj', name: 'Board' },
      redirect_host: 'app.example',
      redirect_source: 'https://app.example',
      scope: ['openid'],
      organization_id: null,
      expires_at: '2099-01-01T00:00:00.000Z',
      needs: ['select_organization'],
      organizations: [one, two],
      prompt: [],
    },
  })
  answers['GET /v1/me/organizations'] = () => ({
    body: { data: [{ id: one, name: 'Acme' }], page: { next_cursor: null, has_more: false } },
  })
  answers[`POST /v1/me/authorizations/${request}`] = () => ({ body: { continue_at: 'https://id.example.com/x' } })
  const page = await browser.open(`/consent?request=${request}`)
  t.match(page.body, 'Acme')
  t.match(page.body, `value="${two}"`)
  await browser.send(`/consent?request=${request}`, { decision: 'approved', organization: two ?? '' })
  t.match(of(`POST /v1/me/authorizations/${request}`).at(-1)?.body, { decision: 'approved', organization_id: two })
})

t.test('signing out ends the session and every form that was open', async (t) => {
  const { browser, answers, of } = await openWithLogin(t)
  answers['POST /internal/browser-sessions/end'] = () => ({ status: 204 })
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  const old = csrfIn((await browser.open('/signout')).body) ?? ''
  const out = await browser.send('/signout', {})
  t.equal(out.headers.location, '/signin')
  t.same(of('POST /internal/browser-sessions/end')[0]?.body, { cookie_value: session.cookie_value })
  t.notOk(browser.cookies.has('__Host-gatehouse_session'))
  t.match((await browser.open('/signin')).body, 'You are signed out.')
  t.equal((await browser.post('/account', { csrf: old, name: 'x' })).statusCode, 403)
  t.equal((await browser.open('/account')).headers.location, '/signin?next=%2Faccount')
})

t.test('a code by mail instead of a password, where it is offered', async (t) => {
  const { app, browser, answers, of, deps } = await openWithLogin(t)
  const challenge = `gthc_${'y'.repeat(49)}`
  answers['POST /v1/auth/email-code'] = () => ({ body: { status: 'challenge', challenge, next: ['email_code'] } })
  answers['POST /v1/auth/challenge'] = ({ body }) =>
    body['code'] === '12345678' ? { body: authenticated } : refusal('invalid_code')
  t.equal((await browser.send('/signin', { action: 'email-code' })).headers.location, '/signin', 'nobody said who')
  await browser.send('/signin', { email: 'ann@example.com' })
  t.match((await browser.open('/signin/password')).body, 'id="email-code"')
  t.equal((await browser.send('/signin', { action: 'email-code' })).headers.location, '/signin/email-code')
  t.same(of('POST /v1/auth/email-code')[0]?.body, { email: 'ann@example.com' })
  await browser.send('/signin/email-code', { code: '0000 0000' })
  t.match((await browser.open('/signin/email-code')).body, /The code is wrong[\s\S]*Eight digits/)
  t.equal((await browser.send('/signin/email-code', { code: '1234 5678' })).headers.location, '/account')
  t.match(of('POST /v1/auth/challenge').at(-1)?.body, { challenge, step: 'email_code', code: '12345678' })
  deps.offersEmailCodes = false
  const other = openBrowser(app)
  await other.send('/signin', { email: 'ann@example.com' })
  t.notMatch((await other.open('/signin/password')).body, 'id="email-code"')
})
