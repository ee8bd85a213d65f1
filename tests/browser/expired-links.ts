/** Links that lead nowhere any more, of every kind: the page says so and shows the way on; nothing is changed. */
import type { Test } from 'tap'
import { found, newAddress, signUp as signUpByApi } from '../platform/people.ts'
import { open, photograph, submit, violationsOf } from './people-at-screens.ts'
import { seen, type Stage } from './stage.ts'

const over = 'p:has-text("has expired or was used already")'

export function expiredLinks(
  t: Test,
  { screens, api, origin, at, isAt, fill, mailPart, mailToken, signIn, signUp }: Stage,
): void {
  t.test('a link of every kind that nobody sent, or of long ago', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    const links = [
      { path: '/verify-email', prefix: 'gtvl', fields: {}, button: 'continue' },
      { path: '/reset-password', prefix: 'gtpr', fields: { password: 'a quite new password' }, button: 'continue' },
      { path: '/email/confirm', prefix: 'gtac', fields: {}, button: 'continue' },
      { path: '/email/undo', prefix: 'gtau', fields: {}, button: 'continue' },
      { path: '/invitations/accept', prefix: 'gtin', fields: {}, button: 'decline' },
    ]
    for (const { path, prefix, fields, button } of links) {
      await open(page, `${origin}${path}?token=${prefix}_${'x'.repeat(49)}`)
      await submit(page, { fields, button, until: seen(page, over) })
      t.same(await violationsOf(page), [], path)
      await photograph(page, `expired${path.replaceAll('/', '-')}`)
      await page.locator('#again').click()
      await at(page, path === '/reset-password' ? '/forgot-password' : '/signin')
      await open(page, origin + path)
      t.ok(await page.locator(over).isVisible(), `${path}: without a link there is no form`)
    }
    await context.close()
  })

  t.test('a link that was used: to confirm, to change the address and to take that back, an invitation', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    const isOver = async (path: string, token: string, button = 'continue'): Promise<void> => {
      const link = `${origin}${path}?token=${token}`
      await open(page, link)
      await page.locator('[role="status"]').waitFor()
      t.ok(isAt(page, '/signin', '/account')(), `${path}: this browser is told that it has worked`)
      const elsewhere = await screens.context()
      const other = await elsewhere.newPage()
      await open(other, link)
      await submit(other, { button, until: seen(other, over) })
      t.pass(`${path} works once`)
      await elsewhere.close()
    }
    const person = await signUp(page, 'Max')
    await isOver('/verify-email', await mailToken(person.email, /confirm/i))
    await signIn(page, person)
    const email = newAddress('Maxine')
    await open(page, `${origin}/account/address`)
    const fields = { email, current_password: person.password }
    await submit(page, { fields, button: 'save', until: seen(page, '[role="status"]') })
    const confirmation = await mailToken(email, /confirm/i)
    await open(page, `${origin}/email/confirm?token=${confirmation}`)
    const confirmed = seen(page, '[role="status"]')
    await submit(page, { until: async () => isAt(page, '/account')() && (await confirmed()) })
    await isOver('/email/confirm', confirmation)
    const undo = await mailToken(person.email, /address was changed/i)
    await open(page, `${origin}/email/undo?token=${undo}`)
    // Signed out everywhere, as soon as every service knows.
    await submit(page, { until: isAt(page, '/signin', '/account') })
    await isOver('/email/undo', undo)
    const { owner, org } = await found(api, await signUpByApi(api, 'Ned'), 'Ned & Co')
    const guest = newAddress('Nora')
    const body = { email: guest, roles: ['member'] }
    await api.call('POST', `/v1/organizations/${org}/invitations`, { token: owner.access, body })
    const invitation = await mailToken(guest, /invit/i)
    await open(page, `${origin}/invitations/accept?token=${invitation}`)
    await submit(page, { button: 'decline', until: isAt(page, '/signin') })
    await isOver('/invitations/accept', invitation, 'decline')
    await context.close()
  })

  t.test('a mailed code in place of the password: a wrong one, the right one, and not twice', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    const person = await signUp(page, 'Olli')
    await open(page, `${origin}/signin`)
    await fill(page, { email: person.email }, '/signin/password')
    await submit(page, { button: 'email-code', until: isAt(page, '/signin/email-code') })
    t.same(await violationsOf(page), [])
    await photograph(page, 'signin-email-code')
    await submit(page, { fields: { code: '00000000' }, until: seen(page, '#errors') })
    const tab = await context.newPage()
    await open(tab, `${origin}/signin/email-code`)
    const code = await mailPart(person.email, /code/i, /: (\d{4} \d{4})\b/)
    await fill(page, { code }, '/account')
    await submit(tab, { fields: { code }, until: seen(tab, '#again') })
    t.pass('the other tab’s form is no longer valid')
    await context.close()
  })
}
