/**
 * `npm run coverage [-- files]`: the test run under c8, and what it covered, a line for each package. Only files that
 * some test loaded are counted; coverage/ holds the figures of each file.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { coverageTable, type CoverageSummary } from './coverage-table.ts'

const root = resolve(import.meta.dirname, '..')
const reports = resolve(root, 'coverage')

const code = await new Promise<number>((settle) => {
  const counted = ['services/*/src/**', 'libs/*/src/**', 'infra/*/src/**'].flatMap((files) => ['--include', files])
  const run = ['node', '--import', 'tsx', 'tests/run.ts', ...process.argv.slice(2)]
  const options = ['--reporter', 'json-summary', '--reports-dir', reports, '--exclude-after-remap', ...counted]
  const child = spawn('npx', ['c8', ...options, ...run], { cwd: root, stdio: 'inherit' })
  child.once('error', () => settle(1))
  child.once('close', (status) => settle(status ?? 1))
})
const summary = JSON.parse(readFileSync(resolve(reports, 'coverage-summary.json'), 'utf8')) as CoverageSummary
for (const line of coverageTable(summary, root)) console.log(line)
process.exitCode = code
