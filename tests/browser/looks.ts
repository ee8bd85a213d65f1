/** Every way a page is looked at, and whether each page of the route table was looked at in each of them. */
import type { CDPSession, Page } from 'playwright-core'
import { pageRoutes } from '@gatehouse/contracts/http/pages'
import type { Test } from 'tap'
import { openPageTable } from './page-table.ts'
import { open, overflowOf, photograph, violationsOf } from './people-at-screens.ts'

type Look = { name: string; scheme?: 'dark'; isNarrow?: boolean; fontSize?: '200%' }

const wide = { width: 1280, height: 720 }
/** WCAG 2.2, 1.4.10. */
const narrow = { width: 320, height: 640 }

/** What the server answers differently, or the browser makes of it at once: each is a load of the page. */
const loads: readonly { language: string; hasScript: boolean; looks: readonly Look[] }[] = [
  { language: 'de', hasScript: true, looks: [{ name: 'german' }] },
  { language: 'en', hasScript: false, looks: [{ name: 'no-script' }] },
  {
    language: 'en',
    hasScript: true,
    looks: [
      { name: 'dark', scheme: 'dark' },
      { name: 'narrow', isNarrow: true },
      // 200 % (WCAG 2.2, 1.4.4) where there is least room for it.
      { name: 'large-text', isNarrow: true, fontSize: '200%' },
      { name: 'light' },
    ],
  },
]

/** What people see: neither what only a script asks for, nor a style. */
const shownPaths = pageRoutes
  .filter(({ path, methods }) => methods.includes('GET') && !path.startsWith('/assets/'))
  .map(({ path }) => path)

/** Each page of the route table in each look, as it is noted once it was looked at. */
export const everyLook: readonly string[] = shownPaths.flatMap((path) =>
  loads.flatMap(({ looks }) => looks.map(({ name }) => `${path} ${name}`)),
)

/** Pages of the route table that were not looked at in some way. */
export const missingLooks = (seen: ReadonlySet<string>): string[] => everyLook.filter((one) => !seen.has(one))

export type Looks = ReturnType<typeof openLooks>

export function openLooks() {
  const table = openPageTable()
  const seen = new Set<string>()
  const browsers = new WeakMap<Page, Promise<CDPSession>>()
  /** One session for each page, which stays: with its end a virtual authenticator of the page would end as well. */
  const devtoolsOf = (page: Page): Promise<CDPSession> => {
    const known = browsers.get(page) ?? page.context().newCDPSession(page)
    browsers.set(page, known)
    return known
  }

  /** Photographs, examines and weighs the page that is shown. */
  const look = async (
    t: Test,
    page: Page,
    { name, path, language }: { name: string; path: string; language: string },
  ) => {
    await photograph(page, `${path.slice(1).replaceAll(/[/#]/g, '-')}-${name}`)
    t.equal(await page.locator('html').getAttribute('lang'), language, path)
    t.ok((await overflowOf(page)) <= 0, `${path} is not wider than the screen, ${name}`)
    const violations = await violationsOf(page)
    t.same(violations, [], `${path}, ${name}`)
    t.same(await table.add(page, { path, look: name, axe: violations.length }), [], `${path} is light`)
    seen.add(`${path} ${name}`)
  }

  return {
    /**
     * Looks at a page in every way, the usual one last. `path`: where the browser has to be then. `reach`: how the page
     * is come to, where opening its address is not enough.
     */
    async every(t: Test, page: Page, path: string, reach = (): Promise<unknown> => open(page, page.url())) {
      const devtools = await devtoolsOf(page)
      const userAgent = (await page.evaluate('navigator.userAgent')) as string
      for (const { language, hasScript, looks } of loads) {
        await devtools.send('Emulation.setUserAgentOverride', { userAgent, acceptLanguage: language })
        await devtools.send('Emulation.setScriptExecutionDisabled', { value: !hasScript })
        await reach()
        t.equal(new URL(page.url()).pathname, path.split('#', 1)[0])
        // The page was loaded without a script; what examines it is one.
        await devtools.send('Emulation.setScriptExecutionDisabled', { value: false })
        for (const { name, scheme = 'light', isNarrow, fontSize = '' } of looks) {
          await page.emulateMedia({ colorScheme: scheme })
          await page.setViewportSize(isNarrow ? narrow : wide)
          await page.evaluate(`document.documentElement.style.fontSize = '${fontSize}'`)
          await look(t, page, { name, path, language })
        }
      }
    },
    missing: (): string[] => missingLooks(seen),
    write: () => table.write(),
  }
}
