/**
 * Another site and our pages, in a real browser: it frames none of them, none of its forms reaches anybody, no link of
 * ours leads to it, and a browser it has prepared is another one once somebody has signed in.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext } from 'playwright-core'
import type { Test } from 'tap'
import { openApplication } from './application.ts'
import { open } from './people-at-screens.ts'
import type { Stage } from './stage.ts'

const framed = ['/signin', '/consent', '/account', '/device', '/organization/members', '/signout']
/** What a stranger would have a person send. */
const wanted: { path: string; fields: Record<string, string> }[] = [
  { path: '/consent', fields: { decision: 'approved' } },
  { path: '/account', fields: { name: 'Mallory' } },
  { path: '/account/address', fields: { email: 'mallory@example.test' } },
  { path: '/device', fields: { decision: 'approved' } },
  {
    path: '/organization/invitations',
    fields: { action: 'invite', email: 'mallory@example.test', 'role.owner': 'on' },
  },
  { path: '/signout', fields: {} },
]

/** A site on an address of its own, which is another site than `localhost`. */
async function openSite(origin: string) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://site')
    const to = origin + (url.searchParams.get('to') ?? '/')
    const fields = JSON.parse(url.searchParams.get('fields') ?? '{}') as Record<string, string>
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
    const frame = `<iframe src="${to}"></iframe>`
    const form = `<form method="post" action="${to}">${inputs.join('')}<button id="go">Go</button></form>`
    const body = url.pathname === '/frame' ? frame : form
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>Site</title>${body}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}

const cookieOf = async (context: BrowserContext, name: string): Promise<string | undefined> =>
  (await context.cookies()).find((cookie) => cookie.name === name)?.value

export function elsewhere(t: Test, { screens, api, platform, origin, owner, at, fill, signIn }: Stage): void {
  t.test('another site frames no page and sends no form', async (t) => {
    const context = await screens.context()
    const page = await context.newPage()
    const [site, app] = [await openSite(origin), await openApplication(api, platform)]
    t.teardown(site.close)
    t.teardown(app.close)
    await signIn(page, owner)
    await open(page, (await app.begin()).url)
    await at(page, '/consent')
    const request = new URL(page.url()).search
    const addressed = (path: string): string => encodeURIComponent(path === '/consent' ? path + request : path)
    for (const path of framed) {
      await open(page, `${site.url}/frame?to=${addressed(path)}`)
      const [, frame] = page.frames()
      t.equal(await frame?.locator('h1, form').count(), 0, `${path} is in no frame`)
    }
    for (const { path, fields } of wanted) {
      await open(page, `${site.url}/form?to=${addressed(path)}&fields=${encodeURIComponent(JSON.stringify(fields))}`)
      const [answer] = await Promise.all([
        page.waitForResponse((one) => one.request().method() === 'POST'),
        page.locator('#go').click(),
      ])
      t.equal(answer.status(), 403, path)
    }
    t.same(app.came, [], 'the application heard nothing')
    await open(page, `${origin}/account`)
    t.not(await page.locator('[name="name"]').inputValue(), 'Mallory')
    await context.close()
  })

  t.test(
    'a browser that somebody has prepared is another one after the sign-in; no link leads elsewhere',
    async (t) => {
      const [mine, theirs] = [await screens.context(), await screens.context()]
      const [page, other] = [await mine.newPage(), await theirs.newPage()]
      await open(other, `${origin}/signin`)
      const planted = await cookieOf(theirs, 'gatehouse_browser')
      await mine.addCookies([
        { name: 'gatehouse_browser', value: planted ?? '', url: origin },
        { name: 'gatehouse_session', value: `gtbs_${'c'.repeat(49)}`, url: origin },
      ])
      const away = encodeURIComponent('//127.0.0.1:1/')
      await open(page, `${origin}/signin?next=${away}&redirect_uri=${away}`)
      await fill(page, { email: owner.email }, '/signin/password')
      await fill(page, { password: owner.password }, '/account')
      t.not(await cookieOf(mine, 'gatehouse_browser'), planted, 'the name of the browser is new')
      t.notMatch(await cookieOf(mine, 'gatehouse_session'), /^gtbs_c+$/, 'and so is its session')
      await open(other, `${origin}/account`)
      await at(other, '/signin')
      t.pass('whoever planted it is nobody')
      await Promise.all([mine.close(), theirs.close()])
    },
  )
}
