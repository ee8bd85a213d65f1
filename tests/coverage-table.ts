/** Coverage by package, from what c8 counts by file. */
import { relative } from 'node:path'

type Counted = { readonly total: number; readonly covered: number }
type OfFile = { readonly lines: Counted; readonly branches: Counted }
/** `coverage-summary.json`: files by absolute path, and `total`. */
export type CoverageSummary = Readonly<Record<string, OfFile>>

/** A line for each package that a file was counted of, and one for all. */
export function coverageTable(summary: CoverageSummary, root: string): string[] {
  const packages = new Map<string, OfFile[]>()
  for (const [path, file] of Object.entries(summary)) {
    if (path === 'total') continue
    const [group = '', name = ''] = relative(root, path).split('/')
    const key = `${group}/${name}`
    packages.set(key, [...(packages.get(key) ?? []), file])
  }
  const rows = [...packages].sort(([one], [other]) => (one < other ? -1 : 1))
  return [...rows, ['all', rows.flatMap(([, files]) => files)] as const].map(
    ([name, files]) =>
      `${name.padEnd(22)} ${percent(files, 'lines')} of lines ${percent(files, 'branches')} of branches  ` +
      `(${files.length} files)`,
  )
}

function percent(files: readonly OfFile[], kind: keyof OfFile): string {
  const sum = (of: keyof Counted): number => files.reduce((all, file) => all + file[kind][of], 0)
  const share = sum('total') === 0 ? 100 : (100 * sum('covered')) / sum('total')
  return `${share.toFixed(1).padStart(5)} %`
}
