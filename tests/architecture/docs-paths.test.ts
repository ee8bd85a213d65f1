/**
 * What the documents name is there: every path of this repository in a Markdown file, every file a link leads to, and
 * every test that is named by its title.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'

const documents = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(file))

/** Paths as prose names them; a placeholder (`<service>`, `*`, `…`) ends what can be looked up. */
const named = /(?<![\w./-])(?:services|libs|infra|tests|bench|docs|examples)\/[\w./-]*[\w/]/g
const linked = /\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g

/** Folders that only a run makes. */
const made = /^(infra\/(compose|k8s)\/secrets|infra\/compose\/(\.env|compose\.override\.yaml)$|bench\/results)/

const isThere = (path: string, text: string, end: number): boolean => {
  if (made.test(path) || existsSync(path) || existsSync(`${path}.ts`)) return true
  const isOpen = /[<*{…]/.test(text.charAt(end)) || path.endsWith('/')
  return isOpen && existsSync(dirname(path))
}

export const missingPaths = (text: string): string[] =>
  [...text.matchAll(named)].flatMap(({ 0: path, index }) => (isThere(path, text, index + path.length) ? [] : [path]))

/** A test file and the titles of tests in it, as in `path`: “one”, “another”. */
const shownBy = /`([\w./-]+\.test\.ts)`: (“[^”]+”(?:, “[^”]+”)*)/g

/** Titles a text names that no string in their file begins with. */
export const missingTitles = (text: string, read: (file: string) => string): string[] =>
  [...text.matchAll(shownBy)].flatMap(([, file = '', titles = '']) => {
    const code = read(file).replaceAll("\\'", "'")
    const named = [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title)
    return named.filter((title) => !["'", '"', '`'].some((quote) => code.includes(quote + title)))
  })

t.test('every test a document names by its title is in its file', async (t) => {
  const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  for (const file of documents) t.same(missingTitles(readFileSync(file, 'utf8'), read), [], file)
  const findings = readFileSync('docs/security/findings.md', 'utf8')
  t.ok([...findings.matchAll(shownBy)].length > 80, 'the form in which tests are named is read')
  const planted = '`a.test.ts`: “it is so”, “it is not there”'
  t.same(
    missingTitles(planted, () => `test('it is so in every case'`),
    ['it is not there'],
  )
})

t.test('every path a document names exists', async (t) => {
  for (const file of documents) t.same(missingPaths(readFileSync(file, 'utf8')), [], file)
})

t.test('every link of a document leads to a file', async (t) => {
  for (const file of documents) {
    const dead = [...readFileSync(file, 'utf8').matchAll(linked)]
      .map(([, target = '']) => normalize(join(dirname(file), target)))
      .filter((path) => !existsSync(path))
    t.same(dead, [], file)
  }
})

t.test('a path that is gone is seen', async (t) => {
  t.same(missingPaths('see `services/orgs/src/nowhere.ts` and libs/spine/src'), ['services/orgs/src/nowhere.ts'])
})
