/** Which answers of which routes were seen by which test files, beside what the contracts declare. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RouteContract } from '@gatehouse/contracts/http/contract'
import { publicRoutes } from '@gatehouse/contracts/http/routes'
import { problems } from '@gatehouse/contracts/problems/registry'

/** What one test process saw: `METHOD /path status code`. */
export type Seen = { readonly file: string; readonly seen: readonly string[] }

type Row = { readonly route: RouteContract; readonly answer: string; readonly files: readonly string[] }

/** An answer that a route promises, by the words of `Seen` without the route. */
const declaredBy = (route: RouteContract): string[] => [
  String(route.success.status),
  ...(route.problems ?? []).map((code) => `${problems[code].status} ${code}`),
]

/** A row for each declared answer of each route. What the gateway passes on was answered by no service. */
export function tabulate(routes: readonly RouteContract[], reports: readonly Seen[]): Row[] {
  const filesOf = new Map<string, Set<string>>()
  for (const { file, seen } of reports)
    for (const one of seen) filesOf.set(one, (filesOf.get(one) ?? new Set()).add(file))
  return routes.flatMap((route) =>
    declaredBy(route).map((answer) => ({
      route,
      answer,
      files: [...(filesOf.get(`${route.method} ${route.path} ${answer}`) ?? [])]
        .filter((file) => file.startsWith(`services/${route.service}/`))
        .sort(),
    })),
  )
}

/** Routes that no test has seen succeed. */
export const unproven = (rows: readonly Row[]): string[] =>
  rows
    .filter(({ route, answer, files }) => answer === String(route.success.status) && files.length === 0)
    .map(({ route }) => `${route.method} ${route.path}`)

const readReports = (folder: string): Seen[] =>
  existsSync(folder)
    ? readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Seen)
    : []

const lineOf = ({ route, answer, files }: Row): string =>
  `| ${route.method} ${route.path} | ${answer} | ${files.length} | ${files[0] ?? '–'} |`

/** Writes the table of a whole run, and comes back with the lines that sum it up and the routes nobody saw succeed. */
export function writeAnswers(folder: string, path: string): { summary: string; missing: string[] } {
  const rows = tabulate(publicRoutes, readReports(folder))
  const seen = rows.filter(({ files }) => files.length > 0)
  const head =
    '# Answers seen in the last whole run\n\n| Route | Answer | Test files | The first of them |\n|---|---|---:|---|'
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${head}\n${rows.map(lineOf).join('\n')}\n`)
  const summary = `${seen.length} of ${rows.length} declared answers of ${publicRoutes.length} routes seen: ${path}`
  return { summary, missing: unproven(rows) }
}
