/** One browser session, two organizations: each tab acts for its own, and so does each application's code. */
import * as openid from 'openid-client'
import type { Test } from 'tap'
import { found, newAddress, refreshed, signUp as signUpByApi } from '../platform/people.ts'
import { openApplication } from './application.ts'
import { open, submit } from './people-at-screens.ts'
import { seen, type Stage } from './stage.ts'

export function twoOrganizations(t: Test, { screens, api, platform, origin, at, signIn }: Stage): void {
  t.test('two tabs, two organizations: neither takes the other’s place', async (t) => {
    const context = await screens.context()
    const person = await signUpByApi(api, 'Lou')
    const first = await found(api, person, 'Lou One')
    const second = await found(api, await refreshed(api, first.owner, null), 'Lou Two')
    const orgs = [first.org, second.org]
    const tabs = await Promise.all(orgs.map(() => context.newPage()))
    const [one, two] = tabs
    if (one === undefined || two === undefined) throw new Error('there are two tabs')
    await signIn(one, person)

    await t.test('an application’s codes, asked for side by side and given in the other order', async (t) => {
      const app = await openApplication(api, platform)
      t.teardown(app.close)
      const begun = await Promise.all(orgs.map((org) => app.begin({ organization_id: org })))
      for (const [n, tab] of tabs.entries()) {
        await open(tab, begun[n]?.url ?? '')
        await at(tab, '/consent')
      }
      for (const [n, tab] of [...tabs.entries()].reverse()) {
        const checks = begun[n]?.checks
        const came = (): URL | undefined =>
          app.came.find((url) => url.searchParams.get('state') === checks?.expectedState)
        await submit(tab, { button: 'approve', until: () => came() !== undefined })
        const tokens = await openid.authorizationCodeGrant(app.config, came() as URL, checks)
        t.equal(tokens.claims()?.['org_id'], orgs[n])
      }
    })

    await t.test('a form that was open in one tab acts for its own organization', async (t) => {
      const invited = [newAddress('one'), newAddress('two')]
      for (const [n, tab] of tabs.entries())
        await open(tab, `${origin}/organization/invitations?organization=${orgs[n]}`)
      for (const [n, tab] of tabs.entries()) {
        const fields = { email: invited[n] ?? '' }
        await submit(tab, { fields, button: 'invite', until: seen(tab, '[id^="revoke-"]') })
      }
      for (const [n, tab] of tabs.entries()) {
        const listed = await tab.locator('#invitations strong').allInnerTexts()
        t.same(listed, [invited[n]])
      }
    })
    await context.close()
  })
}
