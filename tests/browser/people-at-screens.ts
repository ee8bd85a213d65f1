/**
 * A person at a browser: contexts of their own, pages that are photographed and examined, and what a page may never do.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { findBrowser } from './find-browser.ts'

/** Kept as artifacts of the run; the folder is not in the repository. */
export const screenshots = join(process.cwd(), '.data', 'screenshots')

/** Patience for a machine that does much else: nothing here is a measurement. */
const patienceMs = 60_000

export type Screens = {
  browser: Browser
  context(options?: BrowserContextOptions): Promise<BrowserContext>
  close(): Promise<void>
}

export async function openScreens(): Promise<Screens> {
  const { program, env } = await findBrowser(process.env)
  mkdirSync(screenshots, { recursive: true })
  const browser = await chromium.launch({
    executablePath: program,
    env: { ...(process.env as Record<string, string>), ...env },
    chromiumSandbox: false,
    timeout: patienceMs,
  })
  return {
    browser,
    async context(options = {}) {
      const context = await browser.newContext({ locale: 'en-US', timezoneId: 'UTC', ...options })
      context.setDefaultTimeout(patienceMs)
      context.setDefaultNavigationTimeout(patienceMs)
      return context
    },
    close: () => browser.close(),
  }
}

/** What is wrong with the page for somebody who does not see it, or cannot use a mouse (WCAG 2.2 AA). */
export async function violationsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** Whether something is cut off or has to be scrolled to the side. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth') as Promise<number>

export const photograph = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })

type Fields = Record<string, string>

/** Opens a page as a person does: what is away for a moment is opened again. */
export async function open(page: Page, url: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const answer = await page.goto(url)
    if (answer === null || answer.status() !== 503 || tries === 20) return
    await page.waitForTimeout(500)
  }
}

const isLater = (page: Page): Promise<boolean> =>
  page
    .locator('html:not([data-sent])')
    .getByText(/This does not work at the moment|Das geht im Moment nicht/)
    .first()
    .isVisible()
    .catch(() => false)

/**
 * Fills fields by name and presses a button by id, as a suite does without knowing the page; once more where the page
 * says that it was only for a moment.
 */
export async function submit(
  page: Page,
  o: { fields?: Fields; button?: string; until: () => Promise<boolean> | boolean },
): Promise<void> {
  const { fields = {}, button = 'continue' } = o
  for (let tries = 1; ; tries++) {
    for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]:visible`).fill(value)
    await page.evaluate('document.documentElement.dataset.sent = ""')
    await page.locator(`#${button}`).click()
    const deadline = performance.now() + patienceMs
    for (;;) {
      await page.waitForLoadState('domcontentloaded')
      // The form was taken, and the page after it is away for a moment.
      if ((await page.locator('#again').isVisible()) && (await isLater(page))) await page.reload()
      else if (await o.until()) return
      else if (tries < 10 && (await isLater(page))) break
      if (performance.now() > deadline) throw new Error(`waited in vain after #${button}, at ${page.url()}`)
      await page.waitForTimeout(100)
    }
  }
}
