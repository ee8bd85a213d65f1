/**
 * Results as JSON, and as a table a person reads. A run replaces the parts it measured and leaves the others as they
 * were, each with its own machine.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fingerprint, type Fingerprint } from './fingerprint.ts'
import type { PartResult, Table } from './result.ts'

type Kept = PartResult & { readonly measuredAt: string; readonly machine: Fingerprint; readonly rounds: number }

const folder = fileURLToPath(new URL('../results/', import.meta.url))
const jsonFile = `${folder}decisions.json`

export function writeResults(results: readonly PartResult[], rounds: number): void {
  mkdirSync(folder, { recursive: true })
  const machine = fingerprint()
  const measuredAt = new Date().toISOString().slice(0, 16) + 'Z'
  const before = existsSync(jsonFile) ? (JSON.parse(readFileSync(jsonFile, 'utf8')) as Kept[]) : []
  const replaced = new Set(results.map(({ part }) => part))
  const kept = [
    ...before.filter(({ part }) => !replaced.has(part)),
    ...results.map((result) => ({ rounds, ...result, measuredAt, machine })),
  ]
  kept.sort((a, b) => a.part.localeCompare(b.part, 'en', { numeric: true }))
  writeFileSync(jsonFile, `${JSON.stringify(kept, null, 1)}\n`)
  writeFileSync(
    `${folder}decisions.md`,
    `# Measured\n\nWritten by \`npm run bench\`; change nothing by hand. What the parts mean is in [the ` +
      `README](../README.md).\n\n${kept.map(sectionOf).join('\n')}`,
  )
}

/** A picture beside the tables. */
export const writePicture = (name: string, svg: string): void => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}${name}`, svg)
}

export const tableOf = ({ columns, rows }: Table): string =>
  [
    `| ${columns.join(' | ')} |`,
    `|${columns.map((_, index) => (index === 0 ? '---|' : '---:|')).join('')}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n')

export const targetLines = ({ targets, disagreements, compared }: PartResult): string[] => [
  ...targets.map(({ text, met }) => `${met ? 'met' : 'NOT MET'}: ${text}`),
  `${disagreements} wrong of ${compared.toLocaleString('en-US')} compared answers`,
]

const sectionOf = (result: Kept): string => {
  const { cpu, cores, memoryGb, kernel, node } = result.machine
  return `## ${result.part}: ${result.title}

${result.measuredAt}, ${cores} cores of ${cpu}, ${memoryGb} GB, ${kernel},
Node ${node}, ${result.rounds} ${result.rounds === 1 ? 'round' : 'rounds'}.

${tableOf(result.table)}

${[...targetLines(result), ...result.notes].map((line) => `- ${line}`).join('\n')}
${result.part === 'P11' ? '\n![Growth](growth.svg)\n' : ''}`
}
