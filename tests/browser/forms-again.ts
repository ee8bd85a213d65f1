/** Forms that are sent long after: no effect, and a page that says where the person is. */
import type { Test } from 'tap'
import { until } from '../platform/client.ts'
import { open, submit } from './people-at-screens.ts'
import { seen, type Stage } from './stage.ts'

export function formsAgain(t: Test, stage: Stage): void {
  const { screens, origin, owner, at, isAt, signIn, signOut } = stage

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
