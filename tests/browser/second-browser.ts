/** What depends on the browser, in one that is no Chromium: cookies, the policy at the end of a form, languages. */
import * as openid from 'openid-client'
import type { Test } from 'tap'
import { until } from '../platform/client.ts'
import { openApplication } from './application.ts'
import { openFirefox } from './firefox.ts'
import type { Stage } from './stage.ts'

export function secondBrowser(t: Test, { api, platform, origin, owner }: Stage): void {
  t.test('Firefox, in German: to an application’s code, the account, and signed out', async (t) => {
    const [firefox, app] = [await openFirefox('de-DE, de'), await openApplication(api, platform)]
    t.teardown(firefox.close)
    t.teardown(app.close)
    const isAt = (path: string) => (url: URL) => url.origin === origin && url.pathname === path
    const begun = await app.begin()
    await firefox.open(begun.url)
    t.equal((await firefox.address()).pathname, '/signin')
    t.equal(await firefox.text('h1'), 'Anmelden')
    await firefox.submit({ email: owner.email }, 'continue', isAt('/signin/password'))
    await firefox.submit({ password: owner.password }, 'continue', isAt('/consent'))
    await firefox.photograph('consent-firefox')
    await firefox.submit({}, 'approve', ({ pathname }) => pathname === '/callback')
    const came = await until('the application to be told', () => Promise.resolve(app.came[0]), 30_000)
    const tokens = await openid.authorizationCodeGrant(app.config, came, begun.checks)
    t.ok(tokens.access_token, 'the policy lets the form end at the application')
    await firefox.open(`${origin}/account`)
    t.equal(await firefox.text('#address'), owner.email)
    await firefox.photograph('account-firefox')
    await firefox.open(`${origin}/signout`)
    await firefox.submit({}, 'signout', isAt('/signin'))
    await firefox.open(`${origin}/account`)
    t.equal((await firefox.address()).pathname, '/signin')
  })
}
