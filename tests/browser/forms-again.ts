/** Forms that are sent twice, or long after: one effect, and a page that says where the person is. */
import type { Test } from 'tap'
import { until } from '../platform/client.ts'
import { newAddress, newPassword } from '../platform/people.ts'
import { openApplication } from './application.ts'
import { open, submit } from './people-at-screens.ts'
import { seen, type Stage } from './stage.ts'

const told = '[role="status"]'

export function formsAgain(t: Test, stage: Stage): void {
  const { screens, api, platform, origin, owner, at, isAt, mailToken, signIn, signOut } = stage

  t.test('whoever presses every button twice arrives where everybody does', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    const twice = async (o: Omit<Parameters<typeof submit>[1], 'isHasty'>): Promise<void> => {
      await submit(page, { ...o, isHasty: true })
      t.equal(await page.locator('#errors, #again').count(), 0, `${o.button ?? 'continue'} leads to no error`)
    }
    const sends = (path: string, o: Omit<Parameters<typeof twice>[0], 'until'>) =>
      open(page, origin + path).then(() => twice({ ...o, until: seen(page, told) }))
    const person = { email: newAddress('pam'), password: newPassword() }
    await open(page, `${origin}/signup`)
    await twice({ fields: { name: 'Pam', ...person }, until: isAt(page, '/signin/verify') })
    await open(page, `${origin}/verify-email?token=${await mailToken(person.email, /confirm/i)}`)
    await twice({ until: isAt(page, '/signin') })
    await twice({ fields: { email: person.email }, until: isAt(page, '/signin/password') })
    await twice({ fields: { password: person.password }, until: isAt(page, '/account') })
    await sends('/account', { fields: { name: 'Pamela' }, button: 'save' })
    await sends('/account/organizations', { fields: { name: 'Pam & Co' }, button: 'create' })
    t.equal(await page.locator('[id^="manage-"]').count(), 1, 'one organization')
    await page.locator('[id^="manage-"]').click()
    await at(page, '/organization/members')
    const guest = newAddress('pat')
    await sends('/organization/invitations', { fields: { email: guest }, button: 'invite' })
    t.equal(await page.locator('[id^="revoke-"]').count(), 1, 'one invitation')
    t.equal(await api.mailCount(guest, /invit/i), 1, 'and one mail')
    const revoke = await page.locator('[id^="revoke-"]').getAttribute('id')
    await sends('/organization/invitations', { button: revoke ?? '' })
    await sends('/organization/settings', { button: 'save' })
    await sends('/account/sessions', { button: 'end-others' })
    await sends('/account/data', { button: 'delete' })
    await sends('/account/data', { button: 'keep' })
    const app = await openApplication(api, platform)
    t.teardown(app.close)
    await open(page, (await app.begin()).url)
    await submit(page, { button: 'approve', isHasty: true, until: () => app.came.length > 0 })
    t.ok(app.came[0]?.searchParams.get('code'), 'the application has its code')
    await open(page, `${origin}/signout`)
    await twice({ button: 'signout', until: isAt(page, '/signin') })
    await open(page, `${origin}/forgot-password`)
    await twice({ fields: { email: person.email }, until: seen(page, told) })
    await open(page, `${origin}/reset-password?token=${await mailToken(person.email, /new password/i)}`)
    await twice({ fields: { password: newPassword() }, until: isAt(page, '/signin') })
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
