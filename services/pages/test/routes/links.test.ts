/** Links of mails: opening one changes nothing and leaves no secret in an address; using one works once. */
import { registrationHeader } from '@gatehouse/contracts/common/services'
import t from 'tap'
import { browserToken, csrfIn, openBrowser, openPages, refusal, session } from '../fixtures/visitor.ts'

const token = `gtpr_${'t'.repeat(49)}`

const ann = {
  id: session.user_id,
  name: 'Ann',
  email: 'ann@example.com',
  email_verified: true,
  created_at: '2026-01-01T00:00:00.000Z',
}

t.test('the secret leaves the address at once, and opening a link is no use of it', async (t) => {
  const { app, calls } = await openPages(t)
  for (const path of ['/verify-email', '/reset-password', '/email/confirm', '/email/undo', '/invitations/accept']) {
    const browser = openBrowser(app)
    const opened = await browser.open(`${path}?token=${token}`)
    t.equal(opened.statusCode, 303)
    t.equal(opened.headers.location, path)
    const page = await browser.open(path)
    t.equal(page.statusCode, 200, path)
    t.notMatch(page.body, token)
    for (const value of browser.cookies.values()) t.notMatch(value, token)
    t.equal(openBrowser(app).cookies.size, 0)
    t.equal((await openBrowser(app).open(path)).statusCode, 400, 'another browser has no link')
  }
  t.same(calls, [], 'nobody was asked')
})

t.test('a new password is set once; an expired link says so', async (t) => {
  const { app, answers, of } = await openPages(t)
  const browser = openBrowser(app)
  answers['POST /v1/auth/password/reset'] = ({ body }) =>
    body['password'] === 'weak'
      ? refusal('weak_password', { errors: [{ path: '/password', message: 'x' }] })
      : { status: 204 }
  await browser.open(`/reset-password?token=${token}`)
  const weak = await browser.send('/reset-password', { password: 'weak' })
  t.equal(weak.headers.location, '/reset-password')
  t.match((await browser.open('/reset-password')).body, 'too easy to guess')
  const set = await browser.send('/reset-password', { password: 'a much better password' })
  t.equal(set.headers.location, '/signin')
  t.same(of('POST /v1/auth/password/reset').at(-1)?.body, { token, password: 'a much better password' })
  t.match((await browser.open('/signin')).body, 'Your password is set.')
  answers['POST /v1/auth/password/reset'] = () => refusal('invalid_token')
  await browser.open(`/reset-password?token=${token}x`)
  const expired = await browser.send('/reset-password', { password: 'a much better password' })
  t.equal(expired.statusCode, 400)
  t.match(expired.body, 'The link has expired or was used already.')
  t.match(expired.body, 'id="again" href="/forgot-password"')
  t.equal((await browser.open('/reset-password')).statusCode, 400, 'what is worth nothing is not kept')
})

t.test('whoever sends the form of a link twice, or opens the link again, is told that it has worked', async (t) => {
  const password = 'a much better password'
  const kinds = [
    ['/verify-email', 'POST /v1/auth/verify-email', {}, { status: 'verified' }, 'Your address is confirmed.'],
    ['/reset-password', 'POST /v1/auth/password/reset', { password }, undefined, 'Your password is set.'],
    ['/email/confirm', 'POST /v1/auth/email/confirm', {}, undefined, 'Your new address is confirmed.'],
    ['/email/undo', 'POST /v1/auth/email/undo', {}, undefined, 'The change is taken back.'],
    ['/invitations/accept', 'POST /v1/invitations/decline', { action: 'decline' }, undefined, 'declined.'],
  ] as const
  const { app, answers, of } = await openPages(t)
  for (const [path, key, fields, body, text] of kinds) {
    answers[key] = () =>
      of(key).length > 1 ? refusal('invalid_token') : body === undefined ? { status: 204 } : { body }
    const browser = openBrowser(app)
    await browser.open(`${path}?token=${token}`)
    const csrf = csrfIn((await browser.open(path)).body) ?? ''
    const atOnce = { ...Object.fromEntries(browser.cookies) }
    const send = () => {
      // Both leave before either has come back, with the same cookies.
      Object.entries(atOnce).forEach(([name, value]) => browser.cookies.set(name, value))
      return browser.post(path, { csrf, ...fields })
    }
    for (const sent of [...(await Promise.all([send(), send()])), await send()])
      t.equal(sent.headers.location, '/signin', path)
    t.equal(of(key).length, 1, 'there is one effect')
    t.match((await browser.open('/signin')).body, text)
    const back = await browser.post(path, { csrf, ...fields })
    t.equal(back.headers.location, '/signin', 'going back and sending it once more')
    t.match((await browser.open('/signin')).body, text)
    t.equal((await browser.open(`${path}?token=${token}`)).headers.location, '/signin', 'the link once more')
    t.match((await browser.open('/signin')).body, text)
    const other = openBrowser(app)
    await other.open(`${path}?token=${token}`)
    t.equal((await other.send(path, fields)).statusCode, 400, 'another browser is told that the link was used')
    await browser.open(`${path}?token=${token}y`)
    t.equal((await browser.send(path, fields)).statusCode, 400, 'and another link is another link')
  }
})

t.test('a form that differs, or comes from another browser, is a form of its own', async (t) => {
  const { app, answers, of } = await openPages(t)
  const key = 'POST /v1/auth/password/reset'
  answers[key] = () => ({ status: 204 })
  const browser = openBrowser(app)
  await browser.open(`/reset-password?token=${token}`)
  const csrf = csrfIn((await browser.open('/reset-password')).body) ?? ''
  const other = openBrowser(app)
  await other.open(`/reset-password?token=${token}`)
  const send = (password: string) => browser.post('/reset-password', { csrf, password })
  await Promise.all([
    send('a much better password'),
    send('another long password'),
    other.send('/reset-password', { password: 'a much better password' }),
  ])
  t.equal(of(key).length, 3)
})

t.test('what was refused is asked for again, whatever was answered a moment ago', async (t) => {
  const { app, answers, of } = await openPages(t)
  const key = 'POST /v1/auth/password/reset'
  answers[key] = () => (of(key).length === 1 ? refusal('weak_password') : { status: 204 })
  const browser = openBrowser(app)
  await browser.open(`/reset-password?token=${token}`)
  const csrf = csrfIn((await browser.open('/reset-password')).body) ?? ''
  const before = [...browser.cookies]
  const send = () => {
    // The browser has not seen the answer to the first.
    before.forEach(([name, value]) => browser.cookies.set(name, value))
    return browser.post('/reset-password', { csrf, password: 'a much better password' })
  }
  t.equal((await send()).headers.location, '/reset-password')
  t.equal((await send()).headers.location, '/signin')
})

t.test('whoever is signed in already is told on the page they go on to', async (t) => {
  const { app, answers } = await openPages(t)
  answers['POST /internal/browser-sessions/token'] = () => ({ body: browserToken })
  answers['POST /v1/auth/email/confirm'] = () => ({ status: 204 })
  answers['GET /v1/me'] = () => ({ body: ann })
  const browser = openBrowser(app)
  browser.cookies.set('__Host-gatehouse_session', session.cookie_value)
  await browser.open(`/email/confirm?token=${token}`)
  t.equal((await browser.send('/email/confirm', {})).headers.location, '/signin')
  t.equal((await browser.open('/signin')).headers.location, '/account')
  t.match((await browser.open('/account')).body, 'Your new address is confirmed.')
})

t.test('forgot answers the same for every address', async (t) => {
  const { app, answers, of } = await openPages(t)
  answers['POST /v1/auth/password/forgot'] = () => ({ status: 202, body: { status: 'accepted' } })
  const browser = openBrowser(app)
  const seen = new Set<string>()
  for (const email of ['ann@example.com', 'nobody@example.com']) {
    const sent = await browser.send('/forgot-password', { email })
    t.equal(sent.headers.location, '/forgot-password')
    seen.add((await browser.open('/forgot-password')).body.replaceAll(/nonce="[^"]+"/g, ''))
  }
  t.equal(seen.size, 1)
  t.equal(of('POST /v1/auth/password/forgot').length, 2)
})

t.test(
  'sign-up, then the link of the mail; where the registration is not known to be theirs a password is chosen',
  async (t) => {
    const { app, answers, of } = await openPages(t)
    answers['POST /v1/auth/register'] = () => ({
      status: 202,
      body: { status: 'accepted' },
      headers: { [registrationHeader]: 'handle-of-mine' },
    })
    answers['POST /v1/auth/verify-email'] = ({ headers, body }) =>
      headers[registrationHeader] === 'handle-of-mine' || body['password'] !== undefined
        ? { body: { status: 'verified' } }
        : refusal('password_required')
    const browser = openBrowser(app)
    const missing = await browser.send('/signup', { email: 'ann@example.com' })
    t.equal(missing.headers.location, '/signup')
    const again = (await browser.open('/signup')).body
    t.match(again, 'value="ann@example.com"')
    t.match(again, 'href="#name"')
    const sent = await browser.send('/signup', {
      name: 'Ann',
      email: 'ann@example.com',
      password: 'a long enough password',
    })
    t.equal(sent.headers.location, '/signin/verify')
    t.equal((await browser.open('/signin/verify')).statusCode, 200)
    await browser.open(`/verify-email?token=${token}`)
    t.equal((await browser.send('/verify-email', {})).headers.location, '/signin')
    t.match((await browser.open('/signin')).body, 'Your address is confirmed.')
    const other = openBrowser(app)
    await other.open(`/verify-email?token=${token}`)
    t.equal((await other.send('/verify-email', {})).headers.location, '/verify-email')
    const asked = await other.open('/verify-email')
    t.match(asked.body, 'name="password"')
    t.match(asked.body, 'href="#password"')
    t.match((await other.open('/verify-email')).body, 'name="password"', 'and still is after a reload')
    await other.open(`/verify-email?token=${token}x`)
    t.notMatch((await other.open('/verify-email')).body, 'name="password"', 'another link is asked for nothing yet')
    await other.open(`/verify-email?token=${token}`)
    t.equal((await other.send('/verify-email', { password: 'another long password' })).headers.location, '/signin')
    t.equal(of('POST /v1/auth/verify-email').length, 3)
  },
)

t.test('an invitation is answered as the signed-in person, as a new one, or declined', async (t) => {
  const { app, answers, of } = await openPages(t)
  const accepted = {
    user: { id: session.user_id },
    organization: { id: 'org_01k4zq3v5xe6hvd8c6mwh9q0zj', name: 'Acme' },
    membership: { id: 'mem_01k4zq3v5xe6hvd8c6mwh9q0zj', is_owner: false },
  }
  answers['POST /v1/invitations/accept'] = () => ({ body: accepted })
  answers['POST /v1/invitations/decline'] = () => ({ status: 204 })
  answers['POST /internal/browser-sessions/token'] = () => ({ body: browserToken })
  answers['GET /v1/me'] = () => ({ body: ann })
  const fresh = openBrowser(app)
  await fresh.open(`/invitations/accept?token=${token}`)
  const page = await fresh.open('/invitations/accept')
  t.match(page.body, '/signin?next=%2Finvitations%2Faccept')
  const joined = await fresh.send('/invitations/accept', {
    action: 'join',
    name: 'Ann',
    password: 'a long enough password',
  })
  t.equal(joined.headers.location, '/signin')
  t.same(of('POST /v1/invitations/accept').at(-1)?.body, { token, name: 'Ann', password: 'a long enough password' })
  const known = openBrowser(app)
  known.cookies.set('__Host-gatehouse_session', session.cookie_value)
  await known.open(`/invitations/accept?token=${token}`)
  t.match((await known.open('/invitations/accept')).body, 'ann@example.com')
  t.equal((await known.send('/invitations/accept', { action: 'accept' })).headers.location, '/account')
  t.same(of('POST /v1/invitations/accept').at(-1)?.body, { token })
  const unwanted = `${token}x`
  await fresh.open(`/invitations/accept?token=${unwanted}`)
  t.equal((await fresh.send('/invitations/accept', { action: 'decline' })).headers.location, '/signin')
  t.same(of('POST /v1/invitations/decline').at(-1)?.body, { token: unwanted })
})
