/**
 * Every pattern of every contract is a regular expression with the flag `u`, as requests are validated, and without, as
 * serializers check it.
 */
import { readdirSync } from 'node:fs'
import t from 'tap'

const src = new URL('../src/', import.meta.url)
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** The patterns in a schema, wherever they stand. */
function patternsIn(value: unknown, seen: Set<unknown>): string[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Object.entries(value).flatMap(([name, one]) =>
    name === 'pattern' && typeof one === 'string' ? [one] : patternsIn(one, seen),
  )
}
const isRegExp = (pattern: string, flags: string): boolean => {
  try {
    return new RegExp(pattern, flags) instanceof RegExp
  } catch {
    return false
  }
}

t.test('with the flag u and without it', async (t) => {
  const seen = new Set<unknown>()
  const patterns = new Set<string>()
  for (const file of files)
    for (const pattern of patternsIn({ ...((await import(new URL(file, src).href)) as object) }, seen))
      patterns.add(pattern)
  t.ok(patterns.size > 20, `${patterns.size} patterns in ${files.length} files`)
  t.same(
    [...patterns].filter((pattern) => !isRegExp(pattern, 'u') || !isRegExp(pattern, '')),
    [],
  )
})
