/** A second factor in a real browser: a passkey in its place, and an app that is set up within the sign-in. */
import { Secret, TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { found, join, signUp as signUpByApi } from '../platform/people.ts'
import type { Looks } from './looks.ts'
import { open, submit } from './people-at-screens.ts'
import { authenticatorOf, seen, type Stage } from './stage.ts'

/** The app that shows the codes of a key; `steps` of 30 seconds ahead of its time, for a code is taken once. */
async function appOf(page: Page): Promise<(steps: number) => string> {
  const secret = Secret.fromBase32(await page.locator('#key').innerText())
  return (steps) => TOTP.generate({ secret, timestamp: Date.now() + steps * 30_000 })
}

/** Sets an app up in the account that is signed in; `look`: at the page with its key. */
export async function setUpApp(
  { origin }: Stage,
  page: Page,
  look = (): Promise<unknown> => Promise.resolve(),
): Promise<(steps: number) => string> {
  await open(page, `${origin}/account/authenticator`)
  await submit(page, { button: 'begin', until: seen(page, 'svg.qr') })
  await look()
  const code = await appOf(page)
  await submit(page, { fields: { code: code(0) }, button: 'confirm', until: seen(page, '#remove') })
  return code
}

export function secondFactors(t: Test, stage: Stage, looks: Looks): void {
  const { screens, api, origin, at, isAt, fill, signIn, signUp, signOut } = stage

  t.test('a passkey as second factor: a password alone opens nothing', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    const authenticator = await authenticatorOf(context, page)
    const person = await signUp(page, 'Kim')
    await authenticator.touch(false)
    await signIn(page, person)
    await open(page, `${origin}/account/passkeys`)
    await page.locator('[name="name"]').fill('My key')
    await authenticator.touch(true)
    await page.locator('#passkey').click()
    await page.getByText('My key').first().waitFor()
    // Untouched, it does not answer what the address field offers.
    await authenticator.touch(false)
    await signOut(page)
    await signIn(page, person, '/signin/passkey')
    await looks.every(t, page, '/signin/passkey')
    await open(page, `${origin}/account`)
    await at(page, '/signin')
    t.pass('the account is closed until then')
    await signIn(page, person, '/signin/passkey')
    await authenticator.touch(true)
    await page.locator('#passkey').click()
    await at(page, '/account')
    t.match(await page.locator('#address').innerText(), person.email)
    await context.close()
  })

  t.test('an organization comes to require a second factor: its member sets one up within the sign-in', async (t) => {
    const [one, two] = [await screens.context(), await screens.context()]
    const [page, other] = [await one.newPage(), await two.newPage()]
    const { owner, org } = await found(api, await signUpByApi(api, 'Ivy'), 'Ivy & Co')
    const member = await join(api, { owner, org, person: await signUpByApi(api, 'Jo'), roles: ['member'] })
    await signIn(page, owner)
    const code = await setUpApp(stage, page)
    const settings = `/organization/settings?organization=${org}`
    const require = async (until: () => boolean | Promise<boolean>): Promise<void> => {
      await page.locator('#mfa-required').check()
      await submit(page, { button: 'save', until })
    }
    const saved = seen(page, '[role="status"]')
    await open(page, origin + settings)
    await require(async () => isAt(page, '/signin/code')() || (await saved()))
    if (isAt(page, '/signin/code')()) {
      await fill(page, { code: code(1) }, '/organization/settings')
      await require(saved)
    }
    await signIn(other, member, '/signin/enroll')
    await looks.every(t, other, '/signin/enroll')
    const membersApp = await appOf(other)
    const isRefused = seen(other, '#errors')
    await submit(other, { fields: { code: '000000' }, until: isRefused })
    await fill(other, { code: membersApp(0) }, '/account')
    await signOut(other)
    await signIn(other, member, '/signin/code')
    await fill(other, { code: membersApp(1) }, '/account')
    t.pass('and is asked for it from then on')
    await Promise.all([one.close(), two.close()])
  })
}
