/**
 * What the parts of the browser's test share: one platform on `localhost`, one browser, and what people do again and
 * again.
 */
import { nextFreePort } from '@gatehouse/local/servers/ports'
import type { BrowserContext, Page } from 'playwright-core'
import { createApi, until, type Api } from '../platform/client.ts'
import { newAddress, newPassword } from '../platform/people.ts'
import type { PlatformFile } from '../platform/platform-file.ts'
import { startPlatform } from '../platform/start-platform.ts'
import { open, openScreens, submit, type Screens } from './people-at-screens.ts'

type Account = { email: string; password: string }

export type Stage = {
  platform: PlatformFile
  /** Where the platform says what it is. */
  file: string
  /** The public address of the platform. */
  origin: string
  screens: Screens
  api: Api
  /** Of the demo organization. */
  owner: Account
  close(): Promise<void>
} & ReturnType<typeof habitsAt>

/** Below the ports that the system gives to anybody who asks for one, and another one where somebody was faster. */
const firstPort = 20_080

type Started = Pick<Stage, 'platform' | 'file' | 'origin'> & { stop(): Promise<void> }

export const openStage = async (): Promise<Stage> => stageOn(await startOnLocalhost())

export async function stageOn({ platform, file, origin, stop }: Started): Promise<Stage> {
  const screens = await openScreens()
  const api = createApi(platform)
  const [owner] = platform.demo.users
  if (!owner) throw new Error('the demo has no users')
  const close = async (): Promise<void> => {
    await screens.close()
    await stop()
  }
  return { platform, file, origin, screens, api, owner, close, ...habitsAt(origin, api) }
}

/**
 * Passkeys are bound to a domain, which an address in numbers is not: the platform is `localhost` here, and has to know
 * its port.
 */
export async function startOnLocalhost(): Promise<Started> {
  for (let tries = 1, first = firstPort; ; tries++) {
    const port = await nextFreePort(first)
    const origin = `http://localhost:${port}`
    try {
      const started = await startPlatform({
        PORT: String(port),
        GATEHOUSE_ISSUER: origin,
        PUBLIC_URL: origin,
        IDENTITY_EMAIL_CODES: 'on',
        GATEWAY_RATE_LIMIT_PER_MINUTE: '1000000',
        GATEWAY_CREDENTIALS_LIMIT_PER_MINUTE: '100000',
      })
      return { ...started, origin }
    } catch (err) {
      if (tries === 5 || !/is taken|EADDRINUSE/.test(String(err))) throw err
      first = port + 1
    }
  }
}

const tokenOfLink = /[?&]token=([A-Za-z0-9_-]+)/
const patience = { timeout: 60_000 }

/** A sign on a page that was loaded after the last form was sent. */
export const seen = (page: Page, selector: string) => () =>
  page.locator(`html:not([data-sent]) ${selector}`).first().isVisible()

function habitsAt(origin: string, api: Api) {
  const at = (page: Page, path: string): Promise<void> =>
    page.waitForURL((url) => url.origin === origin && url.pathname === path, patience)
  const isAt =
    (page: Page, ...paths: string[]) =>
    (): boolean =>
      paths.includes(new URL(page.url()).pathname) && page.url().startsWith(origin)
  /** What a form leads to; a page that stays the same has another sign that it was sent. */
  const fill = (page: Page, fields: Record<string, string>, to: string): Promise<void> =>
    submit(page, { fields, until: isAt(page, to) })
  const press = (page: Page, button: string, to: string): Promise<void> =>
    submit(page, { button, until: isAt(page, to) })
  /** The machine may be busy with much else: a mail is waited for as long as it takes. */
  const mailPart = (email: string, subject: RegExp, part: RegExp): Promise<string> =>
    until(`a mail to ${email}`, () => api.mailPart(email, subject, part).catch(() => undefined), 120_000)
  const mailToken = (email: string, subject: RegExp): Promise<string> => mailPart(email, subject, tokenOfLink)
  return {
    at,
    isAt,
    fill,
    press,
    mailPart,
    mailToken,
    async signIn(page: Page, person: Account, to = '/account'): Promise<void> {
      await open(page, `${origin}/signin`)
      await fill(page, { email: person.email }, '/signin/password')
      await fill(page, { password: person.password }, to)
    },
    async signOut(page: Page): Promise<void> {
      await open(page, `${origin}/signout`)
      await press(page, 'signout', '/signin')
    },
    /** A person who has signed up by the pages and opened the link of the mail in the same browser. */
    async signUp(page: Page, name: string): Promise<Account> {
      const person = { email: newAddress(name), password: newPassword() }
      await open(page, `${origin}/signup`)
      await fill(page, { name, ...person }, '/signin/verify')
      await open(page, `${origin}/verify-email?token=${await mailToken(person.email, /confirm/i)}`)
      await press(page, 'continue', '/signin')
      return person
    },
  }
}

/** An authenticator in the machine; `isTouched`: whenever it is asked. */
export async function authenticatorOf(context: BrowserContext, page: Page, isTouched = true) {
  const devtools = await context.newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: isTouched,
    },
  })
  return {
    touch: (enabled: boolean) => devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
  }
}
