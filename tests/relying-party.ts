/**
 * `npm run rp`: Apache with mod_auth_openidc signs a person in by a platform of its own, in a real browser, and out
 * again. Not a part of `npm test`: it takes packages of the distribution, and says so where they cannot be had.
 */
import { nextFreePort } from '@gatehouse/local/servers/ports'
import type { Page } from 'playwright-core'
import { findApache, startApache } from './browser/apache.ts'
import { registerApplication } from './browser/application.ts'
import { photograph, submit } from './browser/people-at-screens.ts'
import { openStage, type Stage } from './browser/stage.ts'
import { until } from './platform/client.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** Below the ports that the system gives to anybody who asks for one. */
const firstPort = 21_080

let tree: string | undefined
try {
  tree = await findApache(process.env)
} catch (err) {
  say(`skipped, Apache with mod_auth_openidc cannot be had: ${(err as Error).message}`)
}
if (tree !== undefined) await run(tree)

async function run(apache: string): Promise<void> {
  const stage = await openStage()
  const port = await nextFreePort(firstPort)
  const at = `http://127.0.0.1:${port}`
  const { platform, api } = stage
  try {
    const { id: clientId, client_secret: clientSecret } = await registerApplication(api, platform, {
      name: 'Apache',
      redirect_uris: [`${at}/private/callback`],
      post_logout_redirect_uris: [`${at}/`],
      backchannel_logout_uri: `${at}/private/callback?logout=backchannel`,
    })
    const server = await startApache(apache, { issuer: platform.issuer, port, clientId, clientSecret })
    try {
      await signInThrough(stage, at)
    } finally {
      await server.stop()
    }
  } finally {
    await stage.close()
  }
}

async function signInThrough(stage: Stage, at: string): Promise<void> {
  const { screens, owner, fill, signOut } = stage
  const context = await screens.context()
  const page = await context.newPage()
  const enter = async (): Promise<void> => {
    await page.goto(`${at}/private/`)
    await fill(page, { email: owner.email }, '/signin/password')
  }
  await enter()
  await fill(page, { password: owner.password }, '/consent')
  await submit(page, { button: 'approve', until: () => page.url() === `${at}/private/` })
  if (!(await isInside(page, at, owner.email))) throw new Error('the person is not the one who signed in')
  await photograph(page, 'relying-party')
  say('signed in: code, PKCE, ID token and userinfo were taken')
  await signOut(page)
  await until('Apache to have been told', async () => !(await isInside(page, at, owner.email)), 60_000)
  say('signed out at the platform: Apache was told by the back channel')
  await page.context().clearCookies()
  await enter()
  await submit(page, { fields: { password: owner.password }, until: () => page.url() === `${at}/private/` })
  const away = encodeURIComponent(`${at}/`)
  await page.goto(`${at}/private/callback?logout=${away}`)
  await until('the browser to be back', () => Promise.resolve(page.url() === `${at}/`), 60_000)
  if (await isInside(page, at, owner.email)) throw new Error('the person is still signed in')
  say('signed out at Apache: RP-initiated logout led back')
}

/** Whether the guarded page is shown, and to this person. */
async function isInside(page: Page, at: string, email: string): Promise<boolean> {
  const answer = await page.context().request.get(`${at}/private/`, { maxRedirects: 0 })
  return answer.status() === 200 && answer.headers()['x-address'] === email
}
