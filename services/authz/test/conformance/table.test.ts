/** The table of AuthZEN's requirements names tests that exist: a test that is renamed or removed is missed here. */
import { readFileSync } from 'node:fs'
import t from 'tap'

const tests = new URL('../', import.meta.url)
const table = readFileSync(new URL('../../../../docs/reference/authzen.md', import.meta.url), 'utf8')
const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| Requirement'))

/** What a row names: files, each with the beginnings or parts of the titles of its tests. */
const namedIn = (row: string): { file: string; titles: string[] }[] =>
  (row.split(' | ')[1] ?? '').split(/; (?=`|conformance:)/).map((part) => ({
    file: /^`([^`]+)`/.exec(part)?.[1] ?? 'conformance/authzen.test.ts',
    titles: [...part.matchAll(/\*([^*]+)\*/g)].map(([, title]) => title ?? ''),
  }))

t.test('every row names a test that is there', async (t) => {
  t.ok(rows.length > 20)
  for (const row of rows) {
    for (const { file, titles } of namedIn(row)) {
      const source = readFileSync(new URL(file.startsWith('tests/') ? `../../../${file}` : file, tests), 'utf8')
      const known = [...source.matchAll(/test\((['`])(.*?)\1/g)].map(([, , title]) => title ?? '')
      for (const title of titles)
        t.ok(
          known.some((one) => one.includes(title)),
          `${file} has “${title}”`,
        )
      t.ok(titles.length > 0 || !file.startsWith('conformance'), row)
    }
  }
})
