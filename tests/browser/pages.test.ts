/**
 * The pages in a real browser, in front of the whole platform: every page in light, dark, 320 px, 200 % text, German
 * and without a script, and the ways people go. One start and one browser serve every part. Screenshots of every page
 * stay in `.data/screenshots`, with a table of what each page weighs (`pages.md`).
 */
import * as openid from 'openid-client'
import type { Page } from 'playwright-core'
import t from 'tap'
import { until } from '../platform/client.ts'
import { newAddress, newPassword, signIn as signInByApi } from '../platform/people.ts'
import { openApplication } from './application.ts'
import { openDemo } from './demo-application.ts'
import { elsewhere } from './elsewhere.ts'
import { expiredLinks } from './expired-links.ts'
import { formsAgain } from './forms-again.ts'
import { openLooks } from './looks.ts'
import { open, photograph, submit, violationsOf } from './people-at-screens.ts'
import { secondBrowser } from './second-browser.ts'
import { secondFactors, setUpApp } from './second-factors.ts'
import { authenticatorOf, openStage, seen } from './stage.ts'
import { twoOrganizations } from './two-organizations.ts'

const stage = await openStage()
t.teardown(stage.close)
const { platform, file, origin, screens, api, owner, at, isAt, fill, press, mailToken, signIn, signOut, signUp } = stage

const linkedPages = ['/reset-password', '/verify-email', '/email/confirm', '/email/undo', '/invitations/accept']
const visitorsPages = ['/signin', '/signin/verify', '/signup', '/forgot-password']
const accountPages = [
  '/account',
  '/account/password',
  '/account/authenticator',
  '/account/recovery-codes',
  '/account/passkeys',
  '/account/sessions',
  '/account/applications',
  '/account/address',
  '/account/organizations',
  '/account/notifications',
  '/account/activity',
  '/account/data',
  '/organization/members',
  '/organization/invitations',
  '/organization/profile',
  '/organization/domains',
  '/organization/settings',
  '/device',
  '/signout',
]

const views = openLooks()

/** What a page may never do, whatever is looked at. */
function watch(page: Page) {
  const [foreign, complaints]: [string[], string[]] = [[], []]
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  page.on('console', (message) => {
    // What was away for a moment was opened again.
    if (message.type() === 'error' && !/status of 503/.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { foreign, complaints }
}

t.test('visitors’ pages, in every look: nothing in anybody’s way (axe), nothing from elsewhere', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const watched = watch(page)
  for (const path of visitorsPages) await views.every(t, page, path, () => open(page, origin + path))
  for (const path of linkedPages)
    await views.every(t, page, path, () => open(page, `${origin}${path}?token=gtpr_${'x'.repeat(49)}`))
  await views.every(t, page, '/signin#errors', async () => {
    await open(page, `${origin}/signin`)
    await submit(page, { until: seen(page, '#errors') })
  })
  const focused = page.locator('#errors:focus')
  t.equal(await focused.count(), 1, 'the summary has the focus')
  await fill(page, { email: newAddress('nobody') }, '/signin/password')
  await views.every(t, page, '/signin/password')
  await press(page, 'email-code', '/signin/email-code')
  await views.every(t, page, '/signin/email-code')
  t.same(watched, { foreign: [], complaints: [] })
  await context.close()
})

t.test('the pages of an account, in every look: as the visitors’', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const watched = watch(page)
  await signIn(page, owner)
  for (const path of accountPages) await views.every(t, page, path, () => open(page, origin + path))
  t.same(watched, { foreign: [], complaints: [] }, 'the browser has nothing to complain about')
  await context.close()
})

t.test('from sign-up to an application’s code by OpenID Connect, and signed out everywhere', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const person = await signUp(page, 'Ada')
  const app = await openApplication(api, platform)
  t.teardown(app.close)
  const begun = await app.begin()
  await open(page, begun.url)
  await at(page, '/signin')
  await page.getByText('Board', { exact: true }).waitFor()
  await photograph(page, 'signin-for-an-application')
  await fill(page, { email: person.email }, '/signin/password')
  await fill(page, { password: person.password }, '/consent')
  await views.every(t, page, '/consent')
  await submit(page, { button: 'approve', until: () => app.came.length > 0 })
  const back = app.came[0] as URL
  const tokens = await openid.authorizationCodeGrant(app.config, back, begun.checks)
  t.equal(tokens.claims()?.['iss'], origin)
  const { sub = '' } = tokens.claims() ?? {}
  t.match(await openid.fetchUserInfo(app.config, tokens.access_token, sub), { email: person.email })
  await t.test('a second time nothing is asked', async (t) => {
    const again = await app.begin()
    await open(page, again.url)
    const cameBack = await until('the browser to come back', async () => app.came[1], 60_000)
    t.ok((await openid.authorizationCodeGrant(app.config, cameBack, again.checks)).access_token)
  })
  await signOut(page)
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
  await open(page, `${origin}/account`)
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
  const app = await openApplication(api, platform)
  t.teardown(app.close)
  await open(page, (await app.begin()).url)
  await fill(page, { email: owner.email }, '/signin/password')
  await fill(page, { password: owner.password }, '/consent')
  await submit(page, { button: 'deny', until: () => app.came.length > 0 })
  t.equal(app.came[0]?.searchParams.get('error'), 'access_denied')
  await context.close()
})

t.test('a forgotten password is set anew with the link of the mail, which works once', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const person = await signUp(page, 'Ben')
  await open(page, `${origin}/forgot-password`)
  await submit(page, { fields: { email: person.email }, until: seen(page, '[role="status"]') })
  const token = await mailToken(person.email, /new password/i)
  await open(page, `${origin}/reset-password?token=${token}`)
  t.notMatch(page.url(), token, 'the secret has left the address')
  const password = newPassword()
  await fill(page, { password }, '/signin')
  await signIn(page, { email: person.email, password })
  await open(page, `${origin}/reset-password?token=${token}`)
  await page.getByText('Your password is set.').waitFor()
  const elsewhere = await screens.context()
  const other = await elsewhere.newPage()
  await open(other, `${origin}/reset-password?token=${token}`)
  const over = seen(other, 'p:has-text("has expired or was used already")')
  await submit(other, { fields: { password: newPassword() }, until: over })
  await Promise.all([context.close(), elsewhere.close()])
})

t.test('an authenticator app: set up, asked for, and a recovery code in its place', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  const person = await signUp(page, 'Cy')
  await signIn(page, person)
  const code = await setUpApp(stage, page, async () => {
    t.same(await violationsOf(page), [])
    await photograph(page, 'account-authenticator-key')
  })
  await open(page, `${origin}/account/recovery-codes`)
  const made = seen(page, '#codes')
  const asked = seen(page, '[name="code"]')
  await submit(page, { button: 'replace', until: async () => (await made()) || (await asked()) })
  if (await asked()) {
    // A code is taken once, so the next one is given ahead of its time.
    await fill(page, { code: code(1) }, '/account/recovery-codes')
    await submit(page, { button: 'replace', until: made })
  }
  const [recovery = ''] = await page.locator('#codes code').allInnerTexts()
  await signOut(page)
  await signIn(page, person, '/signin/code')
  await views.every(t, page, '/signin/code')
  await page.locator('#use-recovery_code').click()
  await at(page, '/signin/recovery-code')
  await views.every(t, page, '/signin/recovery-code')
  await fill(page, { code: recovery }, '/account')
  await context.close()
})

t.test('a passkey: added, and a sign-in with it alone', async (t) => {
  const context = await screens.context()
  const page = await context.newPage()
  await authenticatorOf(context, page)
  const person = await signUp(page, 'Dee')
  await signIn(page, person)
  await open(page, `${origin}/account/passkeys`)
  await page.locator('[name="name"]').fill('My key')
  await page.locator('#passkey').click()
  await page.getByText('My key').first().waitFor()
  await photograph(page, 'account-passkeys-one')
  t.same(await violationsOf(page), [])
  await open(page, `${origin}/signout`)
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
  await signIn(two, person)
  await open(one, `${origin}/account/sessions`)
  await submit(one, { button: 'end-others', until: seen(one, '[role="status"]') })
  await until(
    'the other browser to be signed out',
    async () => {
      await open(two, `${origin}/account`)
      return new URL(two.url()).pathname === '/signin'
    },
    30_000,
  )
  await open(one, `${origin}/account`)
  await at(one, '/account')
  t.pass('and this one is not')
  await Promise.all([first.close(), second.close()])
})

t.test('an owner invites by the pages, gives roles and removes; two people in two browsers', async (t) => {
  const [one, two] = [await screens.context(), await screens.context({ locale: 'de-DE' })]
  const [page, other] = [await one.newPage(), await two.newPage()]
  await signIn(page, await signUp(page, 'Fay'))
  await open(page, `${origin}/account/organizations`)
  await submit(page, { fields: { name: 'Fay & Co' }, button: 'create', until: seen(page, '[id^="manage-"]') })
  await page.locator('[id^="manage-"]').click()
  await at(page, '/organization/members')
  await page.getByRole('link', { name: 'Invitations' }).click()
  await at(page, '/organization/invitations')
  const gil = { email: newAddress('Gil'), password: newPassword() }
  await submit(page, { fields: { email: gil.email }, button: 'invite', until: seen(page, '[id^="revoke-"]') })
  t.same(await violationsOf(page), [])
  await photograph(page, 'organization-invitations-one')
  await open(other, `${origin}/invitations/accept?token=${await mailToken(gil.email, /invit/i)}`)
  t.same(await violationsOf(other), [])
  await photograph(other, 'invitation')
  const accepted = isAt(other, '/signin')
  await submit(other, { fields: { name: 'Gil', password: gil.password }, button: 'accept', until: accepted })
  await signIn(other, gil)
  await open(page, `${origin}/organization/members`)
  await page.getByRole('link', { name: 'Roles Gil' }).click()
  await at(page, '/organization/member')
  await page.locator('[name="role.admin"]').check()
  await submit(page, { button: 'save', until: seen(page, '[role="status"]') })
  t.ok(await page.locator('[name="role.admin"]').isChecked())
  await views.every(t, page, '/organization/member')
  await open(page, `${origin}/organization/members`)
  const remove = page.getByRole('button', { name: 'Remove Gil' })
  await remove.click()
  await page.locator('[role="status"]').waitFor()
  t.equal(await remove.count(), 0)
  await open(other, `${origin}/organization/members`)
  t.equal(await other.locator('#members').count(), 0, 'who was removed sees nothing')
  await Promise.all([one.close(), two.close()])
})

t.test('a device is signed in by the code it shows; without a script', async (t) => {
  const grants = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']
  const app = await openApplication(api, platform, { name: 'TV', grant_types: grants })
  t.teardown(app.close)
  const asked = await openid.initiateDeviceAuthorization(app.config, { scope: 'openid profile' })
  const context = await screens.context({ javaScriptEnabled: false })
  const page = await context.newPage()
  await open(page, asked.verification_uri_complete ?? '')
  await fill(page, { email: owner.email }, '/signin/password')
  await fill(page, { password: owner.password }, '/device')
  t.equal(await page.locator('[name="user_code"]').inputValue(), asked.user_code, 'the code is filled in')
  await page.locator('#continue').click()
  t.equal(await page.locator('#user-code').innerText(), asked.user_code)
  await photograph(page, 'device-asks')
  await page.locator('#approve').click()
  await page.locator('[role="status"]').waitFor()
  t.ok((await openid.pollDeviceAuthorizationGrant(app.config, asked)).access_token)
  await context.close()
})

t.test(
  'the demo application: sign-in, another organization, a permission, signed out in both directions',
  async (t) => {
    const demo = await openDemo(platform, file)
    t.teardown(demo.close)
    const context = await screens.context()
    const page = await context.newPage()
    const shows = (id: string) => page.locator(`#${id}`).innerText()
    await open(page, demo.url)
    await page.locator('#signin').click()
    await fill(page, { email: owner.email }, '/signin/password')
    await fill(page, { password: owner.password }, '/consent')
    await submit(page, { button: 'approve', until: demo.isShownOn(page) })
    t.equal(await shows('organization'), platform.demo.organization_id)
    t.equal(await shows('decision'), 'yes')
    await photograph(page, 'demo-application')
    const { access } = await signInByApi(api, { ...owner, organization: platform.demo.organization_id })
    const made = await api.call('POST', '/v1/organizations', { token: access, body: { name: 'Olivia’s second' } })
    await until(
      'the second organization to be one to choose',
      async () => {
        await open(page, `${demo.url}/login?switch=1`)
        return new URL(page.url()).pathname === '/consent'
      },
      60_000,
    )
    await photograph(page, 'choose-organization')
    t.same(await violationsOf(page), [])
    await page.getByLabel('Olivia’s second').check()
    await submit(page, { button: 'approve', until: demo.isShownOn(page) })
    t.equal(await shows('organization'), made.body['id'])
    t.match(await shows('decision'), /unknown/)
    await page.locator('#signout').click()
    await page.locator('#signin').waitFor()
    await open(page, `${origin}/account`)
    await at(page, '/signin')
    t.pass('signed out of the application is signed out here')
    await signIn(page, owner)
    await open(page, `${demo.url}/login?organization=${platform.demo.organization_id}`)
    await page.locator('#name').waitFor()
    await signOut(page)
    await until(
      'the application to have been told',
      async () => {
        await open(page, demo.url)
        return page.locator('#signin').isVisible()
      },
      60_000,
    )
    await context.close()
  },
)

secondFactors(t, stage, views)
twoOrganizations(t, stage)
expiredLinks(t, stage)
formsAgain(t, stage)
elsewhere(t, stage)
secondBrowser(t, stage)

t.test('every page of the route table was looked at in every way; the table stays beside the screenshots', (t) => {
  for (const line of views.write()) t.comment(line)
  t.same(views.missing(), [])
  t.end()
})
