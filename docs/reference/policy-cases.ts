/** The corpus the decision engine is tested with, as tables, so that what people read is what is tested. */
import { readFileSync, readdirSync } from 'node:fs'
import { parse } from 'yaml'

type PolicyCases = { title: string; policies?: Record<string, unknown>[]; cases: ({ when?: string; given?: unknown; answer?: boolean | string } & Record<string, unknown>)[] }

export const policyCasesPage = (): string => {
  const folder = new URL('../../libs/policy/test/cases/', import.meta.url)
  const code = (value: unknown): string => `\`${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('|', '\\|')}\``
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const sections = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const { title, policies, cases } = parse(readFileSync(new URL(file, folder), 'utf8')) as PolicyCases
      const heading = `## ${title.charAt(0).toUpperCase()}${title.slice(1)}\n\n`
      if (!policies) return `${heading}| Condition | Values | Answer |\n|---|---|---|\n${cases.map(({ when, given, answer }) => row([code(when), given ? code(given) : '', String(answer)])).join('\n')}\n`
      const rules = policies.map((policy) => `- ${code(policy)}\n`).join('')
      return `${heading}${rules}\n| Action | Roles | Values | Allowed | Reason |\n|---|---|---|---|---|\n${cases.map(({ action, roles, given, allowed, ...reason }) => row([code(action), roles ? code(roles) : '', given ? code(given) : '', String(allowed), Object.values(reason).map((part) => (Array.isArray(part) ? part.join(', ') : String(part))).join(' · ')])).join('\n')}\n`
    })
  return `# Policy cases\n\nWhat conditions answer and how roles and policies decide, as the engine is tested with. The language is described in [its README](../../libs/policy/README.md).\n\n${sections.join('\n')}`
}
