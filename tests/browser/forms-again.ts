/** Forms that are sent twice, or long after: one effect, and a page that says where the person is. */
import type { Test } from 'tap'
import { until } from '../platform/client.ts'
import { newAddress, newPassword } from '../platform/people.ts'
import { open, submit } from './people-at-screens.ts'
import { seen, type Stage } from './stage.ts'

/** What the browser would send for a button, read in the page. */
const formOf = (button: string): string => `(() => {
  const button = document.querySelector('#${button}')
  const action = new URL(button.form.getAttribute('action'), location.href).href
  return { action, fields: [...new FormData(button.form, button).entries()] }
})()`

export function formsAgain(t: Test, stage: Stage): void {
  const { screens, api, origin, owner, at, isAt, mailToken, signIn, signOut } = stage

  t.test('a form that is sent twice at once has one effect, and nothing breaks', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    /** Sends the form of a button twice, side by side, with what the browser would send. */
    const twice = async (path: string, button: string, fields: Record<string, string> = {}): Promise<void> => {
      await until(
        `the form of #${button}`,
        async () => {
          await open(page, origin + path)
          return (await page.locator(`#${button}`).count()) > 0
        },
        60_000,
      )
      for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]:visible`).fill(value)
      const form = (await page.evaluate(formOf(button))) as { action: string; fields: [string, string][] }
      const data = new URLSearchParams(form.fields).toString()
      const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' }
      const send = () => context.request.post(form.action, { data, headers, maxRedirects: 0 })
      const statuses = (await Promise.all([send(), send()])).map((answer) => answer.status())
      t.ok(statuses.includes(303), `${form.action} ${button}: ${statuses.join(', ')}`)
      t.notOk(
        statuses.some((status) => status >= 500),
        `${button} breaks nothing`,
      )
    }
    const person = { email: newAddress('pam'), password: newPassword() }
    await twice('/signup', 'continue', { name: 'Pam', ...person })
    await twice(`/verify-email?token=${await mailToken(person.email, /confirm/i)}`, 'continue')
    // Where two processes were asked, the browser keeps one of two registrations; the other's link asks for a password.
    await open(page, `${origin}/verify-email`)
    if (await page.locator('[name="password"]').isVisible())
      await submit(page, {
        fields: { password: person.password },
        button: 'continue',
        until: () => !isAt(page, '/verify-email')(),
      })
    await twice('/signin', 'continue', { email: person.email })
    await twice('/signin/password', 'continue', { password: person.password })
    await twice('/account', 'save', { name: 'Pamela' })
    await open(page, `${origin}/account`)
    t.equal(await page.locator('[name="name"]').inputValue(), 'Pamela')
    await twice('/account/organizations', 'create', { name: 'Pam & Co' })
    await open(page, `${origin}/account/organizations`)
    const manage = page.locator('[id^="manage-"]')
    t.equal(await manage.count(), 1, 'one organization')
    const { search } = new URL((await manage.getAttribute('href')) ?? '', origin)
    const guest = newAddress('pat')
    await twice(`/organization/invitations${search}`, 'invite', { email: guest })
    await mailToken(guest, /invit/i)
    await open(page, `${origin}/organization/invitations${search}`)
    const revoke = page.locator('[id^="revoke-"]')
    t.equal(await revoke.count(), 1, 'one invitation')
    t.equal(await api.mailCount(guest, /invit/i), 1, 'and one mail')
    await twice(`/organization/invitations${search}`, (await revoke.getAttribute('id')) ?? '')
    await twice(`/organization/settings${search}`, 'save')
    await twice('/account/sessions', 'end-others')
    await twice('/signout', 'signout')
    await open(page, `${origin}/account`)
    await at(page, '/signin')
    await twice('/forgot-password', 'continue', { email: person.email })
    const reset = await mailToken(person.email, /new password/i)
    await twice(`/reset-password?token=${reset}`, 'continue', { password: newPassword() })
    await context.close()
  })

  t.test(
    'a form that was open before the sign-out changes nothing, from another tab and by the back button',
    async (t) => {
      const context = await screens.context()
      const [page, other] = [await context.newPage(), await context.newPage()]
      await signIn(page, owner)
      const name = await page.locator('[name="name"]').inputValue()
      const isOver = seen(page, '#again')
      const stale = async (): Promise<void> => {
        await submit(page, { fields: { name: 'Somebody' }, button: 'save', until: isOver })
        t.match(await page.locator('h1').innerText(), 'no longer valid')
      }
      await signOut(other)
      await stale()
      await page.locator('#again').click()
      await at(page, '/signin')
      await signIn(page, owner)
      await open(page, `${origin}/account`)
      await signOut(page)
      await page.goBack()
      await page.goBack()
      await until('the page before', async () => isAt(page, '/signin', '/account')())
      if ((await page.locator('#save').count()) > 0) await stale()
      await signIn(page, owner)
      t.equal(await page.locator('[name="name"]').inputValue(), name, 'the name is as it was')
      await context.close()
    },
  )
}
