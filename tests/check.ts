/**
 * `npm run check`: everything that can be known without running the platform. Each step is a tool with one job;
 * all of them run even when one fails, so that a person sees every complaint at once.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

type Step = { name: string; command: string; args: string[] }

const root = fileURLToPath(new URL('..', import.meta.url))
const tsx = ['--import', 'tsx']

const steps: Step[] = [
  {
    name: 'types and lint, cached (turbo)',
    command: 'npx',
    args: ['turbo', 'run', '//#typecheck', '//#lint', '--continue', '--output-logs=errors-only'],
  },
  { name: 'format (prettier)', command: 'npx', args: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'packages keep to their neighbours (turbo)', command: 'npx', args: ['turbo', 'boundaries'] },
  {
    name: 'never-arrows (dependency-cruiser)',
    command: process.execPath,
    args: [...tsx, 'tests/architecture/cruise.ts'],
  },
  { name: 'house rules', command: process.execPath, args: [...tsx, 'tests/architecture/house-rules.ts'] },
  { name: 'dead code (knip)', command: 'npx', args: ['knip', '--no-config-hints'] },
  { name: 'one version per dependency (syncpack)', command: 'npx', args: ['syncpack', 'lint'] },
  {
    name: 'generated files are current',
    command: process.execPath,
    args: [...tsx, 'docs/reference/generate.ts', '--check'],
  },
  { name: 'the chart, rendered (helm)', command: process.execPath, args: [...tsx, 'tests/deployment/chart-render.ts'] },
  {
    name: 'container files (hadolint, docker compose)',
    command: process.execPath,
    args: [...tsx, 'tests/deployment/containers-check.ts'],
  },
]

const run = ({ command, args }: Step): Promise<{ ok: boolean; output: string }> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', FORCE_COLOR: '0' },
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString() }))
  })

let failed = 0
for (const step of steps) {
  const started = performance.now()
  const { ok, output } = await run(step)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)`)
  for (const line of output.split('\n')) if (ok && line.startsWith('skipped: ')) console.log(`     ${line}`)
  if (!ok) {
    failed += 1
    console.log(output.trimEnd())
  }
}
console.log(failed === 0 ? 'Everything checked.' : `${failed} of ${steps.length} checks failed.`)
process.exitCode = failed === 0 ? 0 : 1
