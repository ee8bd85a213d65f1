/** What each page costs: bytes of the document and of scripts and styles, milliseconds, and what stands in the way. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { screenshots } from './people-at-screens.ts'

type Row = { path: string; look: string; html: number; script: number; style: number; ms: number; axe: number | null }

const most = { html: 30_000, script: 10_000, style: 10_000 } as const

/** Reads from the page that is shown what it has taken to show it. */
async function weigh(page: Page): Promise<Omit<Row, 'path' | 'look' | 'axe'>> {
  const html = Buffer.byteLength(await page.content())
  const asked = `(() => {
    const sizes = { script: 0, link: 0 }
    for (const { initiatorType, decodedBodySize } of performance.getEntriesByType('resource'))
      if (initiatorType in sizes) sizes[initiatorType] += decodedBodySize
    const [{ duration }] = performance.getEntriesByType('navigation')
    return { script: sizes.script, style: sizes.link, ms: Math.round(duration) }
  })()`
  return { html, ...((await page.evaluate(asked)) as { script: number; style: number; ms: number }) }
}

export function openPageTable() {
  const rows: Row[] = []
  return {
    /** @returns what is too heavy */
    async add(page: Page, shown: Pick<Row, 'path' | 'look' | 'axe'>): Promise<string[]> {
      const row = { ...shown, ...(await weigh(page)) }
      rows.push(row)
      return (['html', 'script', 'style'] as const).filter((part) => row[part] > most[part])
    },
    /** The table as a document beside the screenshots, for whoever looks at the run. */
    write(): string[] {
      const lines = [
        '| page | look | html, bytes | script | style | ms | axe |',
        '|---|---|--:|--:|--:|--:|--:|',
        ...rows.map(({ path, look, html, script, style, ms, axe }) =>
          ['', path, look, html, script, style, ms, axe ?? '-', ''].join(' | ').trim(),
        ),
      ]
      writeFileSync(join(screenshots, 'pages.md'), `${lines.join('\n')}\n`)
      return lines
    },
  }
}
