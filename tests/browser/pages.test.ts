/**
 * The pages in a real browser, in front of the whole platform: every page in light, dark, 320 px, German and without a script, and the ways people
 * go. One start and one browser serve every part. Screenshots of every page stay in `.data/screenshots`.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from '@gatehouse/test-kit/free-port'
import * as openid from 'openid-client'
import { Secret, TOTP } from 'otpauth'
import type { BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { createApi, until } from '../platform/client.ts'
import { newAddress, newPassword, signIn as signInByApi } from '../platform/people.ts'
import { startPlatform } from '../platform/start-platform.ts'
import { fill, openScreens, overflowOf, photograph, violationsOf } from './people-at-screens.ts'

const port = await freePort()
// Passkeys are bound to a domain, which an address in numbers is not.
const origin = `http://localhost:${port}`
const { platform, stop } = await startPlatform({
  PORT: String(port),
  GATEHOUSE_ISSUER: origin,
  PUBLIC_URL: origin,
  GATEWAY_RATE_LIMIT_PER_MINUTE: '1000000',
  GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '100000',
})
t.teardown(stop)
const screens = await openScreens()
t.teardown(screens.close)
const api = createApi(platform)
const [owner] = platform.demo.users
if (!owner) throw new Error('the demo has no users')

const patience = { timeout: 60_000 }
const at = (page: Page, path: string): Promise<void> =>
  page.waitForURL((url) => url.origin === origin && url.pathname === path, patience)

async function signIn(page: Page, person: { email: string; password: string }, start = '/signin'): Promise<void> {
  await page.goto(origin + start)
  await fill(page, { email: person.email })
  await at(page, '/signin/password')
  await fill(page, { password: person.password })
}

/** A person who has signed up by the pages and opened the link of the mail in the same browser. */
async function signUp(page: Page, name: string): Promise<{ email: string; password: string }> {
  const person = { email: newAddress(name), password: newPassword() }
  await page.goto(`${origin}/signup`)
  await fill(page, { name, ...person })
  await at(page, '/signin/verify')
  const token = await api.mailToken(person.email, /confirm/i)
  await page.goto(`${origin}/verify-email?token=${token}`)
  await page.locator('#continue').click()
  await at(page, '/signin')
  return person
}

const visitorsPages = ['/signin', '/signup', '/forgot-password', '/reset-password']
const accountPages = [
  '/account',
  '/account/password',
  '/account/authenticator',
  '/account/recovery-codes',
  '/account/passkeys',
  '/account/sessions',
  '/signout',
]

const looks: { name: string; options: Parameters<typeof screens.context>[0]; language: string }[] = [
  { name: 'light', options: { colorScheme: 'light' }, language: 'en' },
  { name: 'dark', options: { colorScheme: 'dark' }, language: 'en' },
  { name: 'narrow', options: { viewport: { width: 320, height: 640 } }, language: 'en' },
  { name: 'german', options: { locale: 'de-DE' }, language: 'de' },
  { name: 'no-script', options: { javaScriptEnabled: false }, language: 'en' },
]

for (const { name, options, language } of looks)
  t.test(`every page, ${name}: nothing in anybody’s way (axe), nothing from elsewhere`, async (t) => {
    const context = await screens.context(options)
    const page = await context.newPage()
    const foreign: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) foreign.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    const look = async (path: string): Promise<void> => {
      const file = `${path.slice(1).replaceAll('/', '-')}-${name}`
      await photograph(page, file)
      t.equal(await page.locator('html').getAttribute('lang'), language, path)
      t.ok((await overflowOf(page)) <= 0, `${path} is not wider than the screen`)
      // Without a script nothing can be examined from inside; the page is the same one.
      if (name !== 'no-script') t.same(await violationsOf(page), [], path)
    }
    for (const path of visitorsPages) {
      const query = path === '/reset-password' ? `?token=gtpr_${'x'.repeat(49)}` : ''
      await page.goto(origin + path + query)
      await look(path)
    }
    await page.goto(`${origin}/signin`)
    await fill(page, {})
    await at(page, '/signin')
    await look('/signin-with-error')
    t.ok(
      await page.locator('#errors').evaluate((box) => box === box.ownerDocument.activeElement),
      'the summary has the focus',
    )
    await signIn(page, owner)
    await at(page, '/account')
    for (const path of accountPages) {
      await page.goto(origin + path)
      await look(path)
    }
    t.same(foreign, [])
    t.same(complaints, [], 'the browser has nothing to complain about')
    await context.close()
  })

t.test('from sign-up to an application’s code by OpenID Connect, and signed out everywhere', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const person = await signUp(page, 'Ada')
  const app = await openApplication()
  t.teardown(app.close)
  const begun = await app.begin()
  await page.goto(begun.url)
  await at(page, '/signin')
  await page.getByText('Board', { exact: true }).waitFor()
  await photograph(page, 'signin-for-an-application')
  await fill(page, { email: person.email })
  await at(page, '/signin/password')
  await fill(page, { password: person.password })
  await at(page, '/consent')
  t.same(await violationsOf(page), [])
  await photograph(page, 'consent')
  await page.locator('#approve').click()
  const back = await app.cameBack(1)
  const tokens = await openid.authorizationCodeGrant(app.config, back, begun.checks)
  t.equal(tokens.claims()?.['iss'], origin)
  const { sub = '' } = tokens.claims() ?? {}
  t.match(await openid.fetchUserInfo(app.config, tokens.access_token, sub), { email: person.email })
  await t.test('a second time nothing is asked', async (t) => {
    const again = await app.begin()
    await page.goto(again.url)
    t.ok((await openid.authorizationCodeGrant(app.config, await app.cameBack(2), again.checks)).access_token)
  })
  await page.goto(`${origin}/signout`)
  await page.locator('#signout').click()
  await at(page, '/signin')
  await until(
    'the application’s session to be over',
    async () => {
      const refused = await openid.fetchUserInfo(app.config, tokens.access_token, sub).then(
        () => false,
        () => true,
      )
      return refused
    },
    30_000,
  )
  await page.goto(`${origin}/account`)
  await at(page, '/signin')
  t.pass('and so is this browser’s')
  await page.goBack()
  await page.reload()
  await at(page, '/signin')
  t.pass('going back shows nothing of the account')
  await context.close()
})

t.test('Deny sends the application access_denied; without a script', async (t) => {
  const context = await screens.context({ javaScriptEnabled: false })
  const page = await context.newPage()
  const app = await openApplication()
  t.teardown(app.close)
  await page.goto((await app.begin()).url)
  await fill(page, { email: owner.email })
  await fill(page, { password: owner.password })
  await at(page, '/consent')
  await page.locator('#deny').click()
  t.equal((await app.cameBack(1)).searchParams.get('error'), 'access_denied')
  await context.close()
})

t.test('a forgotten password is set anew with the link of the mail, which works once', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const person = await signUp(page, 'Ben')
  await page.goto(`${origin}/forgot-password`)
  await fill(page, { email: person.email })
  await page.getByRole('status').waitFor()
  const token = await api.mailToken(person.email, /new password/i)
  await page.goto(`${origin}/reset-password?token=${token}`)
  t.notMatch(page.url(), token, 'the secret has left the address')
  const password = newPassword()
  await fill(page, { password })
  await at(page, '/signin')
  await signIn(page, { email: person.email, password })
  await at(page, '/account')
  await page.goto(`${origin}/reset-password?token=${token}`)
  await fill(page, { password: newPassword() })
  await page.getByText('has expired or was used already').waitFor()
  await context.close()
})

t.test('an authenticator app: set up, asked for, and a recovery code in its place', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const person = await signUp(page, 'Cy')
  await signIn(page, person)
  await at(page, '/account')
  await page.goto(`${origin}/account/authenticator`)
  await page.locator('#begin').click()
  await page.locator('svg.qr').waitFor()
  t.same(await violationsOf(page), [])
  await photograph(page, 'account-authenticator-key')
  const secret = Secret.fromBase32(await page.locator('#key').innerText())
  const code = (steps: number): string => TOTP.generate({ secret, timestamp: Date.now() + steps * 30_000 })
  await fill(page, { code: code(0) }, 'confirm')
  await page.locator('#remove').waitFor()
  await page.goto(`${origin}/account/recovery-codes`)
  await page.locator('#replace').click()
  const needsStep = page.locator('[name="code"]')
  await page.locator('#codes').or(needsStep).first().waitFor()
  if (await needsStep.isVisible()) {
    // A code is taken once, so the next one is given ahead of its time.
    await fill(page, { code: code(1) })
    await at(page, '/account/recovery-codes')
    await page.locator('#replace').click()
    await page.locator('#codes').waitFor()
  }
  const [recovery = ''] = await page.locator('#codes code').allInnerTexts()
  await page.goto(`${origin}/signout`)
  await page.locator('#signout').click()
  await at(page, '/signin')
  await signIn(page, person)
  await at(page, '/signin/code')
  t.same(await violationsOf(page), [])
  await photograph(page, 'signin-code')
  await page.locator('#use-recovery_code').click()
  await at(page, '/signin/recovery-code')
  await fill(page, { code: recovery })
  await at(page, '/account')
  await context.close()
})

t.test('a passkey: added, and a sign-in with it alone', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  await authenticatorOf(context, page)
  const person = await signUp(page, 'Dee')
  await signIn(page, person)
  await at(page, '/account')
  await page.goto(`${origin}/account/passkeys`)
  await page.locator('[name="name"]').fill('My key')
  await page.locator('#passkey').click()
  await page.getByText('My key').first().waitFor()
  await photograph(page, 'account-passkeys-one')
  t.same(await violationsOf(page), [])
  await page.goto(`${origin}/signout`)
  await page.locator('#signout').click()
  // The authenticator answers what the address field offers: nothing has to be typed or pressed.
  await at(page, '/account')
  t.match(await page.locator('#address').innerText(), person.email)
  await context.close()
})

t.test('two browsers of one person: one signs the other out', async (t) => {
  const [first, second] = [await screens.context(), await screens.context({ locale: 'de-DE' })]
  const [one, two] = [await first.newPage(), await second.newPage()]
  const person = await signUp(one, 'Eve')
  await signIn(one, person)
  await at(one, '/account')
  await signIn(two, person)
  await at(two, '/account')
  await one.goto(`${origin}/account/sessions`)
  await one.locator('#end-others').click()
  await one.getByRole('status').waitFor()
  await until(
    'the other browser to be signed out',
    async () => {
      await two.goto(`${origin}/account`)
      return new URL(two.url()).pathname === '/signin'
    },
    30_000,
  )
  await one.goto(`${origin}/account`)
  await at(one, '/account')
  t.pass('and this one is not')
  await Promise.all([first.close(), second.close()])
})

/** An authenticator in the machine that is touched whenever it is asked. */
async function authenticatorOf(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

/** An application of the demo's organization: `openid-client` and an address that browsers come back to. */
async function openApplication() {
  const came: URL[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    if (url.pathname === '/callback') came.push(url)
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Board</title><p>here')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const admin = await signInByApi(api, platform.admin)
  const made = await api.call('POST', '/v1/platform/oauth-clients', {
    token: admin.access,
    body: { name: 'Board', redirect_uris: [redirectUri] },
  })
  if (made.status !== 201) throw new Error(`the application was not registered: ${JSON.stringify(made.body)}`)
  const { id, client_secret: secret } = made.body as { id: string; client_secret: string }
  const config = await openid.discovery(new URL(origin), id, secret, undefined, {
    execute: [openid.allowInsecureRequests],
  })
  return {
    config,
    async begin() {
      const checks = {
        pkceCodeVerifier: openid.randomPKCECodeVerifier(),
        expectedState: openid.randomState(),
        expectedNonce: openid.randomNonce(),
      }
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: checks.expectedState,
        nonce: checks.expectedNonce,
      })
      return { url: url.href, checks }
    },
    /** The address the browser came back to, the `nth` time. */
    cameBack: (nth: number) => until('the browser to come back', async () => came[nth - 1], 60_000),
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}
